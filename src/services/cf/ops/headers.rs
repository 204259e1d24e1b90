//! The headers that a recipe may send.
//!
//! **Invariant:** none that says who asks, or where the request goes.

use super::super::path::ConfinedPath;
use crate::op::{OptionError, OptionMap};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The name space of buckets, in which `default` is where a call without it looks (R2-1).
const JURISDICTION: &str = "cf-r2-jurisdiction";
/// What a call may make conditional.
const CONDITIONS: [&str; 4] = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
/// Of `cf-` headers, what says who asks, and what Cloudflare's own edge says of a request.
const NOT_OURS: [&str; 7] =
    ["cf-access-", "cf-connecting-", "cf-ray", "cf-worker", "cf-visitor", "cf-ipcountry", "cf-warp-"];
const VALUE_BYTES_MAX: usize = 1024;

/// Options of calls by path.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    /// Headers to send: `cf-` ones, such as `#{ "cf-r2-jurisdiction": bucket.jurisdiction }`, and `if-match` and the like.
    #[serde(default)]
    pub(super) headers: Given,
}

impl OptionMap for Sent {}

/// Headers as given; one that is `()` is not sent.
#[derive(Deserialize, JsonSchema, Default)]
pub(super) struct Given(BTreeMap<String, Option<String>>);

impl Given {
    /// What is sent of them, by names in small letters.
    pub(super) fn checked(self) -> Result<Vec<(String, String)>, OptionError> {
        let mut seen = BTreeSet::new();
        let mut headers = Vec::new();
        for (name, value) in self.0 {
            let wrong = |words: &str| OptionError::at(&name, words).under("headers");
            let lower = name.to_ascii_lowercase();
            if !is_allowed(&lower) {
                let words = format!("can't be sent: a recipe may send `cf-` headers and {}", conditions());
                return Err(wrong(&words));
            }
            if !seen.insert(lower.clone()) {
                return Err(wrong("is given twice"));
            }
            let Some(value) = value else { continue };
            let is_plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if value.trim().is_empty() || !is_plain || value.len() > VALUE_BYTES_MAX {
                return Err(wrong("must be 1 to 1024 printable ASCII characters"));
            }
            if lower != JURISDICTION || value != "default" {
                headers.push((lower, value));
            }
        }
        Ok(headers)
    }
}

/// The jurisdiction of the bucket that a call is about.
pub(super) fn jurisdiction(path: &ConfinedPath) -> Option<&str> {
    path.headers.iter().find(|(name, _)| name == JURISDICTION).map(|(_, value)| value.as_str())
}

fn is_allowed(name: &str) -> bool {
    let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_own = name.strip_prefix("cf-").is_some_and(|rest| !rest.is_empty())
        && !NOT_OURS.iter().any(|prefix| name.starts_with(prefix));
    is_token && (is_own || CONDITIONS.contains(&name))
}

fn conditions() -> String {
    CONDITIONS.map(|name| format!("`{name}`")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Value, read_options};
    use serde_json::json;

    fn sent(name: &str, value: &str) -> Result<Vec<(String, String)>, String> {
        let options: Sent = read_options(&Value::from(json!({ "headers": { name: value } }))).unwrap();
        options.headers.checked().map_err(|error| error.to_string())
    }

    #[test]
    fn what_says_who_asks_or_where_is_refused() {
        for name in [
            "authorization",
            "Authorization",
            "x-auth-key",
            "X-Auth-Email",
            "x-auth-user-service-key",
            "host",
            "cookie",
            "content-type",
            "content-length",
            "transfer-encoding",
            "accept",
            "cf-",
            "cf-access-client-secret",
            "CF-Access-Client-Id",
            "cf-connecting-ip",
            "cf-r2 jurisdiction",
            "cf-x\r\nauthorization",
            "",
        ] {
            let words = format!("`headers.{name}` can't be sent: a recipe may send `cf-` headers and");
            let refused = sent(name, "x").unwrap_err();
            assert!(refused.starts_with(&words), "{name:?}: {refused}");
        }
    }

    #[test]
    fn what_is_sent_is_one_line_of_text() {
        assert_eq!(sent("CF-R2-Jurisdiction", "eu").unwrap(), [("cf-r2-jurisdiction".into(), "eu".into())]);
        assert_eq!(sent("if-match", "\"a\"").unwrap(), [("if-match".into(), "\"a\"".into())]);
        assert_eq!(sent("cf-r2-jurisdiction", "default").unwrap(), []);
        for value in ["", " ", "a\nb", "é", &"x".repeat(1025)] {
            assert!(sent("cf-r2-jurisdiction", value).is_err(), "{value:?}");
        }
        let twice = json!({ "headers": { "cf-a": "1", "CF-A": "2" } });
        let options: Sent = read_options(&Value::from(twice)).unwrap();
        assert_eq!(options.headers.checked().unwrap_err().to_string(), "`headers.cf-a` is given twice");
        let none: Sent = read_options(&Value::from(json!({ "headers": { "cf-a": null } }))).unwrap();
        assert_eq!(none.headers.checked().unwrap(), []);
    }
}
