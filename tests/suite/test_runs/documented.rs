//! What a test can call beside what a recipe can: registered, known to the check, and in the reference.

use super::super::lab::place;
use larder::run::Place;
use larder::run::reference::reference;
use larder::run::setting::offline_room;
use larder::run::test::room;
use larder::script::Known;
use larder::script::docs::Sort;
use larder::script::run::Recipe;
use larder::services::Services;
use std::collections::BTreeSet;

#[test]
fn what_is_registered_is_known_and_documented() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = Recipe { name: "tests/main.test.rhai".into(), text: String::new() };
    let place = Place { services: Services::default(), ..place(folder.path()) };
    let of_recipes = offline_room(&place, folder.path(), &recipe).unwrap();
    let of_tests = room(&place, folder.path(), &recipe).unwrap();
    let names = |known: &Known| known.functions.keys().cloned().collect::<BTreeSet<String>>();
    let beside = |known: &Known, others: &Known| &names(known) - &names(others);
    let known = beside(&of_tests.known, &of_recipes.known);
    let registered = beside(&Known::of_engine(&of_tests.engine), &Known::of_engine(&of_recipes.engine));
    assert_eq!(known, registered);
    let reference = reference(Services::default());
    let section = reference.sections.iter().find(|section| section.name == "tests").unwrap();
    let functions = section.items.iter().filter(|item| item.sort == Sort::Function);
    assert_eq!(functions.map(|item| item.name.clone()).collect::<BTreeSet<_>>(), known);
    // For each service there is one.
    for service in Services::default().iter() {
        assert!(known.contains(&format!("given::{}", service.name)), "{}", service.name);
    }
}
