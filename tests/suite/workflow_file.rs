//! Reads workflow files as the runner does: YAML and expressions.

use larder::system::files;
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value as Json;
use std::path::Path;

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A YAML file as JSON; keys and scalars as the runner's expressions see them: text.
pub fn yaml(path: &str) -> Json {
    let text = files::read_text(&repository().join(path), 1 << 20).unwrap();
    plain(&Yaml::load_from_str(&text).unwrap()[0])
}

fn plain(node: &Yaml) -> Json {
    if let Some(map) = node.as_mapping() {
        let key = |key: &Yaml| key.as_str().map_or_else(|| format!("{key:?}"), str::to_owned);
        return map
            .iter()
            .map(|(name, value)| (key(name), plain(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    if let Some(list) = node.as_sequence() {
        return list.iter().map(plain).collect();
    }
    match (node.as_str(), node.as_integer(), node.as_bool()) {
        (Some(text), ..) => text.into(),
        (None, Some(number), _) => number.to_string().into(),
        (None, None, Some(switch)) => switch.to_string().into(),
        (None, None, None) => Json::String(String::new()),
    }
}

/// `a || b`, `a && b`, `a == b`, `a != b`, `(a)`, `'text'`, `context.path`: what the workflow files use.
struct Expression<'a> {
    rest: &'a str,
    context: &'a Json,
}

impl Expression<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn or(&mut self) -> String {
        let mut value = self.and();
        while self.eat("||") {
            let other = self.and();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    fn and(&mut self) -> String {
        let mut value = self.equal();
        while self.eat("&&") {
            let other = self.equal();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    fn equal(&mut self) -> String {
        let value = self.atom();
        for (sign, equal) in [("==", true), ("!=", false)] {
            if self.eat(sign) {
                let other = self.atom();
                return (value.eq_ignore_ascii_case(&other) == equal).to_string();
            }
        }
        value
    }

    fn atom(&mut self) -> String {
        if self.eat("(") {
            let value = self.or();
            assert!(self.eat(")"), "{}", self.rest);
            return value;
        }
        if self.eat("'") {
            let (text, rest) = self.rest.split_once('\'').unwrap();
            self.rest = rest;
            return text.to_owned();
        }
        self.rest = self.rest.trim_start();
        let is_path = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let end = self.rest.find(|c| !is_path(c)).unwrap_or(self.rest.len());
        let (path, rest) = self.rest.split_at(end);
        self.rest = rest;
        assert!(!path.is_empty(), "no expression: {rest}");
        let known = path.split('.').next().is_some_and(|name| self.context.get(name).is_some());
        assert!(known, "an unknown context: {path}");
        let value = path.split('.').fold(self.context, |value, part| &value[part]);
        value.as_str().unwrap_or_default().to_owned()
    }
}

/// Whether a condition, as it stands behind `if`, holds.
pub fn holds(condition: &str, context: &Json) -> bool {
    is_true(&evaluated(&format!("${{{{{condition}}}}}"), context))
}

fn is_true(value: &str) -> bool {
    !matches!(value, "" | "false" | "0")
}

/// A text with its expressions replaced.
pub fn evaluated(text: &str, context: &Json) -> String {
    let mut parts = text.split("${{");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (expression, after) = part.split_once("}}").unwrap();
        let mut expression = Expression { rest: expression, context };
        out += &expression.or();
        assert_eq!(expression.rest.trim(), "");
        out += after;
    }
    out
}
