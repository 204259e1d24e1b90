//! `check`: compiles and lints recipes and plays them in memory; no request is sent.

mod document;
mod sarif;

use super::command_context::CommandContext;
use super::globals::Format;
use super::{Stopped, formats, interrupt, online};
use crate::report::{Exit, to_pretty};
use crate::run::check::{CheckFinding, CheckResult, check};
use crate::run::exit;
use crate::run::problem::finding;
use crate::script::diagnostics::{Color, Diagnostic, Severity, render_within};
use anyhow::anyhow;
use document::Document;
use sarif::Log;
use std::collections::BTreeMap;

/// Check recipes in every environment, offline
///
/// Finds unknown functions, modules, variables and options, wrong argument counts, and more, before anything runs; and,
/// where there are no errors, what is hardly meant (lints: `larder explain` lists them). `// larder:allow(NAME)` on the line
/// above a finding of a lint, or at its end, silences it. Errors and findings of lints end with 1. Then
/// each recipe is played on an empty account in memory, in every environment or in that of --env: what fails there is
/// wrong whatever the account holds. What depends on an account ends that with a note. Needs no credentials.
/// With --online it looks at the token, the account and the permissions instead, and at nothing else.
///
/// Examples:
///   larder check
///   larder check --format sarif
///   larder check --online -e production
///   larder check recipes/custom.rhai
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// Recipes by name or path, test files by path; default: all of the project, or the bundled recipes
    recipes: Vec<String>,
    /// Ask the API whether a run could begin; of one recipe, by default the one that `run` would take
    #[arg(long)]
    online: bool,
}

impl Check {
    /// The formats that it has.
    pub fn formats(&self) -> &'static [Format] {
        if self.online { formats::DOCUMENT } else { &[Format::Text, Format::Json, Format::Sarif] }
    }

    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        if self.online {
            return match self.recipes.as_slice() {
                [] => online::check(shell, None),
                [one] => online::check(shell, Some(one)),
                _ => Err(anyhow!("`--online` takes one recipe").into()),
            };
        }
        let is_bundled_only = self.recipes.is_empty() && shell.selected().is_ok_and(|found| found.is_none());
        let interrupt = interrupt::silent();
        let checked = check(shell, self.recipes, interrupt.clone())?;
        if let Some(signal) = interrupt.signal() {
            return Ok(exit::of_signal(signal));
        }
        let redactor = shell.console.redactor();
        match shell.globals.format {
            Format::Json => shell.console.data(&to_pretty(&Document::of(&checked), redactor)),
            Format::Sarif => shell.console.data(&to_pretty(&Log::of(shell, &checked)?, redactor)),
            _ => {
                show(shell, &checked);
                if is_bundled_only {
                    shell.console.talk(NO_PROJECT);
                }
            }
        }
        annotate(shell, &checked);
        Ok(exit::of_check(&checked))
    }
}

/// Who checks in the wrong folder is told.
const NO_PROJECT: &str =
    "no `larder.toml` here or above, and no wrangler config here: only the bundled recipes were checked\n";

/// Of one file and severity no more are shown: nobody reads on, and a terminal would lose what came before.
const SHOWN_MAX: usize = 20;

/// Shows what was found, and counts what it leaves out.
pub fn show_findings(shell: &CommandContext, checked: &CheckResult) {
    let columns = shell.console.stderr_columns();
    let mut counts: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
    for finding in checked.findings.iter() {
        let CheckFinding { diagnostic, .. } = finding;
        let count = counts.entry((diagnostic.at.file.as_str(), diagnostic.severity)).or_default();
        *count += 1;
        if *count <= SHOWN_MAX {
            shell.console.talk(&text(finding, columns));
        }
    }
    for ((file, severity), count) in counts.into_iter().filter(|(_, count)| *count > SHOWN_MAX) {
        let of = if file.is_empty() { "the project".to_owned() } else { format!("`{file}`") };
        let (more, word) = (count - SHOWN_MAX, document::word(severity));
        let plural = if more == 1 { "" } else { "s" };
        let line =
            format!("and {more} more {word}{plural} in {of}: `larder check --format json` lists them all\n");
        shell.console.talk(&line);
    }
}

fn show(shell: &CommandContext, checked: &CheckResult) {
    show_findings(shell, checked);
    let errors = match checked.findings.count(Severity::Error) {
        0 => "no errors".to_owned(),
        1 => "1 error".to_owned(),
        several => format!("{several} errors"),
    };
    let recipes = match checked.recipes {
        1 => "1 recipe".to_owned(),
        several => format!("{several} recipes"),
    };
    let tests = match checked.tests {
        1 => "1 test file".to_owned(),
        several => format!("{several} test files"),
    };
    let looked_at = match (checked.recipes, checked.tests) {
        (_, 0) => recipes,
        (0, _) => tests,
        _ => format!("{recipes} and {tests}"),
    };
    let lints = match checked.findings.lints() {
        0 => String::new(),
        1 => ", 1 lint finding".to_owned(),
        several => format!(", {several} lint findings"),
    };
    shell.console.data(&format!("checked {looked_at}: {errors}{lints}\n"));
}

/// In GitHub Actions, what is wrong stands at its line of the change, too.
fn annotate(shell: &CommandContext, checked: &CheckResult) {
    let wrong = checked.findings.iter().map(|found| &found.diagnostic);
    let is_told = |found: &Diagnostic| found.severity == Severity::Error || found.lint.is_some();
    let wrong = wrong.filter(|found| is_told(found) && !found.at.file.is_empty());
    let wrong: Vec<_> = wrong.map(finding).collect();
    if let Some(github) = &shell.github {
        let root = shell.root().unwrap_or_else(|_| shell.folder.clone());
        github.refuse_at(&shell.console, &wrong, &root);
    }
}

/// Drawn in its text where that is known.
fn text(CheckFinding { diagnostic, sources, .. }: &CheckFinding, columns: Option<usize>) -> String {
    if sources.get(&diagnostic.at.file).is_some() {
        return format!("{}\n", render_within(diagnostic, sources, Color::Always, columns));
    }
    let severity = document::word(diagnostic.severity);
    let at = Some(&diagnostic.at).filter(|at| !at.file.is_empty());
    let at = at.map(|at| format!(" --> {at}\n")).unwrap_or_default();
    let lines = |word: &str, texts: &[String]| {
        texts.iter().fold(String::new(), |lines, text| format!("{lines}{word}: {text}\n"))
    };
    let (notes, hints) = (lines("note", &diagnostic.notes), lines("hint", &diagnostic.helps));
    format!("{severity}: {}\n{at}{notes}{hints}", diagnostic.title)
}
