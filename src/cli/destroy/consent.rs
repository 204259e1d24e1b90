//! Whether what goes may go: flags, then a question where there is somebody to ask.

use crate::cli::Stopped;
use crate::cli::question::{self, Heard};
use crate::cli::shell::Shell;
use crate::events::Problem;
use crate::op::Guard;
use crate::report::Verbosity;
use crate::run::destroy::{Seen, problem};
use crate::run::{Selected, Session};

/// What came of it.
pub enum Answer {
    /// It may go.
    Yes,
    /// Nothing may.
    No(Problem),
}

/// Asks; `plan` is what goes, in words.
pub fn ask(
    shell: &Shell,
    selected: &Selected,
    session: &Session,
    guard: &Guard,
    seen: &Seen,
    plan: impl FnOnce() -> anyhow::Result<String>,
) -> Result<Answer, Stopped> {
    let asks = question::is_anybody_there();
    if let Some(problem) = seen.refusal(guard, shell.globals.yes || asks) {
        return Ok(Answer::No(problem));
    }
    let going = seen.going();
    if going == 0 {
        return Ok(Answer::Yes);
    }
    if !shell.globals.yes || shell.globals.verbosity() > Verbosity::Quiet {
        shell.console.talk(&plan()?);
    }
    if shell.globals.yes {
        return Ok(Answer::Yes);
    }
    let environment = &selected.config.environment.name;
    let heard = question::ask(&shell.console, session, &format!("delete {going} of `{environment}`?"));
    let (kind, why) = match heard {
        Heard::Yes => return Ok(Answer::Yes),
        Heard::No => ("unasked", "nothing was deleted: the answer was no"),
        Heard::Interrupted => ("interrupted", "nothing was deleted: the run was interrupted"),
    };
    Ok(Answer::No(problem(kind, why.to_owned(), None)))
}
