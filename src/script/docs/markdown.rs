//! The reference in Markdown.

use super::item::{Item, ItemKind, Section};
use super::{Reference, effect, options, signature};
use crate::op::Op;
use std::fmt::Write as _;

pub(super) fn markdown(reference: &Reference) -> String {
    let mut text = String::from(
        "# What recipes can be told\n\nMade by `larder doc --markdown`; a test keeps it so. `larder doc WORD` searches it.\n",
    );
    for section in &reference.sections {
        let _ = writeln!(text, "\n## {}", title(section));
        if !section.about.is_empty() {
            let _ = writeln!(text, "\n{}", section.about);
        }
        let mut list = String::new();
        for item in section.items.iter().filter(|item| item.sort != ItemKind::Option) {
            match (item.op, item.function) {
                (Some(op), _) => text.push_str(&op_markdown(op)),
                (None, Some(function)) => text.push_str(&function.markdown()),
                (None, None) => list += &line(item),
            }
        }
        if !list.is_empty() {
            let has_ops = section.items.iter().any(|item| item.op.is_some());
            let heading = if has_ops { "\n### What its handles have\n\n" } else { "\n" };
            let _ = write!(text, "{heading}{list}");
        }
    }
    text
}

fn title(section: &Section) -> String {
    if section.items.iter().any(|item| item.op.is_some()) {
        return format!("{} (`{}`)", section.title, section.name);
    }
    section.title.clone()
}

fn line(item: &Item) -> String {
    let forms: Vec<String> = item.forms.iter().map(|form| code(form)).collect();
    format!("- {}: {}\n", forms.join(", "), item.summary)
}

/// A text as code, whatever it has of the mark itself.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn op_markdown(op: &Op) -> String {
    let mut text = format!("\n### `{}`\n\n{} ({})\n", signature(op), op.doc.summary, effect(op.effect));
    for (name, meaning) in op.doc.params {
        let _ = write!(text, "\n- `{name}`: {meaning}");
    }
    for (name, kind, meaning) in options(op) {
        let _ = write!(text, "\n- option `{name}` ({}): {meaning}", kind.replace('|', "\\|"));
    }
    let _ = write!(text, "\n\n```rhai\n{}\n// {}\n```\n", op.doc.example, op.doc.result);
    text
}
