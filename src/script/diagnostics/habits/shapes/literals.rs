//! Texts, comments, maps and lists as other languages write them.

use crate::script::diagnostics::habits::HabitHint;
use crate::script::diagnostics::habits::token_window::TokenWindow;
use crate::script::lex::TokenKind;

/// `#!/usr/bin/env x`, `# a comment`, `-- a comment`.
pub(super) fn comment(near: &TokenWindow) -> Option<HabitHint> {
    if near.text(0) == "#" && near.text(1) == "!" {
        return Some(HabitHint::new(
            "a recipe has no `#!` line",
            "remove the line; `larder run NAME` runs a recipe",
        ));
    }
    let is_comment =
        near.text(0) == "#" || (near.text(0) == "-" && near.text(1) == "-" && near.begins_line(0));
    is_comment.then(|| HabitHint::new("a comment begins with `//`", "write `// ..`, or `/* .. */`"))
}

/// `'text'`: Rhai has single characters between single quotes.
pub(super) fn single_quotes(near: &TokenWindow) -> Option<HabitHint> {
    let text = near.text(0);
    if !text.starts_with('\'') || near.kind(0) == Some(TokenKind::Character) && is_character(text) {
        return None;
    }
    let title = "a text stands between double quotes; one character alone stands between single ones";
    let inner = text.trim_matches('\'');
    let is_short =
        near.kind(0) == Some(TokenKind::Character) && !inner.contains(['"', '\\']) && inner.len() < 60;
    Some(HabitHint::new(
        title,
        if is_short { format!("write `\"{inner}\"`") } else { "write `\"..\"`".into() },
    ))
}

fn is_character(text: &str) -> bool {
    let inner = &text[1..text.len() - 1];
    inner.chars().count() == 1 || inner.starts_with('\\')
}

/// `f"x {a}"`, `r"a"`, `b"a"`.
pub(super) fn prefixed_text(near: &TokenWindow) -> Option<HabitHint> {
    let at = [0, -1].into_iter().find(|at| {
        near.is_word(*at)
            && near.text(*at).len() <= 2
            && near.touches_next(*at)
            && near.text(at + 1).starts_with(['"', '\'', '`'])
    })?;
    Some(
        match near.text(at) {
            "r" | "R" => HabitHint::new(
                "a text without escapes is written `#\"..\"#`, without `r`",
                "write `#\"..\"#`",
            ),
            "b" => HabitHint::new("a text has no prefix `b`", "remove it"),
            prefix => HabitHint::new(
                format!("a text with values stands between back-ticks, without `{prefix}`"),
                "between back-ticks write `${..}` for each value",
            ),
        }
        .at(at),
    )
}

/// `"""text"""`.
pub(super) fn long_text(near: &TokenWindow) -> Option<HabitHint> {
    let at = [0, -1].into_iter().find(|at| {
        near.text(*at) == "\"\"" && near.touches_next(*at) && near.text(at + 1).starts_with('"')
    })?;
    Some(
        HabitHint::new(
            "a text over several lines stands between back-ticks",
            "write one back-tick on each side",
        )
        .at(at),
    )
}

/// `{ key: value }`, `{ "key": value }`, `#{ key = value }`, `#{ key, other }`.
pub(super) fn map_entry(near: &TokenWindow) -> Option<HabitHint> {
    let key = if matches!(near.text(0), ":" | "=" | "," | "}") { -1 } else { 0 };
    let is_key = near.is_word(key) || near.kind(key) == Some(TokenKind::Text);
    if is_key && near.text(key - 1) == "{" && near.text(key + 1) == ":" {
        let help = format!("write `#{{ {}: .. }}`", near.text(key));
        return Some(HabitHint::new("a map begins with `#{`; braces alone are a block", help).at(key - 1));
    }
    let is_first = near.text(key - 1) == "#{";
    if is_key && (is_first || near.text(key - 1) == ",") && near.before("#{").is_some() {
        let name = near.text(key);
        if near.text(key + 1) == "=" {
            let help = format!("write `{name}: ..`");
            return Some(HabitHint::new("a key and its value are joined by a colon", help).at(key + 1));
        }
        if matches!(near.text(key + 1), "," | "}") && near.is_word(key) && !near.is_in_list(key) {
            let help = format!("write `{name}: {name}`");
            return Some(HabitHint::new("each key of a map has its value written out", help).at(key));
        }
    }
    None
}

/// `list[1:2]`, `list[1:]`, `list[:2]`.
pub(super) fn slice(near: &TokenWindow) -> Option<HabitHint> {
    if near.text(0) != ":" && !(near.text(0) == "]" && near.text(-1) == ":") {
        return None;
    }
    let open = near.before("[")?;
    let is_index = open > -5 && (near.is_word(open - 1) || matches!(near.text(open - 1), "]" | ")"));
    let help = "write `list.extract(1..3)`; of a text, `text[1..3]`";
    is_index.then(|| HabitHint::new("a part of a list or text is named by a range, `1..3`", help))
}

/// `...list`.
pub(super) fn spread(near: &TokenWindow) -> Option<HabitHint> {
    let is_spread = near.text(0) == "..."
        || near.text(0) == ".." && near.text(1) == "."
        || near.text(0) == "**" && near.text(-1) == "#{";
    is_spread.then(|| {
        HabitHint::new(
            "there is no spread `...`",
            "write `list + other`; for maps `map + other`, where the second one wins",
        )
    })
}

/// `$name`, `${NAME}`, `$(command)`.
pub(super) fn dollar(near: &TokenWindow) -> Option<HabitHint> {
    (near.text(0) == "$").then(|| {
        let title = "a variable is written without `$`";
        let name = if near.is_word(1) { near.text(1) } else { "NAME" };
        let help = format!("write `{name}`; a variable of the environment is `process::env(\"{name}\")`");
        HabitHint::new(title, help)
    })
}
