//! The script API for people: an overview, a page per function, and the reference in Markdown, all from the entries.

use super::builtins::{BUILTINS, Builtin};
use super::catalog::{forms, type_name};
use super::diagnostics::did_you_mean;
use super::functions;
use crate::op::{Effect, Op};
use crate::services::Service;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One line per function.
pub fn overview(ops: impl Iterator<Item = &'static Op>) -> String {
    let mut text = String::new();
    for op in ops {
        let _ = writeln!(text, "{:<58} {}", signature(op), op.doc.summary);
    }
    for builtin in functions::builtins() {
        text.push_str(&line(builtin));
    }
    text
}

/// The page of a function, a method or a module; the error is a hint.
pub fn page(name: &str, ops: impl Iterator<Item = &'static Op>) -> Result<String, String> {
    let ops: Vec<&'static Op> = ops.collect();
    let by_name = |op: &&&Op| op.path() == name || op.title() == name || op.name == name;
    let found: Vec<&&Op> = ops.iter().filter(by_name).collect();
    if !found.is_empty() {
        return Ok(found.into_iter().map(|op| op_page(op)).collect::<Vec<_>>().join("\n"));
    }
    if ops.iter().any(|op| op.service == name) {
        return Ok(overview_of(ops.iter().filter(|op| op.service == name).copied()));
    }
    if let Some(function) = functions::all().find(|function| function.builtin.name == name) {
        return Ok(function.page());
    }
    if let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) {
        return Ok(builtin_page(builtin));
    }
    let of_module =
        |builtin: &&Builtin| builtin.name.rsplit_once("::").is_some_and(|(module, _)| module == name);
    let lines: Vec<String> = functions::builtins().filter(of_module).map(line).collect();
    if !lines.is_empty() {
        return Ok(lines.concat());
    }
    let mut known: BTreeSet<String> = ops.iter().flat_map(|op| [op.path(), op.service.to_owned()]).collect();
    known.extend(functions::builtins().map(|builtin| builtin.name.to_owned()));
    Err(match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`larder doc` lists all".to_owned(),
    })
}

fn overview_of(ops: impl Iterator<Item = &'static Op>) -> String {
    ops.fold(String::new(), |mut text, op| {
        let _ = writeln!(text, "{:<58} {}", signature(op), op.doc.summary);
        text
    })
}

/// A line of the overview.
fn line(builtin: &Builtin) -> String {
    format!("{:<58} {}\n", call_of(builtin, builtin.forms[0]), builtin.summary)
}

fn builtin_page(builtin: &Builtin) -> String {
    let forms = builtin.forms.iter().map(|params| format!("{}\n", call_of(builtin, params)));
    format!("{}\n{}\n", forms.collect::<String>(), builtin.summary)
}

fn op_page(op: &Op) -> String {
    let mut text = format!("{}\n\n{}\n", signature(op), op.doc.summary);
    for (name, meaning) in op.doc.params {
        let _ = writeln!(text, "  {name}: {meaning}");
    }
    let options = options(op);
    if !options.is_empty() {
        text.push_str("\nOptions\n");
        for (name, kind, meaning) in options {
            let _ = writeln!(text, "  {name}: {kind}\n      {meaning}");
        }
    }
    let permissions: BTreeSet<&str> = op.endpoints.iter().map(|endpoint| endpoint.permission).collect();
    let _ = write!(
        text,
        "\nEffect: {}\nNeeds: {}\n\nExample\n  {}\n  // {}\n",
        effect(op.effect),
        permissions.into_iter().collect::<Vec<_>>().join(", "),
        op.doc.example,
        op.doc.result
    );
    text
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Ensure => "converges: a second call writes nothing",
        Effect::Write => "writes",
        Effect::Delete => "removes",
        Effect::Local => "sends nothing",
    }
}

/// `kv::ensure(title: string, [options: map]) -> KvNamespace`
pub fn signature(op: &Op) -> String {
    let name = match op.receiver {
        Some(receiver) => format!("{receiver}.{}", op.name),
        None => op.path(),
    };
    let form = forms(op).pop().unwrap_or_default();
    format!("{name}{form} -> {}", op.shape.name())
}

fn call_of(builtin: &Builtin, params: &[&str]) -> String {
    format!("{}({})", builtin.name, params.join(", "))
}

/// Name, type and meaning of each option.
pub fn options(op: &Op) -> Vec<(String, String, String)> {
    let Some(schema) = op.run.options() else { return Vec::new() };
    let root = schema.as_value();
    let properties = root["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let meaning = property["description"].as_str().unwrap_or_default().replace('\n', " ");
            (name.clone(), type_name(property, root), meaning)
        })
        .collect()
}

/// The whole reference, as the README's op table links to it.
pub fn markdown(services: &[&Service], others: &'static [Op]) -> String {
    let mut text =
        String::from("# What recipes can call\n\nMade by `larder doc --markdown`; a test keeps it so.\n");
    for service in services {
        let _ = write!(text, "\n## {} (`{}`)\n", service.title, service.name);
        for op in service.ops {
            text.push_str(&op_markdown(op));
        }
    }
    text.push_str("\n## Any other endpoint (`cf`)\n");
    for op in others {
        text.push_str(&op_markdown(op));
    }
    text.push_str("\n## Everywhere\n\n");
    for builtin in BUILTINS {
        for params in builtin.forms {
            let _ = writeln!(text, "- `{}`: {}", call_of(builtin, params), builtin.summary);
        }
    }
    text.push_str("\n## Functions that send nothing\n");
    for function in functions::all() {
        text.push_str(&function.markdown());
    }
    text
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
