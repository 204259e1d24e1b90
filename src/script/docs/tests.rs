//! Checks that every function and property is documented.

use super::environment::FIELDS;
use super::{ItemKind, Reference};
use crate::script::catalog;
use crate::script::check::fixture;
use crate::script::diagnostics::Sources;
use crate::script::host::HostFacts;
use crate::services::Services;
use serde_json::json;
use std::collections::BTreeSet;

fn reference() -> Reference {
    let schema = json!({ "properties": { "app": { "type": "string", "description": "Its name." } } });
    Reference::of(Services::default(), &schema, &json!({ "app": "" }))
}

#[test]
fn everything_that_can_be_called_is_an_item() {
    let (engine, ..) = fixture::host(None, &Sources::default());
    let known = catalog::known(&engine, Services::default(), &HostFacts::default());
    let reference = reference();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for item in reference.items().filter(|item| item.sort == ItemKind::Function) {
        named.insert(item.name.clone());
        named.insert(item.last_name().to_owned());
        named.insert(format!("{}::{}", item.module(), item.last_name()));
    }
    let missing: Vec<&String> = known.functions.keys().filter(|name| !named.contains(*name)).collect();
    assert_eq!(missing, Vec::<&String>::new());
    let fields: BTreeSet<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
    let missing: Vec<&String> =
        known.constants.iter().filter(|name| !fields.contains(name.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn every_item_has_a_form_and_a_sentence_and_a_name_of_its_own() {
    let reference = reference();
    let mut seen = BTreeSet::new();
    for (section, item) in
        reference.sections.iter().flat_map(|one| one.items.iter().map(move |item| (&one.name, item)))
    {
        assert!(!item.forms.is_empty() && item.forms.iter().all(|form| !form.is_empty()), "{}", item.name);
        assert!(
            item.summary.ends_with(['.', '!']) && item.summary.len() > 3,
            "{}: {:?}",
            item.name,
            item.summary
        );
        let place = (section, item.name.clone());
        assert!(seen.insert(place), "{} stands there twice", item.name);
    }
    assert!(seen.len() > 300, "{}", seen.len());
}

#[test]
fn every_type_of_handle_has_properties() {
    let documented: BTreeSet<&str> = Services::default().handles().map(|one| one.kind).collect();
    let given: BTreeSet<&str> = Services::default()
        .ops()
        .map(|op| op.shape.handle())
        .filter(|kind| *kind != crate::op::WRITTEN)
        .collect();
    assert_eq!(documented, given);
}
