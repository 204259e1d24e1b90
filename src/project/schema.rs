//! Checks a parsed file against a JSON Schema and reports each error at the key or value that causes it.
//!
//! The subset is what schemars writes for option structs: objects (closed unless they say otherwise), maps, lists,
//! scalars, enums, `Option`, references. A library would check more and know no positions.
//!
//! **Invariant:** a keyword that is not checked here is listed by [`unchecked_keywords`], never skipped silently.

use super::problem::{ProjectFinding, ProjectProblem};
use super::source::Span;
use super::tree::{Node, NodeValue};
use serde_json::Value;
use std::collections::HashSet;

/// Whether a missing key is wrong yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// All that the schema requires must be there.
    Now,
    /// Another table may still bring it.
    AfterMerging,
}

/// Checks `node` against `root`, whose `$defs` its references name.
pub fn validate(root: &Value, node: &Node, required: Required) -> Vec<ProjectFinding> {
    let mut validator = Validator { root, required, findings: Vec::new() };
    let top = Span { end: node.span.start, ..node.span };
    validator.check(root, node, &TreePath { path: String::new(), key_span: top });
    validator.findings
}

/// The keywords of `schema` that [`validate`] would not enforce.
pub fn unchecked_keywords(schema: &Value) -> Vec<String> {
    const CHECKED: &[&str] = &[
        "$ref",
        "$defs",
        "type",
        "properties",
        "additionalProperties",
        "required",
        "items",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
    ];
    const SAYS_NOTHING: &[&str] =
        &["$schema", "title", "description", "default", "examples", "format", "deprecated"];
    let Value::Object(keywords) = schema else { return Vec::new() };
    let mut unchecked = Vec::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => {
                unchecked.extend(named.values().flat_map(unchecked_keywords));
            }
            ("anyOf" | "oneOf", Value::Array(schemas)) => {
                unchecked.extend(schemas.iter().flat_map(unchecked_keywords));
            }
            ("items" | "additionalProperties", schema) => unchecked.extend(unchecked_keywords(schema)),
            (keyword, _) if CHECKED.contains(&keyword) || SAYS_NOTHING.contains(&keyword) => {}
            (keyword, _) => unchecked.push(keyword.to_owned()),
        }
    }
    unchecked.sort();
    unchecked.dedup();
    unchecked
}

struct TreePath {
    path: String,
    key_span: Span,
}

impl TreePath {
    fn key(&self, key: &str, key_span: Span) -> TreePath {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        TreePath { path, key_span }
    }

    fn item(&self, index: usize, key_span: Span) -> TreePath {
        TreePath { path: format!("{}[{index}]", self.path), key_span }
    }
}

struct Validator<'a> {
    root: &'a Value,
    required: Required,
    findings: Vec<ProjectFinding>,
}

impl<'a> Validator<'a> {
    fn check(&mut self, schema: &'a Value, node: &Node, place: &TreePath) {
        let schema = self.follow(schema);
        if node.value == NodeValue::Leaf(Value::Null) {
            return; // As good as absent in JSON, and in TOML reported by the parser.
        }
        if let Some(alternatives) = alternatives(schema) {
            return self.check_alternatives(alternatives, node, place);
        }
        let found = type_of(node);
        let types = types_of(schema);
        if !types.is_empty() && !types.iter().any(|expected| fits(expected, found)) {
            return self.wrong_type(&types, node, place);
        }
        match &node.value {
            NodeValue::Table(_) => self.check_table(schema, node, place),
            NodeValue::List(items) => self.check_list(schema, items, node, place),
            NodeValue::Leaf(value) => self.check_leaf(schema, value, node, place),
        }
    }

    fn check_table(&mut self, schema: &'a Value, node: &Node, place: &TreePath) {
        let properties = schema["properties"].as_object();
        let rest = &schema["additionalProperties"];
        for entry in node.entries() {
            let place_of_entry = place.key(&entry.key, entry.key_span);
            if let Some(property) = properties.and_then(|known| known.get(&entry.key)) {
                self.check(property, &entry.node, &place_of_entry);
            } else if rest.is_object() {
                self.check(rest, &entry.node, &place_of_entry);
            } else if rest == false || (rest.is_null() && properties.is_some()) {
                let known = properties.into_iter().flat_map(|known| known.keys().cloned()).collect();
                let problem =
                    ProjectProblem::UnknownKey { table: place.path.clone(), key: entry.key.clone(), known };
                self.findings.push(ProjectFinding::new(entry.key_span, problem));
            }
        }
        if self.required == Required::Now {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for key in required.filter(|key| node.entry(key).is_none()) {
                let problem = ProjectProblem::MissingKey { table: place.path.clone(), key: key.to_owned() };
                self.findings.push(ProjectFinding::new(place.key_span, problem));
            }
        }
    }

    fn check_list(&mut self, schema: &'a Value, items: &[Node], node: &Node, place: &TreePath) {
        self.check_length(schema, ["minItems", "maxItems"], items.len(), "items", node, place);
        let is_unique = schema["uniqueItems"] == true;
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            self.check(&schema["items"], item, &place.item(index, item.span));
            if is_unique && !seen.insert(item.to_json()) {
                let value = plain(&item.to_json());
                self.findings.push(ProjectFinding::new(
                    item.span,
                    ProjectProblem::Repeated { path: place.path.clone(), value },
                ));
            }
        }
    }

    fn check_leaf(&mut self, schema: &'a Value, value: &Value, node: &Node, place: &TreePath) {
        let known: Vec<&Value> = match (&schema["enum"], schema.get("const")) {
            (Value::Array(values), _) => values.iter().collect(),
            (_, Some(only)) => vec![only],
            _ => Vec::new(),
        };
        if !known.is_empty() && !known.contains(&value) {
            return self.not_one_of(&known, value, node, place);
        }
        if let Some(text) = value.as_str() {
            self.check_length(
                schema,
                ["minLength", "maxLength"],
                text.chars().count(),
                "characters",
                node,
                place,
            );
        }
        if let Some(number) = value.as_f64() {
            let bounds = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
            if bounds.0.is_some_and(|least| number < least) || bounds.1.is_some_and(|most| number > most) {
                let found = literal(value);
                self.out_of_bounds(bound(&schema["minimum"], &schema["maximum"], ""), found, node, place);
            }
        }
    }

    fn check_length(
        &mut self,
        schema: &Value,
        names: [&str; 2],
        found: usize,
        unit: &str,
        node: &Node,
        place: &TreePath,
    ) {
        let [least, most] = names.map(|name| &schema[name]);
        let found = found as u64;
        if found == 0 && least == 1 {
            let problem = ProjectProblem::Empty { path: place.path.clone() };
            return self.findings.push(ProjectFinding::new(node.span, problem));
        }
        if least.as_u64().is_some_and(|least| found < least) || most.as_u64().is_some_and(|most| found > most)
        {
            self.out_of_bounds(bound(least, most, &format!(" {unit} long")), found.to_string(), node, place);
        }
    }

    /// An alternative of the right type decides alone; of several, the one with least to complain about.
    fn check_alternatives(&mut self, alternatives: &'a [Value], node: &Node, place: &TreePath) {
        let all: Vec<&Value> = alternatives.iter().map(|one| self.follow(one)).collect();
        let consts: Vec<&Value> = all.iter().flat_map(|one| constants(one)).collect();
        let types: Vec<&str> =
            all.iter().flat_map(|one| types_of(one)).filter(|name| *name != "null").collect();
        let found = type_of(node);
        let fitting = all.iter().filter(|one| {
            let types = types_of(one);
            types.is_empty() || types.iter().any(|expected| fits(expected, found))
        });
        if let (NodeValue::Leaf(value), true) = (&node.value, found == "string" && !consts.is_empty()) {
            if !consts.contains(&value) {
                self.not_one_of(&consts, value, node, place);
            }
            return;
        }
        let best = fitting
            .map(|one| {
                let mut trial = Validator { root: self.root, required: self.required, findings: Vec::new() };
                trial.check(one, node, place);
                trial.findings
            })
            .min_by_key(Vec::len);
        match best {
            Some(findings) => self.findings.extend(findings),
            None => self.wrong_type(&types, node, place),
        }
    }

    fn follow(&self, mut schema: &'a Value) -> &'a Value {
        while let Some(pointer) = schema["$ref"].as_str() {
            match self.root.pointer(pointer.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn wrong_type(&mut self, expected: &[&str], node: &Node, place: &TreePath) {
        let mut words: Vec<&str> =
            expected.iter().filter(|name| **name != "null").map(|name| word(name)).collect();
        words.dedup();
        let found = match &node.value {
            NodeValue::Leaf(value @ Value::String(_)) => format!("the string {}", literal(value)),
            NodeValue::Leaf(value @ Value::Number(_)) => format!("the number {}", literal(value)),
            NodeValue::Leaf(value @ Value::Bool(_)) => literal(value),
            _ => word(type_of(node)).to_owned(),
        };
        let problem =
            ProjectProblem::WrongType { path: place.path.clone(), expected: words.join(" or "), found };
        self.findings.push(ProjectFinding::new(node.span, problem));
    }

    fn not_one_of(&mut self, known: &[&Value], found: &Value, node: &Node, place: &TreePath) {
        let known = known.iter().map(|value| plain(value)).collect();
        let problem = ProjectProblem::NotOneOf { path: place.path.clone(), found: literal(found), known };
        self.findings.push(ProjectFinding::new(node.span, problem));
    }

    fn out_of_bounds(&mut self, bound: String, found: String, node: &Node, place: &TreePath) {
        self.findings.push(ProjectFinding::new(
            node.span,
            ProjectProblem::OutOfBounds { path: place.path.clone(), bound, found },
        ));
    }
}

fn alternatives(schema: &Value) -> Option<&[Value]> {
    schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()).map(Vec::as_slice)
}

fn constants(schema: &Value) -> Vec<&Value> {
    match (schema.get("const"), schema["enum"].as_array()) {
        (Some(only), _) => vec![only],
        (_, Some(values)) => values.iter().collect(),
        _ => Vec::new(),
    }
}

fn types_of(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn type_of(node: &Node) -> &'static str {
    match &node.value {
        NodeValue::Table(_) => "object",
        NodeValue::List(_) => "array",
        NodeValue::Leaf(Value::String(_)) => "string",
        NodeValue::Leaf(Value::Bool(_)) => "boolean",
        NodeValue::Leaf(Value::Number(number)) if number.is_f64() => "number",
        NodeValue::Leaf(Value::Number(_)) => "integer",
        NodeValue::Leaf(_) => "null",
    }
}

fn fits(expected: &str, found: &str) -> bool {
    expected == found || (expected == "number" && found == "integer")
}

fn word(type_name: &str) -> &'static str {
    match type_name {
        "object" => "a table",
        "array" => "a list",
        "string" => "a string",
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "an integer",
        _ => "null",
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn literal(value: &Value) -> String {
    format!("`{}`", plain(value))
}

fn bound(least: &Value, most: &Value, unit: &str) -> String {
    match (least.is_null(), most.is_null()) {
        (false, false) => format!("{least} to {most}{unit}"),
        (false, true) => format!("at least {least}{unit}"),
        _ => format!("at most {most}{unit}"),
    }
}
