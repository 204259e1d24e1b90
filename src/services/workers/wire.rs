//! Deployed Workers as on the wire.

use serde::Deserialize;

/// The part of a Worker's settings that names rest on.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Settings {
    /// Everything it is bound to.
    #[serde(default)]
    pub bindings: Vec<Deployed>,
}

/// One binding of a deployed Worker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Deployed {
    /// A KV namespace.
    KvNamespace {
        /// The variable of the Worker.
        name: String,
        /// Its id.
        namespace_id: String,
    },
    /// An R2 bucket.
    R2Bucket {
        /// The variable of the Worker.
        name: String,
        /// Its name.
        bucket_name: String,
    },
    /// A D1 database.
    D1 {
        /// The variable of the Worker.
        name: String,
        /// Its id.
        id: String,
    },
    /// Something else, which has names of its own.
    #[serde(other)]
    Other,
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
        ]);
        let settings: Settings = serde_json::from_value(json!({"bindings": bindings, "tags": []})).unwrap();
        assert_eq!(
            settings.bindings,
            [
                Deployed::KvNamespace { name: "C".into(), namespace_id: "c4".into() },
                Deployed::R2Bucket { name: "F".into(), bucket_name: "files".into() },
                Deployed::Other,
                Deployed::D1 { name: "D".into(), id: "53".into() },
            ]
        );
    }
}
