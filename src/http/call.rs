//! One call of an endpoint: the filled-in path, the query, the headers and the body.

use super::endpoint::Endpoint;
use super::files::{Incoming, Outgoing};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use std::fmt;
use std::sync::Arc;

/// Everything but the unreserved characters is escaped in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What is sent along.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Json),
    /// Bytes of another type.
    Bytes {
        /// The `content-type`; none where it is empty, because a link may be signed for none.
        content_type: String,
        bytes: Vec<u8>,
    },
    /// A file, without a type of its own.
    File(Outgoing),
}

/// What a yes consists of, and who refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    Envelope,
    /// Bytes; the API refuses with an envelope.
    Bytes,
    /// Bytes of a store, which has no envelopes.
    File,
}

/// A call, ready to be sent.
#[derive(Clone)]
pub struct Call {
    pub endpoint: &'static Endpoint,
    pub(super) arguments: Vec<(&'static str, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
    pub(super) expects: Expects,
    /// It is sent even where an answer is known from before.
    pub(super) is_fresh: bool,
    /// The URL that the API gave, in place of a path.
    pub(super) link: Option<String>,
    /// Where the body of a yes goes, in place of the answer's bytes.
    pub(super) incoming: Option<Arc<dyn Incoming>>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("endpoint", &self.endpoint.path).finish_non_exhaustive()
    }
}

/// As a part of a path.
pub(super) fn segment(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

impl Endpoint {
    /// A call of this endpoint.
    pub fn call(&'static self) -> Call {
        Call {
            endpoint: self,
            arguments: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            expects: Expects::Envelope,
            is_fresh: false,
            link: None,
            incoming: None,
        }
    }
}

impl Call {
    /// Fills `{name}` of the path.
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.arguments.push((name, segment(value)));
        self
    }

    /// Fills `{name}` with a rest of the path that is escaped already.
    pub fn rest(mut self, name: &'static str, value: &str) -> Self {
        self.arguments.push((name, value.to_owned()));
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends JSON.
    pub fn json(mut self, body: Json) -> Self {
        self.body = Body::Json(body);
        self
    }

    pub fn bytes(mut self, content_type: &str, bytes: Vec<u8>) -> Self {
        self.body = Body::Bytes { content_type: content_type.to_owned(), bytes };
        self
    }

    /// Sends a file in parts.
    pub fn file(mut self, file: &Outgoing) -> Self {
        self.body = Body::File(file.clone());
        self
    }

    /// Keeps the body of a yes aside; the answer has none then, unless there is no network between.
    pub fn kept_in(mut self, incoming: Arc<dyn Incoming>) -> Self {
        self.incoming = Some(incoming);
        self
    }

    /// Expects bytes instead of an envelope.
    pub fn raw(mut self) -> Self {
        self.expects = Expects::Bytes;
        self
    }

    /// Takes no answer from before: what is asked for is how it is now.
    pub fn fresh(mut self) -> Self {
        self.is_fresh = true;
        self
    }

    /// Follows a link that the API has given, without credentials; the answer is bytes.
    pub fn to(mut self, link: &str) -> Self {
        self.link = Some(link.to_owned());
        self.expects = Expects::File;
        self
    }

    /// The path with its arguments in place.
    pub(super) fn target(&self, account: &str) -> String {
        let mut path = self.endpoint.path.replace("{account_id}", account);
        for (name, value) in &self.arguments {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Class;
    use super::*;

    static VALUE: Endpoint = Endpoint {
        method: "GET",
        path: "/accounts/{account_id}/values/{key}",
        permission: "",
        class: Class::Read,
        doing: "read the value",
        meanings: &[],
    };

    #[test]
    fn path_segments_are_escaped() {
        assert_eq!(
            VALUE.call().path("key", "a/b c?ü").target("acc"),
            "/accounts/acc/values/a%2Fb%20c%3F%C3%BC"
        );
    }
}
