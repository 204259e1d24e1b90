//! Formats values for test messages, in the notation of scripts.

use serde_json::Value as Json;

/// What is longer than this is shown over several lines.
const WIDTH_MAX: usize = 60;

/// Whether both are the same data; `1` and `1.0` are.
pub(super) fn is_same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => {
            left == right || (left.is_f64() != right.is_f64() && left.as_f64() == right.as_f64())
        }
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            let has =
                |(key, value): (&String, &Json)| right.get(key).is_some_and(|other| is_same(value, other));
            left.len() == right.len() && left.iter().all(has)
        }
        _ => left == right,
    }
}

/// On one line.
pub(super) fn line(value: &Json) -> String {
    match value {
        Json::Null => "()".to_owned(),
        Json::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        Json::Object(map) if map.is_empty() => "#{}".to_owned(),
        Json::Object(map) => {
            let entry = |(name, value): (&String, &Json)| format!("{}: {}", key(name), line(value));
            format!("#{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

/// Over several lines where it is long; a text as it is.
pub(super) fn page(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => spread(other, 0),
    }
}

fn spread(value: &Json, depth: usize) -> String {
    let short = line(value);
    let indent = "  ".repeat(depth);
    let between = |open: &str, items: Vec<String>, close: &str| {
        let items = items.iter().fold(String::new(), |all, item| format!("{all}{indent}  {item},\n"));
        format!("{open}\n{items}{indent}{close}")
    };
    match value {
        _ if short.chars().count() + indent.len() <= WIDTH_MAX => short,
        Json::Array(items) => between("[", items.iter().map(|item| spread(item, depth + 1)).collect(), "]"),
        Json::Object(map) => {
            let entry =
                |(name, value): (&String, &Json)| format!("{}: {}", key(name), spread(value, depth + 1));
            between("#{", map.iter().map(entry).collect(), "}")
        }
        _ => short,
    }
}

/// A key as a map literal has it.
fn key(name: &str) -> String {
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    if is_word { name.to_owned() } else { Json::from(name).to_string() }
}

/// Whether it fits beside a word.
pub(super) fn is_short(text: &str) -> bool {
    text.chars().count() <= WIDTH_MAX
}

/// Whether it is a text of several lines.
pub(super) fn has_lines(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.contains('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_the_same_whatever_their_form() {
        assert!(is_same(&json!({"a": [1, 2.0]}), &json!({"a": [1.0, 2]})));
        assert!(!is_same(&json!([1]), &json!([1, 2])));
        assert!(!is_same(&json!({"a": 1}), &json!({"b": 1})));
        assert!(!is_same(&json!("1"), &json!(1)));
        // As floats they would be one number.
        assert!(!is_same(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
    }

    #[test]
    fn data_is_written_as_a_script_writes_it() {
        let value = json!({"a b": null, "c": [1, "x"], "d": {}});
        assert_eq!(line(&value), r#"#{ "a b": (), c: [1, "x"], d: #{} }"#);
        let long = json!({"list": ["0123456789".repeat(4), "0123456789".repeat(3)]});
        let expected = "#{\n  list: [\n    \"0123456789012345678901234567890123456789\",\n    \
                        \"012345678901234567890123456789\",\n  ],\n}";
        assert_eq!(page(&long), expected);
    }
}
