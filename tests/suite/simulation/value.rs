//! Values of recipes as text.

/// A value as a recipe would write it.
pub(super) fn plain(value: &rhai::Dynamic) -> String {
    match serde_json::to_value(value) {
        _ if value.is_unit() => "()".into(),
        Ok(json) => written(&json),
        Err(_) => value.to_string(),
    }
}

fn written(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Null => "()".into(),
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, item)| format!("{key:?}: {}", written(item))).collect();
            format!("#{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
