//! What a test can call beside what a recipe can: registered, known to the check, and in the reference.

use super::super::simulation::place;
use larder::run::Workspace;
use larder::run::reference::reference;
use larder::run::runtime_settings::offline_room;
use larder::run::test::room;
use larder::script::KnownFunctions;
use larder::script::docs::ItemKind;
use larder::script::run::Recipe;
use larder::services::Services;
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn what_is_registered_is_known_and_documented() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = Recipe { name: "tests/main.test.rhai".into(), text: String::new() };
    let place = Workspace { services: Services::default(), opened: Arc::default(), ..place(folder.path()) };
    let of_recipes = offline_room(&place, folder.path(), &recipe).unwrap();
    let of_tests = room(&place, folder.path(), &recipe).unwrap();
    let names = |known: &KnownFunctions| known.functions.keys().cloned().collect::<BTreeSet<String>>();
    let beside = |known: &KnownFunctions, others: &KnownFunctions| &names(known) - &names(others);
    let known = beside(&of_tests.known, &of_recipes.known);
    let registered =
        beside(&KnownFunctions::of_engine(&of_tests.engine), &KnownFunctions::of_engine(&of_recipes.engine));
    assert_eq!(known, registered);
    let reference = reference(Services::default());
    let section = reference.sections.iter().find(|section| section.name == "tests").unwrap();
    let functions = section.items.iter().filter(|item| item.sort == ItemKind::Function);
    assert_eq!(functions.map(|item| item.name.clone()).collect::<BTreeSet<_>>(), known);
    // For each service there is one.
    for service in Services::default().iter() {
        assert!(known.contains(&format!("given::{}", service.name)), "{}", service.name);
    }
}
