//! `eval`: one expression against the account.

use super::Stopped;
use super::confirm::Confirm;
use super::draw::draw;
use super::shell::Shell;
use crate::op::Mode;
use crate::report::{Exit, Live};
use crate::run::eval::eval;
use crate::script::show;
use std::sync::Arc;

/// Evaluate an expression against the account and print its value
///
/// Nothing is written: an `ensure` is planned. With `--write` it is done.
///
/// Examples:
///   larder eval -e development 'kv::list().map(|ns| ns.title)'
///   larder eval --local 'd1::list()'
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Eval {
    /// A script; its last expression is printed
    expression: String,
    /// Let it write
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    confirm: Confirm,
}

impl Eval {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let root = shell.root()?;
        let selected = shell.selected_if_named()?;
        let guard = self.confirm.guard(selected.as_ref())?;
        let session = shell.open(selected.as_ref(), &root)?;
        let mode = if self.write { Mode::Apply } else { Mode::Plan };
        let live = Arc::new(Live::new(shell.console.clone(), shell.globals.verbosity()));
        let evaluated = eval(&session, mode, guard, self.expression, live.clone())?;
        live.clear();
        draw(&evaluated.performed, &shell.console);
        shell.console.talk(&show::planned(&evaluated.events));
        if let Some(value) = &evaluated.value {
            shell.console.data(value);
        }
        Ok(evaluated.exit)
    }
}
