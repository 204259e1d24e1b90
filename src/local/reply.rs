//! The response of a handler: an envelope with `result`, `success`, `errors` and `messages`, or raw bytes.
//!
//! **Invariant:** every envelope has its four keys; `result_info` stands on lists only (API-2).

use crate::system::files::Source;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A reply, ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// A file that is the body.
    pub file: Option<Attached>,
}

/// A file that leaves in parts.
#[derive(Clone, Debug)]
pub struct Attached(pub Arc<Source>);

impl PartialEq for Attached {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Attached {}

impl Reply {
    /// A success with that result.
    pub fn ok(result: impl Into<Value>) -> Self {
        let result = result.into();
        Reply::json(200, &json!({"result": result, "success": true, "errors": [], "messages": []}))
    }

    /// A success with a result whose keys stay in their order, which a [`Value`] does not keep.
    pub fn ok_in_order(result: &impl Serialize) -> serde_json::Result<Self> {
        let envelope = Envelope { result, success: true, errors: [], messages: [] };
        Ok(Reply::raw(200, "application/json", serde_json::to_vec(&envelope)?))
    }

    /// A success with a list and what says where in the list it stands.
    pub fn ok_list(result: impl Into<Value>, result_info: impl Into<Value>) -> Self {
        let (result, result_info) = (result.into(), result_info.into());
        Reply::json(
            200,
            &json!({"result": result, "success": true, "errors": [], "messages": [], "result_info": result_info}),
        )
    }

    /// A body without an envelope.
    pub fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".into(), content_type.into())];
        Reply { status, headers, body: body.into(), file: None }
    }

    /// A file; what is in memory already is the body.
    pub fn file(content_type: &str, file: &Arc<Source>) -> Self {
        let reply = Reply::raw(200, content_type, file.memory().unwrap_or_default());
        let attached = file.memory().is_none().then(|| Attached(file.clone()));
        Reply { file: attached, ..reply }
    }

    /// A JSON body without an envelope.
    pub fn json(status: u16, body: &Value) -> Self {
        Reply::raw(status, "application/json", body.to_string())
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// With its trace, and with the header that says that this is a local account.
    #[must_use]
    pub(super) fn marked(self, sequence: u64) -> Self {
        self.with_header("cf-ray", &ray(sequence)).with_header("larder-local-account", "1")
    }

    /// The first header of that name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub fn to_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The trace header of an answer.
pub(super) fn ray(sequence: u64) -> String {
    format!("8f{sequence:014x}-LCL")
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    result: &'a T,
    success: bool,
    errors: [(); 0],
    messages: [(); 0],
}

/// A refusal: rolls the request's transaction back and becomes a failure envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorReply {
    /// HTTP status.
    pub status: u16,
    /// Elements of `errors`: `code`, `message`, and what a service adds (`path`, `error_chain`).
    pub errors: Vec<Value>,
    /// Null for most services; some send `{}`.
    pub result: Value,
}

impl ErrorReply {
    /// A refusal with one error.
    pub fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        ErrorReply {
            status,
            errors: vec![json!({"code": code, "message": message.into()})],
            result: Value::Null,
        }
    }

    /// Adds a second error.
    #[must_use]
    pub fn and(mut self, code: i64, message: impl Into<String>) -> Self {
        self.errors.push(json!({"code": code, "message": message.into()}));
        self
    }

    /// Adds a field to the last error.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        if let Some(Value::Object(error)) = self.errors.last_mut() {
            error.insert(field.into(), value);
        }
        self
    }

    /// The code of the first error.
    pub fn code(&self) -> Option<i64> {
        self.errors.first()?.get("code")?.as_i64()
    }
}

impl From<ErrorReply> for Reply {
    fn from(failure: ErrorReply) -> Self {
        let ErrorReply { status, errors, result } = failure;
        Reply::json(status, &json!({"result": result, "success": false, "errors": errors, "messages": []}))
    }
}

impl ErrorReply {
    /// The refusal of a request whose effects can't be written down. It is the disk of this machine, which no second try
    /// helps, and nobody else's fault.
    pub fn of_disk(error: &rusqlite::Error) -> Option<Self> {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
        let code = error.sqlite_error_code()?;
        matches!(code, DiskFull | SystemIoFailure | ReadOnly | CannotOpen)
            .then(|| ErrorReply::of_full_disk(error))
    }

    /// The same, with what was said of the disk.
    pub fn of_full_disk(why: &dyn std::fmt::Display) -> Self {
        ErrorReply::new(400, 10001, format!("the local account can't write to its disk: {why}"))
    }
}

impl From<rusqlite::Error> for ErrorReply {
    /// The store itself failed: what a server's own fault looks like.
    fn from(error: rusqlite::Error) -> Self {
        ErrorReply::of_disk(&error)
            .unwrap_or_else(|| ErrorReply::new(500, 10001, format!("internal error: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_has_its_four_keys_and_a_list_five() {
        let keys = |reply: &Reply| reply.to_json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&Reply::ok(Value::Null)), ["errors", "messages", "result", "success"]);
        assert_eq!(
            keys(&Reply::ok_list(json!([]), json!({"count": 0}))),
            ["errors", "messages", "result", "result_info", "success"]
        );
    }

    #[test]
    fn a_failure_carries_its_errors_in_order() {
        let failure = ErrorReply::new(400, 7003, "a").and(7000, "b").with("path", json!(["body"]));
        assert_eq!(failure.code(), Some(7003));
        assert_eq!(
            Reply::from(failure).to_json(),
            json!({"result": null, "success": false, "messages": [],
                "errors": [{"code": 7003, "message": "a"}, {"code": 7000, "message": "b", "path": ["body"]}]})
        );
    }
}
