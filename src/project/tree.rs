//! A parsed file as a tree with the position of each key and value, for TOML and JSON alike.
//!
//! **Invariant:** a table holds each key once, and merging keeps the place of the value that won.

pub mod jsonc;
pub mod toml;

use super::source::Span;
use serde_json::{Map, Value};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value's place; for a table with a header, the header's.
    pub span: Span,
    pub value: NodeValue,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// A table, or an object.
    Table(Vec<Entry>),
    List(Vec<Node>),
    /// A string, a number, a truth value or null.
    Leaf(Value),
}

/// A key of a table with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, unquoted.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    pub node: Node,
}

impl Node {
    /// A table without entries.
    pub fn empty_table(span: Span) -> Self {
        Node { span, value: NodeValue::Table(Vec::new()) }
    }

    /// The entries of a table; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        if let NodeValue::Table(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        if let NodeValue::List(items) = &self.value { items } else { &[] }
    }

    /// The entry of a table under `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a table under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let NodeValue::Leaf(Value::String(text)) = &self.value { Some(text) } else { None }
    }

    /// Whether it is a table with a key that a schema knows.
    pub fn has_key_of(&self, schema: &Value) -> bool {
        self.entries().iter().any(|entry| !schema["properties"][&entry.key].is_null())
    }

    /// A string, or the strings of a list.
    pub fn texts(&self) -> Vec<String> {
        let items = self.items().iter().filter_map(Node::as_str);
        self.as_str().into_iter().chain(items).map(str::to_owned).collect()
    }

    /// The string of a table under `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Lays `over` on top: tables merge key by key, everything else is replaced.
    pub fn merge(&mut self, over: &Node) {
        match (&mut self.value, &over.value) {
            (NodeValue::Table(below), NodeValue::Table(above)) => {
                for entry in above {
                    match below.iter_mut().find(|known| known.key == entry.key) {
                        Some(known) => known.node.merge(&entry.node),
                        None => below.push(entry.clone()),
                    }
                }
            }
            _ => *self = over.clone(),
        }
    }

    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Table(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect::<Map<_, _>>(),
            ),
            NodeValue::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            NodeValue::Leaf(value) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::project::source::Sources;
    use crate::project::tree::toml;
    use serde_json::json;

    #[test]
    fn merge_joins_tables_and_replaces_the_rest() {
        let text = "a = { x = 1, y = [1, 2] }\nb = 1\n[over]\na = { y = [3], z = 0 }\nb = { c = 1 }";
        let (root, findings) = toml::parse(&Sources::of("t", text), 0);
        assert_eq!(findings, []);
        let mut merged = root.clone();
        merged.merge(root.get("over").unwrap());
        assert_eq!(merged.get("a").unwrap().to_json(), json!({"x": 1, "y": [3], "z": 0}));
        assert_eq!(merged.get("b").unwrap().to_json(), json!({"c": 1}));
        assert_eq!(
            merged.get("a").unwrap().get("y").unwrap().span,
            root.get("over").unwrap().get("a").unwrap().get("y").unwrap().span
        );
    }
}
