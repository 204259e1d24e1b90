//! The state of the account as one digest: equal for accounts with the same content, however they reached it.

use super::ids::sha256_hex;
use super::service::Resource;
use serde_json::{Value, json};

/// SHA-256 over all resources, in an order that depends on nothing but them.
pub(super) fn digest(contents: &[(&'static str, Resource, Value)]) -> String {
    let mut lines: Vec<String> = contents
        .iter()
        .map(|(service, resource, content)| {
            let head = json!([service, resource.kind, resource.name, resource.jurisdiction]);
            format!("{head}{}", canonical(content))
        })
        .collect();
    lines.sort();
    sha256_hex(lines.join("\n").as_bytes())
}

/// JSON text with the keys of every object sorted, whichever map `serde_json` was built with.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<String> =
                map.iter().map(|(key, value)| format!("{}:{}", json!(key), canonical(value))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, id: &str, content: Value) -> (&'static str, Resource, Value) {
        let resource = Resource { kind: "namespace", name: name.into(), id: id.into(), jurisdiction: None };
        ("kv", resource, content)
    }

    #[test]
    fn order_and_ids_do_not_count_but_names_and_content_do() {
        let content = json!({"b": [1, {"d": null, "c": "x"}], "a": true});
        assert_eq!(canonical(&content), r#"{"a":true,"b":[1,{"c":"x","d":null}]}"#);
        let (a, b) = (entry("a", "1", content.clone()), entry("b", "2", json!({})));
        let known = digest(&[a.clone(), b.clone()]);
        assert_eq!(digest(&[b.clone(), entry("a", "9", content)]), known);
        assert_ne!(digest(&[a, entry("c", "2", json!({}))]), known);
        assert_ne!(digest(&[b]), known);
    }
}
