//! The confirmation before `destroy` deletes: a flag on the command line, or a question at a terminal.

use crate::cli::command_context::CommandContext;
use crate::cli::question::{self, Reply};
use crate::events::Problem;
use crate::report::{Builder, Heading, TextReport, Verbosity};
use crate::run::destroy::{DestroyConsent, DestroyPlan};
use crate::run::{Selected, Session};
use std::sync::Arc;

/// Shows what goes, and asks.
pub struct DestroyPrompt<'a> {
    pub shell: &'a CommandContext,
    pub session: &'a Session<'a>,
    pub selected: &'a Selected,
    pub heading: Heading,
}

impl DestroyConsent for DestroyPrompt<'_> {
    fn is_heard(&self) -> bool {
        self.shell.globals.yes || question::is_anybody_there()
    }

    fn refuses(&self, seen: &DestroyPlan) -> anyhow::Result<Option<Problem>> {
        let DestroyPrompt { shell, session, selected, heading } = self;
        if !shell.globals.yes || shell.globals.verbosity() > Verbosity::Quiet {
            let builder = Arc::new(Builder::new(heading.clone()));
            seen.preview(builder.clone())?;
            shell.console.talk(&TextReport::steps(&builder.so_far(), &shell.redactor));
        }
        if shell.globals.yes {
            return Ok(None);
        }
        let question = format!("delete {} of `{}`?", seen.going(), selected.config.environment.name);
        Ok(match question::ask(&shell.console, session, &question) {
            Reply::Yes => None,
            Reply::No => Some(Problem::new("unasked", "nothing was deleted: the answer was no")),
            // How the run ends says so.
            Reply::Interrupted => Some(Problem::new("interrupted", "nothing was deleted")),
        })
    }
}
