//! Writes the text of the project file.

use super::account_content::{AccountContent, ImportedResource};
use super::config_guard::Guard;
use super::lines::{comment, literal};
use super::slots::{Divided, Table};
use super::templates::ImportNames;
use super::write::RECIPE;
use serde_json::{Map, Value as Json};
use std::fmt::Write as _;

/// Nothing that was there before the project is deleted by its first `destroy`.
pub(super) const PROTECTED: &str =
    "protected = true # `destroy` wants `--confirm`; take the line out once all that is named here may go\n";

/// What was found, by names.
pub(super) fn text(found: &AccountContent, divided: &Divided, names: &ImportNames, guard: &Guard) -> String {
    let mut text = head(found);
    if let Some(why) = &guard.why_not {
        text.insert_str(text.len() - 1, &comment("#", &format!("{why}.")));
    }
    let _ = writeln!(text, "app = {}", literal(&names.app));
    text.push_str(&guard.line);
    if !divided.by_recipe.is_empty() {
        let _ = writeln!(text, "recipe = \"{RECIPE}\" # makes what the tables name, and what they can't say");
    }
    for table in &divided.tables {
        text.push('\n');
        text.push_str(&if table.is_list { list(table) } else { map(table) });
    }
    text.push_str("\n[naming]\n");
    for (kind, template) in names.templates() {
        let _ = writeln!(text, "{kind} = {}", literal(template));
    }
    let _ = write!(text, "\n[environments.{}]\n", key(&names.environment));
    if let Some(alias) = &names.alias {
        let _ = writeln!(text, "alias = {}", literal(alias));
    }
    if let Some(environment) = &guard.environment {
        let _ = writeln!(text, "wrangler_env = {}", literal(environment));
    }
    text.push_str(PROTECTED);
    text
}

/// What it is, and what it leaves out.
pub(super) fn head(found: &AccountContent) -> String {
    let mut text = comment("#", "What `larder import` found in the account: a plan of it has nothing to do.");
    for unread in found.unread() {
        text.push_str(&comment("#", &format!("Not imported {unread}.")));
    }
    for left in &found.left {
        text.push_str(&comment("#", &format!("Not imported: {left}.")));
    }
    text.push('\n');
    text
}

fn list(table: &Table) -> String {
    let mut text = format!("[{}]\n", table.service.name);
    let remarks =
        table.entries.iter().flat_map(|(name, thing)| thing.remarks.iter().map(move |one| (name, one)));
    for (name, remark) in remarks {
        text.push_str(&comment("#", &format!("`{name}`: {remark}")));
    }
    let _ = writeln!(text, "{} = [", table.key);
    for (logical, _) in &table.entries {
        let _ = writeln!(text, "    {},", literal(logical));
    }
    text.push_str("]\n");
    text
}

fn map(table: &Table) -> String {
    let entries = table.entries.iter().map(|(logical, thing)| {
        entry(thing, &format!("{}.{}.{}", table.service.name, table.key, key(logical)), &thing.options)
    });
    entries.collect::<Vec<_>>().join("\n")
}

/// One thing's own table.
pub(super) fn entry(thing: &ImportedResource, path: &str, options: &Map<String, Json>) -> String {
    let mut text = format!("[{path}]\n");
    for remark in &thing.remarks {
        text.push_str(&comment("#", remark));
    }
    for (option, value) in options {
        let _ = writeln!(text, "{} = {}", key(option), value_of(value));
    }
    text
}

/// A key as TOML writes it.
pub(super) fn key(key: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { literal(key) }
}

/// JSON as TOML writes it, on one line; what is null is not there.
fn value_of(json: &Json) -> String {
    match json {
        Json::Null => literal(""),
        Json::Number(number) if number.as_i64().is_none() => {
            format!("{:?}", number.as_f64().unwrap_or_default())
        }
        Json::Bool(_) | Json::Number(_) => json.to_string(),
        Json::String(text) => literal(text),
        Json::Array(items) => format!("[{}]", items.iter().map(value_of).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries: Vec<String> =
                entries.map(|(name, value)| format!("{} = {}", key(name), value_of(value))).collect();
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        }
    }
}
