//! TOML 1.1 with every syntax error at once.

use super::{Entry, Node, NodeValue};
use crate::project::problem::{ProjectFinding, ProjectProblem};
use crate::project::source::{Sources, Span};
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Parses one of the sources; what is wrong comes beside the tree of what could be read.
pub fn parse(sources: &Sources, source: usize) -> (Node, Vec<ProjectFinding>) {
    let text = sources.text(source);
    let (table, errors) = DeTable::parse_recoverable(&text);
    let mut reader = Reader { source, offset: 0, findings: Vec::new() };
    for error in errors {
        let span = reader.span(error.span().unwrap_or(0..0));
        reader.report(span, ProjectProblem::Syntax { message: error.message().to_owned() });
    }
    let span = reader.span(table.span());
    let root = Node { span, value: reader.table(table.get_ref()) };
    (root, reader.findings)
}

/// Parses a lone value that begins `offset` bytes into its source; `None` if it is not TOML.
pub fn parse_value(text: &str, source: usize, offset: usize) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    let mut reader = Reader { source, offset, findings: Vec::new() };
    let node = reader.node(&value);
    reader.findings.is_empty().then_some(node)
}

struct Reader {
    source: usize,
    offset: usize,
    findings: Vec<ProjectFinding>,
}

impl Reader {
    fn span(&self, range: Range<usize>) -> Span {
        Span { source: self.source, start: range.start + self.offset, end: range.end + self.offset }
    }

    fn report(&mut self, span: Span, problem: ProjectProblem) {
        self.findings.push(ProjectFinding::new(span, problem));
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>) -> Node {
        let span = self.span(value.span());
        let value = match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => NodeValue::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::String(text) => NodeValue::Leaf(text.as_ref().into()),
            DeValue::Boolean(truth) => NodeValue::Leaf((*truth).into()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => NodeValue::Leaf(number.into()),
                Err(_) => self.no_value(span, "an integer of more than 64 bits"),
            },
            DeValue::Float(float) => match float.as_str().parse().ok().and_then(serde_json::Number::from_f64)
            {
                Some(number) => NodeValue::Leaf(Value::Number(number)),
                None => self.no_value(span, "a number that is not finite"),
            },
            DeValue::Datetime(_) => self.no_value(span, "a date"),
        };
        Node { span, value }
    }

    fn no_value(&mut self, span: Span, what: &'static str) -> NodeValue {
        self.report(span, ProjectProblem::NoValue { what });
        NodeValue::Leaf(Value::Null)
    }

    fn table(&mut self, table: &DeTable<'_>) -> NodeValue {
        let entries = table.iter().map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: self.span(key.span()),
            node: self.node(value),
        });
        NodeValue::Table(entries.collect())
    }
}
