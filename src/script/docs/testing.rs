//! Documents the functions of test files, and the results of `run` and `plan`.

use super::item::{Item, ItemKind, Section};
use super::options_of;
use crate::script::builtins::Builtin;
use crate::script::catalog;
use crate::script::testing::{BUILTINS, RunOptions, given_forms, takes_options};
use crate::services::Services;
use std::fmt::Write as _;

/// Name, type and meaning.
type DocRow = (&'static str, &'static str, &'static str);

/// What a report of a run has.
const REPORT: &[DocRow] = &[
    ("exit", "int", "The exit code that the command would have."),
    ("changed", "bool", "Whether anything was written, or may have been."),
    ("complete", "bool", "Whether the recipe was run to its end."),
    (
        "error",
        "map or ()",
        "What ended the run: `kind`, `message`, `hint`, `code` and more, as in `--format json`.",
    ),
    ("requests", "int", "Requests that were sent."),
    ("reads", "int", "Those that can't change the account."),
    ("writes", "int", "Those that can."),
    ("retries", "int", "How many of both repeated an earlier one."),
    (
        "summary",
        "map",
        "Resources by what became of them: `create`, `update`, `delete`, `apply`, `write`, `none`, `conflict`, `failed`, `unknown`, `skipped`.",
    ),
    (
        "ops",
        "array",
        "What was done, op by op, as in `--format json`: `service`, `op`, `resource`, `logical`, `action`, `status`, `id`, `changes`, `migrations`, `error` and more, with the `step`.",
    ),
    ("steps", "array", "The steps, each with `name` and `status`."),
    ("outputs", "map", "What the recipe put out."),
    ("warnings", "array", "The texts of the warnings."),
    ("log", "array", "What the recipe has said with `print` and `log`."),
    ("text", "string", "The report as people read it, without times."),
];

pub(super) fn section(services: Services) -> Section {
    let mut items: Vec<Item> = BUILTINS.iter().map(builtin).collect();
    for (name, forms) in given_forms(services) {
        let forms: Vec<String> = forms.iter().map(|form| format!("{name}{form}")).collect();
        let service = name.rsplit("::").next().unwrap_or_default();
        let summary = format!("What `{service}::ensure` makes is there before the run.");
        items.push(Item { forms, ..Item::new(&name, ItemKind::Function, "", summary) });
    }
    let options = options_of(schemars::schema_for!(RunOptions).as_value());
    for (name, kind, meaning) in options {
        items.push(Item::new(
            format!("run.{name}"),
            ItemKind::Option,
            format!("run #{{ {name}: {kind} }}"),
            meaning,
        ));
    }
    for (name, kind, meaning) in REPORT {
        items.push(Item::new(
            format!("report.{name}"),
            ItemKind::Property,
            format!("{name}: {kind}"),
            *meaning,
        ));
    }
    Section {
        title: "In tests".to_owned(),
        name: "tests".to_owned(),
        about: "A test is a function `test_..` of a file `NAME.test.rhai`; `larder test` runs it on an empty account in memory. \
                It can call everything that a recipe can, which works on that account, and these. `report` is what `run` and \
                `plan` give."
            .to_owned(),
        items,
    }
}

fn builtin(builtin: &Builtin) -> Item {
    let mut forms: Vec<String> = Vec::new();
    for form in catalog::forms_of(builtin) {
        let params = form.to_string();
        let options = if takes_options(builtin) { ", [options: map]" } else { "" };
        let mut line = format!("{}{}", builtin.name, params.strip_suffix(')').unwrap_or(&params));
        let _ = write!(line, "{options})");
        forms.push(line);
    }
    Item { forms, ..Item::new(builtin.name, ItemKind::Function, "", builtin.summary) }
}
