//! Turns tokens and credentials in answers into secrets before a script sees them: by endpoint, by field name, and
//! by form.

mod credential;
mod endpoint;

use crate::op::Value;
use crate::secret::Secret;
use credential::{is_credential, is_name_of_credential, letters};
use endpoint::{CredentialFields, gives};
use std::collections::BTreeMap;

/// The same with every credential veiled; `path` is what was called.
pub fn redact(path: &str, value: Value) -> Value {
    let endpoint = gives(path);
    match value {
        // Nothing but ids and credentials is the whole of an answer.
        Value::Str(text) if endpoint.whole || is_credential(&text) || is_opaque(&text) => secret(text),
        value => inside(value, endpoint.whole, &endpoint),
    }
}

fn inside(value: Value, is_named: bool, endpoint: &CredentialFields) -> Value {
    match value {
        Value::Str(text) if is_named || is_credential(&text) => secret(text),
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| inside(item, is_named, endpoint)).collect())
        }
        Value::Map(map) => {
            let is_pair = is_pair(&map);
            let entry = |(key, item): (String, Value)| {
                let is_named = is_named
                    || is_name_of_credential(&key)
                    || endpoint.properties.contains(&key.as_str())
                    || (is_pair && OF_PAIRS.contains(&key.as_str()));
                (key, inside(item, is_named, endpoint))
            };
            Value::Map(map.into_iter().map(entry).collect::<BTreeMap<_, _>>())
        }
        other => other,
    }
}

fn secret(text: String) -> Value {
    if text.is_empty() { Value::Str(text) } else { Value::Secret(Secret::new(text)) }
}

/// Where what a map gives a name to stands in it.
const OF_PAIRS: [&str; 4] = ["value", "text", "key_base64", "key_jwk"];

/// Whether a map says of itself that it is a credential: `#{name: "API_TOKEN", value: ".."}`, `#{type: "secret_text", text: ".."}`.
fn is_pair(map: &BTreeMap<String, Value>) -> bool {
    ["name", "key", "type"].iter().any(|name| match map.get(*name) {
        Some(Value::Str(text)) => is_name_of_credential(text),
        _ => false,
    })
}

/// A text without words that is no id.
fn is_opaque(text: &str) -> bool {
    const CHARS_MIN: usize = 16;
    let is_id = [32, 36].contains(&text.len()) && letters(text).len() == 32 && text.bytes().all(is_of_id);
    text.chars().count() >= CHARS_MIN && !text.contains(char::is_whitespace) && !is_id
}

fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    const LIVE: &str = "CANARY-live-credential";

    fn secrets(path: &str, answer: Json) -> Vec<String> {
        let veiled = redact(path, Value::from(answer));
        veiled.secrets().iter().map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn credentials_become_secrets() {
        let answer = json!({"id": "1", "value": "v1", "nested": [{"clientSecret": "s1", "name": "n"}]});
        assert_eq!(secrets("/tokens", answer.clone()), ["s1", "v1"]);
        assert_eq!(secrets("/queues", answer), ["s1"]);
    }

    #[test]
    fn what_an_endpoint_gives_is_known() {
        for (path, answer) in [
            ("/cfd_tunnel/t1/token", json!(LIVE)),
            ("/cfd_tunnel/t1/management", json!("short")),
            ("/warp_connector/t1/token", json!("short")),
            ("/tokens/t1/value", json!("short")),
            ("/tokens/t1/valu%65", json!("short")),
            ("/images/v1/keys", json!({"keys": [{"name": "default", "value": LIVE}]})),
            ("/images/v1/keys/default", json!({"keys": [{"name": "default", "value": LIVE}]})),
            ("/calls/turn_keys", json!({"uid": "u", "key": LIVE})),
            (
                "/stream/live_inputs/l",
                json!({"webRTC": {"url": "https://customer.example/KEY/webRTC/publish"}}),
            ),
            (
                "/alerting/v3/destinations/webhooks",
                json!([{"name": "n", "url": "https://hooks.example/T/B/KEY"}]),
            ),
            ("/some/new/endpoint", json!(LIVE)),
        ] {
            assert_eq!(secrets(path, answer).len(), 1, "{path}");
        }
        for (path, answer) in [
            ("/some/new/endpoint", json!("some words of a text")),
            ("/some/new/endpoint", json!("023e105f4ecef8ad9ca31a8372d0c353")),
            ("/some/new/endpoint", json!("f174e90a-fafe-4643-bbbc-4a0ed4fc8415")),
            ("/storage/kv/namespaces/n/keys", json!([{"name": "k", "metadata": {"value": "v", "key": "k"}}])),
            ("/queues", json!({"key": "k", "value": "v", "url": "https://example.com/path"})),
        ] {
            assert_eq!(secrets(path, answer), [] as [&str; 0], "{path}");
        }
    }

    #[test]
    fn names_and_pairs_are_known() {
        for key in [
            "pem",
            "jwk",
            "streamKey",
            "stream_key",
            "passphrase",
            "psk",
            "private_key",
            "privateKey",
            "Authorization",
            "pre_shared_key",
            "secretAccessKey",
            "access_key_id",
            "key_jwk",
            "apiKey",
            "srtPassphrase",
            "auth-key",
            "hmac_key",
        ] {
            assert_eq!(secrets("/x", json!({"a": [{(key): LIVE}]})), [LIVE], "{key}");
        }
        for key in
            ["public_key", "key", "name", "id", "temperature", "pskov", "hostname", "keyword", "certificate"]
        {
            assert_eq!(secrets("/x", json!({(key): "text"})), [] as [&str; 0], "{key}");
        }
        assert_eq!(secrets("/x", json!([{"name": "API_TOKEN", "value": LIVE}])), [LIVE]);
        assert_eq!(secrets("/x", json!([{"type": "secret_text", "name": "N", "text": LIVE}])), [LIVE]);
        assert_eq!(secrets("/x", json!([{"type": "plain_text", "name": "N", "text": "t"}])), [] as [&str; 0]);
    }
}
