//! Details of a planned resource beside the action: its options, its live fields, and the requests that applying
//! takes.

use super::resource::{Policy, Resource};
use crate::events::Change;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What the recipe asks for, by field; what the API never returns is left out, for it may be a credential.
pub(super) fn asked<R: Resource>(options: &R::Options, live: &R::Live) -> BTreeMap<String, Json> {
    let want = R::wanted(options, live);
    let named = R::FIELDS.iter().filter(|field| !matches!(field.policy, Policy::Server | Policy::WriteOnly));
    let named = named.filter_map(|field| Some((field.desired, want.pointer(field.desired)?)));
    named
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// What the account has, by field that can be set, under the option's name.
pub(super) fn observed<R: Resource>(live: &R::Live) -> BTreeMap<String, Json> {
    let have = serde_json::to_value(live).unwrap_or_default();
    let named = R::FIELDS.iter().filter(|field| !matches!(field.policy, Policy::Server | Policy::WriteOnly));
    let named = named.filter_map(|field| Some((field.desired, have.pointer(field.live)?)));
    named
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// The fields of something new; of one that is never returned, only that it is sent.
pub(super) fn new_fields<R: Resource>(options: &R::Options, live: &R::Live) -> Vec<Change> {
    let set = |(field, to): (String, Json)| Change { field, from: Json::Null, to };
    let mut changes: Vec<Change> = asked::<R>(options, live)
        .into_iter()
        .filter(|(name, _)| {
            R::FIELDS.iter().any(|field| field.desired == name && field.policy != Policy::Place)
        })
        .map(set)
        .collect();
    let want = R::wanted(options, live);
    for field in R::FIELDS.iter().filter(|field| field.policy == Policy::WriteOnly) {
        if want.pointer(field.desired).is_some_and(|value| !value.is_null()) {
            changes.push(set((field.desired.to_owned(), Json::from("(not returned)"))));
        }
    }
    changes
}
