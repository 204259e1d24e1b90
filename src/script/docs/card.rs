//! The Markdown that editors show for an item.

use super::item::Item;
use super::{effect, options};
use std::fmt::Write as _;

/// Forms, sentence, parameters, options, and an example, as far as there are any.
pub fn card(item: &Item) -> String {
    let mut text = signature_card(&item.forms, &item.summary);
    if let Some(op) = item.op {
        for (name, meaning) in op.doc.params {
            let _ = write!(text, "\n- `{name}`: {meaning}");
        }
        let options = options(op);
        if !options.is_empty() {
            text.push_str("\n\nOptions:\n");
        }
        for (name, kind, meaning) in options {
            let _ = write!(text, "\n- `{name}: {kind}`: {meaning}");
        }
        let _ = write!(text, "\n\nEffect: {}\n", effect(op.effect));
        let _ = write!(text, "\n```rhai\n{}\n```", op.doc.example);
    }
    if let Some(function) = item.function {
        let _ = write!(text, "\n\n```rhai\n{}\n// {}\n```", function.example, function.result);
    }
    text
}

/// Forms and a sentence.
pub fn signature_card(forms: &[String], summary: &str) -> String {
    let mut text = format!("```rhai\n{}\n```\n", forms.join("\n"));
    if !summary.is_empty() {
        let _ = writeln!(text, "\n{summary}");
    }
    text
}
