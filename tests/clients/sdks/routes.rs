//! Which routes of the local account a client has asked.

use super::super::project::Project;
use std::collections::BTreeSet;

/// Routes that are never asked with success by the SDKs, and why.
const NEVER: [(&str, &str, &str); 3] = [
    (
        "DELETE",
        "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk",
        "no method: the SDKs delete with a POST; this one is older, and wrangler and older clients ask it",
    ),
    (
        "DELETE",
        "/accounts/{account_id}/r2/buckets/{bucket_name}/objects",
        "no method: no document has it, and other clients ask it",
    ),
    (
        "GET",
        "/accounts/{account_id}/workers/scripts/{script_name}/settings",
        "no success: a local account has no Workers",
    ),
];

/// Every route that is served was asked with success, and only those on the list were not.
pub(super) fn check(project: &Project) {
    let history = project.history().unwrap();
    let answered: BTreeSet<(&str, &str)> = history
        .iter()
        .filter(|request| request.status.is_some_and(|status| status < 400))
        .filter_map(|request| Some((request.method.as_str(), request.route?)))
        .collect();
    let served: BTreeSet<(&str, &str)> = project.account().routes().collect();
    let left: BTreeSet<(&str, &str)> = served.difference(&answered).copied().collect();
    let listed: BTreeSet<(&str, &str)> = NEVER.iter().map(|(method, path, _)| (*method, *path)).collect();
    let new: Vec<_> = left.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&left).collect();
    assert!(new.is_empty() && gone.is_empty(), "not asked: {new:#?}\nasked, and listed: {gone:#?}");
}
