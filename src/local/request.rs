//! A request as received. Nothing is decoded yet, since a path segment may contain `%2F`.

use crate::system::files::Source;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::sync::Arc;

/// Where the routes begin.
pub const BASE_PATH: &str = "/client/v4";

/// Method, target, headers and body of a request.
#[derive(Clone, Default)]
pub struct Request {
    /// Upper-case, as on the wire.
    pub method: String,
    /// With the base path, percent-encoded, without query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body of a route that takes a file, where it was kept aside while it came.
    pub file: Option<Arc<Source>>,
}

/// Shows neither headers nor body: they hold credentials.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// A request without headers and body; `target` is the path, with `?query` if any.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request { method: method.into(), path: path.into(), query: query.into(), ..Request::default() }
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The first header of that name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first query parameter of that name, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        self.queries(name).next()
    }

    /// Every query parameter of that name, decoded.
    pub fn queries(&self, name: &str) -> impl Iterator<Item = String> {
        let parameters = form_urlencoded::parse(self.query.as_bytes());
        parameters.filter(move |(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The body as JSON, whatever the content type says: `wrangler` sends most JSON as `text/plain` (WR-1). `None`
    /// when it is not JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A path segment with its percent-encoding undone; bytes that are not UTF-8 become replacement characters.
pub(super) fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_split_and_its_query_decoded() {
        let request = Request::new("GET", "/a/b%2Fc?prefix=a%20b+c&limit=10");
        assert_eq!(request.path, "/a/b%2Fc");
        assert_eq!(request.query("prefix").as_deref(), Some("a b c"));
        assert_eq!(request.query("cursor"), None);
        assert_eq!(decoded("b%2Fc"), "b/c");
    }

    #[test]
    fn json_is_read_without_a_content_type() {
        let request =
            Request::new("POST", "/").with_header("Content-Type", "text/plain").with_body("{\"a\":1}");
        assert_eq!(request.json(), Some(serde_json::json!({"a": 1})));
        assert_eq!(request.header("content-type"), Some("text/plain"));
        assert_eq!(Request::new("POST", "/").with_body("{").json(), None);
    }
}
