//! Tokens and credentials in answers become secrets before a script sees them.

use crate::op::Value;
use crate::secret::Secret;
use std::collections::BTreeMap;

/// Parts of property names whose text is a credential.
const WORDS: &[&str] =
    &["secret", "token", "password", "private_key", "privatekey", "jwt", "credential", "api_key"];

/// The same with every credential veiled; `within` is the path that was called.
pub fn veil(within: &str, value: Value) -> Value {
    // A token's own value is called `value` (Cloudflare API notes 14).
    let token = within.contains("/tokens");
    inside(value, false, token)
}

fn inside(value: Value, credential: bool, token: bool) -> Value {
    match value {
        Value::Str(text) if credential && !text.is_empty() => Value::Secret(Secret::new(text)),
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| inside(item, credential, token)).collect())
        }
        Value::Map(map) => {
            let entry = |(key, item): (String, Value)| {
                let word = key.to_ascii_lowercase();
                let named = WORDS.iter().any(|part| word.contains(part)) || (token && word == "value");
                let item = inside(item, named || credential, token);
                (key, item)
            };
            Value::Map(map.into_iter().map(entry).collect::<BTreeMap<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_become_secrets() {
        let answer = json!({"id": "1", "value": "v1", "nested": [{"clientSecret": "s1", "name": "n"}]});
        let veiled = veil("/tokens", Value::from(answer.clone()));
        let found: Vec<String> = veiled.secrets().iter().map(|secret| secret.expose().to_owned()).collect();
        assert_eq!(found, ["s1", "v1"]);
        assert_eq!(veil("/queues", Value::from(answer)).secrets().len(), 1);
    }
}
