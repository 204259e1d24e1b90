//! Escapes text for GitHub's Markdown.
//!
//! **Invariant:** what went through [`text`] or [`code`] opens no tag, link, image, table cell, mention, emoji or formula.

/// One piece of a line; never the first of it, where a digit or dash would begin a list.
pub(super) fn text(shown: &str) -> String {
    let mut out = String::with_capacity(shown.len() + 8);
    for c in shown.chars() {
        // What can't be part of markup stays readable.
        if c.is_ascii_punctuation() && !"-,/'\";%=+?()".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A name as code, where it is plain; else as text.
pub(super) fn code(shown: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@ ,()=;'\"+*?".contains(c);
    let is_whole = !shown.is_empty() && shown.trim() == shown;
    if is_whole && shown.chars().all(is_plain) { format!("`{shown}`") } else { text(shown) }
}

/// A sentence: what stands in backticks is code.
pub(super) fn prose(shown: &str) -> String {
    let mut out = String::with_capacity(shown.len() + 8);
    let mut rest = shown;
    while let Some((before, literal, after)) = literal(rest) {
        out = out + text(before).as_str() + code(literal).as_str();
        rest = after;
    }
    out + text(rest).as_str()
}

/// The first piece in backticks, and what stands around it.
fn literal(shown: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = shown.split_once('`')?;
    let (literal, after) = rest.split_once('`')?;
    Some((before, literal, after))
}

/// A table; nothing if it has no rows. Cells are Markdown already.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{rule}{rows}\n", line(&head))
}
