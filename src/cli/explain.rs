//! `explain`: what a kind of error or a lint means.

use super::Stopped;
use super::command_context::CommandContext;
use crate::escape::wrap::wrapped;
use crate::run::explain::{self, CodeKind, Explained};
use anyhow::anyhow;
use std::fmt::Write as _;

/// Text is broken before this column.
const COLUMNS: usize = 100;

/// Explain a kind of error or a lint
///
/// The codes are the `kind` of an error in reports and in `catch (e)`, the `rule` of a finding in `check --format json`
/// and `sarif`, and the names of lints. Each has a way out and an example. Without a code, all are listed.
///
/// Examples:
///   larder explain
///   larder explain conflict
///   larder explain early-read
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    /// A kind of error, or a lint
    code: Option<String>,
}

impl Explain {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let Some(code) = self.code else {
            shell.console.data(&overview());
            return Ok(());
        };
        match explain::of(&code) {
            Ok(found) => {
                shell.console.data(&page(&found));
                Ok(())
            }
            Err(hint) => Err(anyhow!("there is no code `{code}`\nhint: {hint}").into()),
        }
    }
}

fn overview() -> String {
    let all = explain::all();
    let mut text = String::new();
    for (sort, title) in [(CodeKind::Error, "Errors"), (CodeKind::Lint, "\nLints of `larder check`")] {
        let _ = writeln!(text, "{title}");
        for one in all.iter().filter(|one| one.sort == sort) {
            let _ = writeln!(text, "  {:<18} {}", one.code, one.summary);
        }
    }
    text
}

fn page(found: &Explained) -> String {
    let mut text = format!("{}: {}\n\n{}\n", found.code, found.summary, wrapped(found.text, COLUMNS, 0, 0));
    if found.sort == CodeKind::Lint {
        let _ = write!(
            text,
            "\n`// larder:allow({})` on the line above, or at the line's end, silences it.\n",
            found.code
        );
    }
    let Some(example) = &found.example else { return text };
    text.push_str("\nExample\n");
    for (path, file) in &example.files {
        let _ = writeln!(text, "\n  {path}");
        for line in file.trim_end().lines() {
            let _ = writeln!(text, "      {line}");
        }
    }
    text.push('\n');
    if let Some(fault) = example.fault {
        let _ = writeln!(
            text,
            "  $ larder local serve --fault '{fault}'    (in another terminal; set what it prints)"
        );
    }
    for command in &example.commands {
        let _ = writeln!(text, "  $ {command}");
    }
    text
}
