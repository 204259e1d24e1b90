//! JSON with comments and trailing commas, as wrangler reads both `.json` and `.jsonc` (WR-9).

use super::{Entry, Node, NodeValue};
use crate::project::problem::{ProjectFinding, ProjectProblem};
use crate::project::source::{Sources, Span};
use jsonc_parser::ast;
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

/// What wrangler accepts beyond JSON: comments and trailing commas, nothing else.
pub fn dialect() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// Parses one of the sources; after a syntax error the tree is empty.
pub fn parse(sources: &Sources, source: usize) -> (Node, Vec<ProjectFinding>) {
    let text = sources.text(source);
    let reader = Reader { source };
    match parse_to_ast(&text, &CollectOptions::default(), &dialect()) {
        Ok(parsed) => match &parsed.value {
            Some(value) => (reader.node(value), Vec::new()),
            None => (Node::empty_table(reader.span(Range { start: 0, end: 0 })), Vec::new()),
        },
        Err(error) => {
            let span = reader.span(error.range());
            let mut message = error.kind().to_string();
            if let Some(first) = message.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            (Node::empty_table(span), vec![ProjectFinding::new(span, ProjectProblem::Syntax { message })])
        }
    }
}

struct Reader {
    source: usize,
}

impl Reader {
    fn span(&self, range: Range) -> Span {
        Span { source: self.source, start: range.start, end: range.end }
    }

    fn node(&self, value: &ast::Value<'_>) -> Node {
        let span = self.span(value.range());
        let value = match value {
            ast::Value::Object(object) => NodeValue::Table(self.entries(object)),
            ast::Value::Array(array) => {
                NodeValue::List(array.elements.iter().map(|item| self.node(item)).collect())
            }
            ast::Value::StringLit(text) => NodeValue::Leaf(text.value.as_ref().into()),
            ast::Value::NumberLit(number) => {
                NodeValue::Leaf(serde_json::from_str(number.value).unwrap_or(Value::Null))
            }
            ast::Value::BooleanLit(truth) => NodeValue::Leaf(truth.value.into()),
            ast::Value::NullKeyword(_) => NodeValue::Leaf(Value::Null),
        };
        Node { span, value }
    }

    /// Of a key that occurs twice the last one counts, as in JavaScript.
    fn entries(&self, object: &ast::Object<'_>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for property in &object.properties {
            let entry = Entry {
                key: property.name.clone().into_string(),
                key_span: self.span(property.name.range()),
                node: self.node(&property.value),
            };
            entries.retain(|known| known.key != entry.key);
            entries.push(entry);
        }
        entries
    }
}
