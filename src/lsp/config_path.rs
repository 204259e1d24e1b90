//! `config::vars.size`: a value of the project file, as a recipe names it.

use super::projects::Project;
use super::text_position::TextPosition;
use crate::events::Site;
use crate::script::docs::signature_card;
use crate::script::lex::{self, Token, TokenKind};
use serde_json::Value as Json;

/// The keys that lead to it; `None` where the text names something else.
fn keys(text: &str) -> Option<Vec<String>> {
    let tokens = lex::code(text);
    let [module, colons, first, rest @ ..] = &tokens[..] else { return None };
    if !module.is(text, "config") || !colons.is(text, "::") || first.kind != TokenKind::Word {
        return None;
    }
    let mut keys = vec![first.text(text).to_owned()];
    let mut rest = rest;
    loop {
        let key: &Token;
        (key, rest) = match rest {
            [] => return Some(keys),
            [dot, key, rest @ ..] if dot.is(text, ".") || dot.is(text, "?.") => (key, rest),
            [open, key, close, rest @ ..] if open.is(text, "[") && close.is(text, "]") => (key, rest),
            _ => return None,
        };
        if !matches!(key.kind, TokenKind::Word | TokenKind::Text) {
            return None;
        }
        keys.push(key.text(text).trim_matches(['"', '`']).to_owned());
    }
}

/// The value in each environment, once where it is the same in all.
pub(super) fn card(at: &TextPosition<'_>, text: &str) -> Option<String> {
    let keys = keys(text)?;
    let values = at.project.environments().iter().map(|selected| {
        let config = Json::Object(selected.config.to_json());
        let value = keys.iter().try_fold(&config, |value, key| value.get(key));
        (selected.config.environment.name.clone(), value.cloned())
    });
    let values: Vec<(String, Json)> = values.filter_map(|(name, value)| Some((name, value?))).collect();
    let (_, first) = values.first()?;
    let is_same = values.iter().all(|(_, value)| value == first);
    let lines: Vec<String> = if is_same {
        vec![format!("{first:#}")]
    } else {
        values.iter().map(|(name, value)| format!("{name}: {value}")).collect()
    };
    let name = signature_card(&[text.to_owned()], "");
    Some(format!("{name}\n```json\n{}\n```\n", lines.join("\n")))
}

/// Where the project file gives it, in the first environment that has it.
pub(super) fn place(project: &Project, text: &str) -> Option<Site> {
    let keys = keys(text)?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    project.environments().iter().find_map(|selected| selected.config.location(&keys))
}
