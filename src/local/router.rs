//! Finds the route of a request by path segments. Segments are decoded after splitting, so `%2F` stays inside one.

use super::request::decoded;
use super::route::Route;
use super::service::LocalService;
use std::collections::BTreeMap;

/// The routes of all services.
pub(super) struct Router {
    entries: Vec<(usize, Route)>,
}

/// What a path and method lead to.
pub(super) enum RouteMatch {
    /// A route: the service's place in the list, the route, its path parameters.
    Route {
        service: usize,
        route: Route,
        parameters: BTreeMap<&'static str, String>,
    },
    /// The path is known, the method is not; these are.
    WrongMethod(Vec<&'static str>),
    Nothing,
}

impl Router {
    pub(super) fn new(services: &[&'static dyn LocalService]) -> Self {
        let entries = services.iter().enumerate();
        let entries = entries.flat_map(|(at, service)| service.routes().into_iter().map(move |r| (at, r)));
        Router { entries: entries.collect() }
    }

    /// Method and path of each route.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.entries.iter().map(|(_, route)| (route.method, route.path))
    }

    /// `path` is below the base path and still percent-encoded. A slash at the end does not count: a delete with an
    /// empty id is a wrong method on the list (API-8).
    pub(super) fn find(&self, method: &str, path: &str) -> RouteMatch {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut methods = Vec::new();
        for (service, route) in &self.entries {
            let Some(parameters) = fit(route.path, path) else { continue };
            if route.method == method {
                return RouteMatch::Route { service: *service, route: *route, parameters };
            }
            methods.push(route.method);
        }
        if methods.is_empty() { RouteMatch::Nothing } else { RouteMatch::WrongMethod(methods) }
    }
}

fn fit(pattern: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut parameters = BTreeMap::new();
    let mut rest = path.strip_prefix('/')?;
    let mut wanted = pattern.strip_prefix('/')?.split('/').peekable();
    while let Some(want) = wanted.next() {
        if let Some(name) = want.strip_prefix("{*").and_then(|name| name.strip_suffix('}')) {
            if rest.is_empty() {
                return None;
            }
            parameters.insert(name, decoded(rest));
            return Some(parameters);
        }
        let (segment, after) = match rest.split_once('/') {
            Some((segment, after)) => (segment, Some(after)),
            None => (rest, None),
        };
        match want.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                parameters.insert(name, decoded(segment));
            }
            None if want == segment => {}
            None => return None,
        }
        match (after, wanted.peek()) {
            (Some(after), Some(_)) => rest = after,
            (None, None) => return Some(parameters),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_whole_segments_and_decodes_them() {
        let found = fit("/a/{id}/values/{key}", "/a/1/values/x%2Fy%20z").unwrap();
        assert_eq!((found["id"].as_str(), found["key"].as_str()), ("1", "x/y z"));
        for path in ["/a/1/values", "/a/1/values/x/y", "/a//values/x", "/b/1/values/x", ""] {
            assert!(fit("/a/{id}/values/{key}", path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_rest_parameter_takes_slashes() {
        assert_eq!(fit("/o/{*key}", "/o/a/b%2Fc").unwrap()["key"], "a/b/c");
        assert!(fit("/o/{*key}", "/o/").is_none());
        assert!(fit("/o/{*key}", "/o").is_none());
    }
}
