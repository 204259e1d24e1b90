//! `check`: compile and lint recipes, without a request.

use super::shell::Shell;
use super::{Stopped, online};
use crate::report::Exit;
use crate::run::check::{Finding, check};
use crate::run::exit;
use crate::script::diagnostics::{Color, render};
use anyhow::anyhow;

/// Compile and lint recipes, offline
///
/// Finds unknown functions, modules, variables and options, wrong argument counts, and more, before anything runs.
/// With --online it looks at the token, the account and the permissions instead, and at nothing else.
///
/// Examples:
///   larder check
///   larder check --online -e production
///   larder check recipes/custom.rhai
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// Recipes by name or path; default: all of the project, or the bundled ones
    recipes: Vec<String>,
    /// Ask the API whether a run could begin; of one recipe, by default the one that `run` would take
    #[arg(long)]
    online: bool,
}

impl Check {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        if self.online {
            return match self.recipes.as_slice() {
                [] => online::check(shell, None),
                [one] => online::check(shell, Some(one)),
                _ => Err(anyhow!("`--online` takes one recipe").into()),
            };
        }
        let checked = check(shell, self.recipes, &mut |finding| shell.console.talk(&text(finding)))?;
        let errors = match checked.errors {
            0 => "no errors".to_owned(),
            1 => "1 error".to_owned(),
            several => format!("{several} errors"),
        };
        let recipes = match checked.recipes {
            1 => "1 recipe".to_owned(),
            several => format!("{several} recipes"),
        };
        shell.console.data(&format!("checked {recipes}: {errors}\n"));
        Ok(exit::of_findings(checked.errors > 0))
    }
}

fn text(finding: Finding) -> String {
    match finding {
        Finding::At(diagnostic, sources) => format!("{}\n", render(diagnostic, sources, Color::Always)),
        Finding::Warning { message, at, hint } => {
            let at = at.map(|at| format!(" --> {at}\n")).unwrap_or_default();
            let hint = hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
            format!("warning: {message}\n{at}{hint}")
        }
    }
}
