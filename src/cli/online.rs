//! `check --online`: checks token, account and permissions before a run.

use super::Stopped;
use super::command_context::CommandContext;
use super::globals::Format;
use super::token::needs;
use crate::report::{Exit, to_pretty};
use crate::run::exit;
use crate::run::readiness::{self, ReadinessCheck};
use std::fmt::Write as _;

/// Checks what a run of the recipe would need.
pub fn check(shell: &CommandContext, recipe: Option<&str>) -> Result<Exit, Stopped> {
    let selected = shell.selected()?;
    let root = shell.root()?;
    let recipe = shell.chosen_recipe(recipe, &root)?;
    let needs = needs(shell, selected.as_ref(), &root, &recipe)?;
    let session = shell.open(selected.as_ref(), &root)?;
    session.listen();
    let looked = readiness::check(&session, &needs);
    if let Some(signal) = session.signal() {
        return Ok(exit::of_signal(signal));
    }
    let lines = looked?;
    shell.console.data(&match shell.globals.format {
        Format::Json => to_pretty(&lines, shell.console.redactor()),
        _ => text(&lines),
    });
    Ok(exit::of_findings(lines.iter().any(|line| !line.ok)))
}

fn text(lines: &[ReadinessCheck]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let mark = if line.ok { "ok" } else { "!" };
        let _ = writeln!(text, "{:<11}  {mark:<2}  {}", line.check, line.found);
        if let Some(hint) = &line.hint {
            let _ = writeln!(text, "{:17}hint: {hint}", "");
        }
        text
    })
}
