//! `repl`: a session with an account.

use super::confirm::Confirm;
use super::repl_signals::SessionSignals;
use super::shell::Shell;
use super::{Stopped, formats, pager};
use crate::op::Guard;
use crate::repl::{self, Exploration, Next, Prompt, Reply};
use crate::report::{Exit, Live, Signal};
use crate::run::{self, exit};
use crate::script::engine::run_on_big_stack;
use crate::system;
use anyhow::{Context as _, anyhow};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use std::io::IsTerminal;
use std::sync::Arc;

/// Explore an account, entry by entry
///
/// Reads until `:unlock`; an `ensure` shows what it would do. Tab completes functions, properties and live names.
///
/// Examples:
///   larder repl -e development
///   larder repl --local
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Repl {
    #[command(flatten)]
    confirm: Confirm,
}

impl Repl {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let root = shell.root()?;
        let selected = shell.selected_if_named()?;
        let guard = self.confirm.guard(selected.as_ref())?;
        let opened = shell.open(selected.as_ref(), &root)?.without_deadline();
        let ended = run_on_big_stack(|| Talk::begin(shell, opened, guard)?.run());
        ended.unwrap_or_else(|panic| Err(anyhow!(panic).into()))
    }
}

/// A session, and what it is shown through.
struct Talk<'a> {
    shell: &'a Shell,
    exploration: Exploration<'a>,
    live: Arc<Live>,
}

impl<'a> Talk<'a> {
    fn begin(shell: &'a Shell, opened: run::Session<'a>, guard: Guard) -> Result<Self, Stopped> {
        let live = Arc::new(Live::new(shell.console.clone(), shell.globals.verbosity()));
        let mut exploration = Exploration::begin(opened, guard, live.clone())?;
        exploration.screen().set_format(formats::of_values(shell.globals.format));
        Ok(Talk { shell, exploration, live })
    }

    fn run(mut self) -> Result<Exit, Stopped> {
        let is_interactive = std::io::stdin().is_terminal();
        let runtime = self.exploration.opened().runtime();
        let signals = SessionSignals::listen(runtime, self.shell.console.clone(), is_interactive)
            .context("can't listen for signals")?;
        let config = Config::builder().auto_add_history(false).build();
        let mut editor =
            Editor::<Prompt, FileHistory>::with_config(config).context("can't start the line editor")?;
        editor.set_helper(Some(Prompt::of(&self.exploration)));
        let history = self.exploration.history();
        if let Some(path) = &history {
            let _ = editor.load_history(path);
        }
        if is_interactive {
            self.shell.console.talk("only reads until `:unlock`; `:help` lists commands, Ctrl-D ends\n");
        }
        loop {
            let label = self.exploration.label();
            match editor.readline(&label) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    if self.exploration.may_keep(&line)
                        && editor.add_history_entry(line.as_str()).unwrap_or(false)
                    {
                        // At once: a session may be ended from outside.
                        let _ = history.as_ref().map(|path| editor.append_history(path));
                    }
                    let columns = self.columns();
                    self.exploration.screen().set_width(columns);
                    match repl::obey(&mut self.exploration, &line) {
                        Some(reply) => match self.answer(reply?) {
                            Next::Quit => break,
                            Next::GoOn | Next::Failed => {}
                        },
                        None => self.enter(&line, &signals)?,
                    }
                    if let Some(signal) = signals.ending() {
                        return Ok(exit::of_session(self.exploration.worst(), is_interactive, Some(signal)));
                    }
                    if self.shell.console.stdout_failure().is_some() {
                        let signal = Some(Signal::Terminate);
                        return Ok(exit::of_session(self.exploration.worst(), is_interactive, signal));
                    }
                    if let Some(prompt) = editor.helper() {
                        prompt.note(&self.exploration.values());
                    }
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => {
                    let unfinished = editor.helper().and_then(Prompt::unfinished);
                    if let Some(text) = unfinished.filter(|_| !is_interactive) {
                        self.enter(&text, &signals)?;
                    }
                    break;
                }
                Err(error) => return Err(anyhow!(error).context("can't read the entry").into()),
            }
        }
        Ok(exit::of_session(self.exploration.worst(), is_interactive, None))
    }

    /// Columns of the terminal as it is now.
    fn columns(&self) -> Option<usize> {
        let console = self.shell.console.stdout_columns();
        console.map(|columns| system::columns(std::io::stdout()).unwrap_or(columns))
    }

    fn enter(&mut self, line: &str, signals: &SessionSignals) -> Result<(), Stopped> {
        let (stop, meter) = self.exploration.stops();
        let shown = signals.during(&stop, &meter, || self.exploration.enter(line));
        let console = &self.shell.console;
        self.live.clear();
        console.talk(&shown.errors);
        pager::print(console, &shown.results.concat());
        if self.exploration.resume()? {
            console.talk("interrupted\n");
        }
        Ok(())
    }

    /// Prints what a command answers.
    fn answer(&self, reply: Reply) -> Next {
        pager::print(&self.shell.console, &reply.data);
        self.shell.console.talk(&reply.talk);
        reply.next
    }
}
