//! Deployed Workers as on the wire.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The part of a Worker's settings that names rest on.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Settings {
    /// Everything it is bound to.
    #[serde(default)]
    pub bindings: Vec<Deployed>,
}

/// One binding of a deployed Worker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Deployed {
    /// The variable of the Worker.
    #[serde(default)]
    pub name: String,
    /// To what kind of thing.
    #[serde(rename = "type")]
    pub of_type: String,
    /// To which.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bindings_of_every_kind_are_read() {
        let bindings = json!([
            {"name": "C", "type": "kv_namespace", "namespace_id": "c4"},
            {"name": "F", "type": "r2_bucket", "bucket_name": "files", "jurisdiction": "eu"},
            {"name": "S", "type": "secret_text"},
            {"name": "D", "type": "d1", "id": "53", "new": {"field": 1}},
            {"type": "ai"},
        ]);
        let settings: Settings = serde_json::from_value(json!({"bindings": bindings, "tags": []})).unwrap();
        let read: Vec<(&str, &str)> =
            settings.bindings.iter().map(|one| (one.of_type.as_str(), one.name.as_str())).collect();
        assert_eq!(
            read,
            [("kv_namespace", "C"), ("r2_bucket", "F"), ("secret_text", "S"), ("d1", "D"), ("ai", "")]
        );
        assert_eq!(settings.bindings[0].fields["namespace_id"], "c4");
    }
}
