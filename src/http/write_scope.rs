//! Derives from the path of an endpoint which cached reads a write may have changed.
//!
//! **Invariant:** a path whose shape says nothing may have changed everything.

use super::transport::WireRequest;

/// How the paths of typed calls begin; what follows names collections and what is in them.
const ACCOUNT: [&str; 3] = ["", "accounts", "{account_id}"];

/// What a write may have changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WriteScope {
    /// Anything.
    Everything,
    /// A collection gets something new: what was not there below it may be there now.
    Collection(String),
    /// Something in a collection, and what is below it.
    Resource {
        /// The path of the collection.
        collection: String,
        /// The path of the resource.
        resource: String,
        /// The path of what is written, where that has a name of its own below the resource: what stands beside it stays.
        item: Option<String>,
    },
}

impl WriteScope {
    /// What a write may change; one that `is_alone` names a resource in a way that no path can be compared with.
    pub(super) fn by(request: &WireRequest, is_alone: bool) -> Self {
        let template: Vec<&str> = request.endpoint.path.split('/').collect();
        let path: Vec<&str> = request.path.split('/').collect();
        let is_told = template.starts_with(&ACCOUNT)
            && template.len() == path.len()
            && template.iter().all(|segment| is_parameter(segment) || !segment.contains('{'));
        if is_alone || request.link.is_some() || !is_told {
            return WriteScope::Everything;
        }
        let named =
            |(at, segment): (usize, &&str)| (at >= ACCOUNT.len() && is_parameter(segment)).then_some(at);
        let mut names = template.iter().enumerate().filter_map(named);
        let Some(first) = names.next() else { return WriteScope::Collection(request.path.clone()) };
        WriteScope::Resource {
            collection: path[..first].join("/"),
            resource: path[..=first].join("/"),
            item: names.next_back().map(|last| path[..=last].join("/")),
        }
    }

    /// Whether what was read there may be otherwise now; `was_found` unless the answer was a refusal.
    pub(super) fn covers(&self, path: &str, was_found: bool) -> bool {
        match self {
            WriteScope::Everything => true,
            WriteScope::Collection(collection) => {
                path == collection || (is_within(path, collection) && !was_found)
            }
            WriteScope::Resource { collection, resource, item } => {
                let is_beside = |item: &String| {
                    let beside = item.rsplit_once('/').map_or("", |(folder, _)| folder);
                    path != beside && is_within(path, beside) && !is_within(path, item)
                };
                path == collection || (is_within(path, resource) && !item.as_ref().is_some_and(is_beside))
            }
        }
    }
}

/// A segment that is filled in as a whole.
fn is_parameter(segment: &str) -> bool {
    let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.contains(['{', '}']))
}

/// Whether a path is that one or below it.
fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::{Class, Endpoint};
    use super::*;

    const fn endpoint(path: &'static str) -> Endpoint {
        Endpoint { method: "POST", path, permission: "", class: Class::Raw, doing: "", meanings: &[] }
    }

    static CREATE: Endpoint = endpoint("/accounts/{account_id}/kv/namespaces");
    static PUT: Endpoint = endpoint("/accounts/{account_id}/kv/namespaces/{id}/values/{key}");
    static QUERY: Endpoint = endpoint("/accounts/{account_id}/d1/database/{id}/query");
    static ANY: Endpoint = endpoint("/accounts/{account_id}{path}");
    static LINK: Endpoint = endpoint("{upload_url}");

    fn touched(endpoint: &'static Endpoint, path: &str) -> WriteScope {
        let path = format!("/accounts/a{path}");
        let request = WireRequest { path, ..WireRequest::of(endpoint) };
        WriteScope::by(&request, false)
    }

    /// Of these, which an answer is lost of: `-` marks a refusal.
    fn lost<'a>(touched: &WriteScope, paths: &[&'a str]) -> Vec<&'a str> {
        let covers = |path: &&str| {
            let found = path.strip_prefix('-').unwrap_or(path);
            touched.covers(&format!("/accounts/a{found}"), !path.starts_with('-'))
        };
        paths.iter().copied().filter(covers).collect()
    }

    #[test]
    fn a_create_touches_its_collection_and_what_was_not_there() {
        let paths =
            ["/kv/namespaces", "/kv/namespaces/1/keys", "-/kv/namespaces/2", "/kv", "/kv/namespacesx"];
        let touched = touched(&CREATE, "/kv/namespaces");
        assert_eq!(lost(&touched, &paths), ["/kv/namespaces", "-/kv/namespaces/2"]);
    }

    #[test]
    fn a_write_touches_the_resource_what_is_below_it_and_the_list_that_it_is_in() {
        let paths = [
            "/d1/database",
            "/d1/database/1",
            "/d1/database/1/query",
            "/d1/database/1/time_travel/bookmark",
            "/d1/database/10/query",
            "-/d1/database/2",
            "/kv/namespaces",
        ];
        assert_eq!(lost(&touched(&QUERY, "/d1/database/1/query"), &paths), paths[..4]);
    }

    #[test]
    fn an_item_leaves_those_beside_it_alone() {
        let paths = [
            "/kv/namespaces",
            "/kv/namespaces/1",
            "/kv/namespaces/1/keys",
            "/kv/namespaces/1/values",
            "/kv/namespaces/1/values/a",
            "/kv/namespaces/1/values/b",
            "/kv/namespaces/1/values/ab",
        ];
        assert_eq!(lost(&touched(&PUT, "/kv/namespaces/1/values/a"), &paths), paths[..5]);
    }

    #[test]
    fn what_can_not_be_told_touches_everything() {
        assert_eq!(touched(&ANY, "/kv/namespaces"), WriteScope::Everything);
        assert_eq!(touched(&LINK, ""), WriteScope::Everything);
        let request =
            WireRequest { path: "/accounts/a/d1/database/1/query".into(), ..WireRequest::of(&QUERY) };
        assert_eq!(WriteScope::by(&request, true), WriteScope::Everything);
    }
}
