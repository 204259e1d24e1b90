//! `repl`: a session with an account.

use super::Stopped;
use super::command_context::CommandContext;
use super::confirm::Confirm;
use super::repl_session::{ReplSession, SessionEnd};
use super::repl_signals::SessionSignals;
use crate::repl::{Entry, SessionHandover};
use crate::report::Exit;
use crate::script::engine::run_on_big_stack;
use anyhow::anyhow;

/// Explore an account, entry by entry
///
/// Reads until `:unlock`; an `ensure` shows what it would do. Tab lists functions with their signatures, options,
/// properties, names of the account and commands. `:help` lists the commands. Read from a pipe, the first entry that
/// fails ends it with its exit code.
///
/// Examples:
///   larder repl -e development
///   larder repl --local
///   echo 'kv::list().len' | larder repl -e development
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Repl {
    #[command(flatten)]
    confirm: Confirm,
}

impl Repl {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let mut ended = enter(shell, &self.confirm, None, Vec::new())?;
        loop {
            match ended {
                SessionEnd::Session(exit) => return Ok(exit),
                SessionEnd::Switch { name, left, rest } => {
                    let there = shell.with(Some(name), shell.globals.sets.clone());
                    ended = enter(&there, &Confirm::default(), Some(*left), rest)?;
                }
            }
        }
    }
}

/// A session in the environment of a shell, which goes on with what another one has left.
fn enter(
    shell: &CommandContext,
    confirm: &Confirm,
    left: Option<SessionHandover>,
    rest: Vec<Entry>,
) -> Result<SessionEnd, Stopped> {
    let root = shell.root()?;
    let selected = shell.selected_or_only()?;
    let guard = confirm.guard(selected.as_ref())?;
    let opened = shell.open(selected.as_ref(), &root)?.without_deadline();
    let ended = run_on_big_stack(|| {
        let signals = SessionSignals::of(opened.runtime(), shell)?;
        ReplSession::begin(shell, opened, guard, signals)?.run(left, rest)
    });
    ended.unwrap_or_else(|panic| Err(anyhow!(panic).into()))
}
