//! Whether what goes may go: a yes on the command line, or a question where there is somebody to ask.

use crate::cli::question::{self, Heard};
use crate::cli::shell::Shell;
use crate::events::Problem;
use crate::report::{Builder, Heading, Text, Verbosity};
use crate::run::destroy::{Consent, Seen};
use crate::run::{Selected, Session};
use std::sync::Arc;

/// Shows what goes, and asks.
pub struct Asking<'a> {
    pub shell: &'a Shell,
    pub session: &'a Session<'a>,
    pub selected: &'a Selected,
    pub heading: Heading,
}

impl Consent for Asking<'_> {
    fn is_heard(&self) -> bool {
        self.shell.globals.yes || question::is_anybody_there()
    }

    fn refuses(&self, seen: &Seen) -> anyhow::Result<Option<Problem>> {
        let Asking { shell, session, selected, heading } = self;
        if !shell.globals.yes || shell.globals.verbosity() > Verbosity::Quiet {
            let builder = Arc::new(Builder::new(heading.clone()));
            seen.preview(builder.clone())?;
            shell.console.talk(&Text::steps(&builder.so_far(), &shell.redactor));
        }
        if shell.globals.yes {
            return Ok(None);
        }
        let question = format!("delete {} of `{}`?", seen.going(), selected.config.environment.name);
        Ok(match question::ask(&shell.console, session, &question) {
            Heard::Yes => None,
            Heard::No => Some(Problem::new("unasked", "nothing was deleted: the answer was no")),
            // How the run ends says so.
            Heard::Interrupted => Some(Problem::new("interrupted", "nothing was deleted")),
        })
    }
}
