//! Where the answers of the local account differ from the types of the SDK, because the service's do.

use std::collections::BTreeSet;

/// Methods, the difference, and why it stays.
const DIFFERENCES: [(&[&str], &str, &str); 3] = [
    (
        &["kv.namespaces.delete", "kv.namespaces.values.update", "kv.namespaces.values.delete"],
        "result null",
        "the OpenAPI document allows null here, and so do the methods' own return types: only the wrapper that the SDK \
         checks an answer against does not",
    ),
    (
        &["kv.namespaces.bulk_get", "kv.namespaces.keys.bulk_get"],
        "result.values.missing null",
        "a key that is not there is null, as it is with metadata, where the types know it",
    ),
    (
        &["r2.buckets.create", "r2.buckets.get", "r2.buckets.edit"],
        "result.location literal_error",
        "the service answers with upper case what it is asked in lower case (R2-3)",
    ),
];

/// Compares the differences that the SDK reports with the list: none is new, and none is gone.
pub(super) fn check(printed: &str) {
    let found: BTreeSet<(&str, &str)> = printed
        .lines()
        .filter_map(|line| line.split_once(" DIFFERS "))
        .map(|(call, rest)| (call.split('(').next().unwrap(), rest.split(" -> ").next().unwrap()))
        .collect();
    let listed: BTreeSet<(&str, &str)> = DIFFERENCES
        .iter()
        .flat_map(|(methods, difference, _)| methods.iter().map(move |method| (*method, *difference)))
        .collect();
    let new: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}\ngone: {gone:#?}");
}
