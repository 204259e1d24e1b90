//! Runs a session in one environment: reads lines and prints their results.

use super::command_context::CommandContext;
use super::repl_signals::SessionSignals;
use super::{Stopped, formats, pager};
use crate::op::Guard;
use crate::repl::{
    self, CommandEffect, CommandReply, Entry, Exploration, Prompt, PromptStyle, SessionHandover,
};
use crate::report::{Exit, LiveView, Signal};
use crate::run::{self, exit};
use crate::system::{columns, files, word};
use anyhow::{Context as _, anyhow};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// Files that load one another, one inside the other.
const LOADS_MAX: usize = 8;

/// How a session ended.
pub(super) enum SessionEnd {
    /// The process ends.
    Session(Exit),
    /// It goes on in another environment.
    Switch { name: String, left: Box<SessionHandover>, rest: Vec<Entry> },
}

/// The result of a line.
enum LineResult {
    Done,
    Failed,
    Quit,
    Switch(String),
}

/// What is entered next.
enum NextInput {
    /// A line, or more where that is incomplete.
    Line(String),
    /// What was left when the session came from another environment.
    Rest(Vec<Entry>),
}

/// A session, and what it is shown through.
pub(super) struct ReplSession<'a> {
    shell: &'a CommandContext,
    exploration: Exploration<'a>,
    live: Arc<LiveView>,
    signals: Arc<SessionSignals>,
    is_interactive: bool,
    editor: Editor<Prompt, FileHistory>,
    history: Option<PathBuf>,
    /// What is to be entered in the environment to which the session goes.
    rest: Vec<Entry>,
}

impl<'a> ReplSession<'a> {
    /// Nothing is sent before the first entry.
    pub(super) fn begin(
        shell: &'a CommandContext,
        opened: run::Session<'a>,
        guard: Guard,
        signals: Arc<SessionSignals>,
    ) -> Result<Self, Stopped> {
        let live = Arc::new(LiveView::new(shell.console.clone(), shell.globals.verbosity()));
        let mut exploration = Exploration::begin(opened, guard, live.clone())?;
        exploration.screen().set_format(formats::of_values(shell.globals.format));
        let is_interactive = std::io::stdin().is_terminal();
        let is_colored = shell.console.stdout_colored() && is_interactive;
        let config = Config::builder()
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .bell_style(rustyline::config::BellStyle::None)
            .behavior(Behavior::Stdio)
            .color_mode(if is_colored { ColorMode::Forced } else { ColorMode::Disabled })
            .build();
        let mut editor =
            Editor::<Prompt, FileHistory>::with_config(config).context("can't start the line editor")?;
        editor.set_helper(Some(Prompt::of(&exploration, PromptStyle::new(is_colored, is_interactive))));
        let history = if is_interactive { exploration.history() } else { None };
        if let Some(path) = &history {
            let _ = editor.load_history(path);
        }
        let rest = Vec::new();
        Ok(ReplSession { shell, exploration, live, signals, is_interactive, editor, history, rest })
    }

    /// Reads to the end, after what another session has left and what is still to be entered.
    pub(super) fn run(
        mut self,
        left: Option<SessionHandover>,
        rest: Vec<Entry>,
    ) -> Result<SessionEnd, Stopped> {
        match left {
            Some(left) => self.take(left),
            None if self.is_interactive => {
                self.shell.console.talk("only reads until `:unlock`; `:help` lists commands, Ctrl-D ends\n");
            }
            None => {}
        }
        let mut rest = Some(rest).filter(|rest| !rest.is_empty());
        loop {
            let label = self.exploration.label();
            if let Some(prompt) = self.editor.helper() {
                prompt.note(&self.exploration);
                prompt.measure(columns(std::io::stdout()).unwrap_or(COLUMNS), &label);
            }
            let read = rest.take().map_or_else(
                || self.editor.readline(&label).map(NextInput::Line),
                |rest| Ok(NextInput::Rest(rest)),
            );
            let came = match read {
                Ok(NextInput::Rest(entries)) => self.all(entries, 0)?,
                Ok(NextInput::Line(line)) => self.line(&line)?,
                Err(ReadlineError::Interrupted) => LineResult::Done,
                Err(ReadlineError::Eof) => {
                    let unfinished = self.editor.helper().and_then(Prompt::unfinished);
                    if let Some(text) = unfinished.filter(|_| !self.is_interactive) {
                        self.all(Entry::all_of(&text), 0)?;
                    }
                    return Ok(self.end(None));
                }
                Err(error) => return Err(anyhow!(error).context("can't read the entry").into()),
            };
            if let Some(signal) = self.signals.ending() {
                return Ok(self.end(Some(signal)));
            }
            if self.shell.console.stdout_failure().is_some() {
                return Ok(self.end(Some(Signal::Terminate)));
            }
            match came {
                LineResult::Quit => return Ok(self.end(None)),
                // Who reads a pipe's end can't mend what failed, and what follows rests on it.
                LineResult::Failed if !self.is_interactive => return Ok(self.end(None)),
                LineResult::Switch(name) => {
                    let left = Box::new(self.exploration.leave());
                    return Ok(SessionEnd::Switch { name, left, rest: self.rest });
                }
                LineResult::Done | LineResult::Failed => {}
            }
        }
    }

    fn end(&self, signal: Option<Signal>) -> SessionEnd {
        SessionEnd::Session(exit::of_session(self.exploration.worst(), self.is_interactive, signal))
    }

    /// Goes on with what another session has left.
    fn take(&mut self, left: SessionHandover) {
        let (from, planned) = (left.environment.clone(), left.planned.clone());
        let dropped = self.exploration.take(left);
        let to = self.exploration.environment().unwrap_or_default();
        let console = &self.shell.console;
        console.talk(&format!("now in `{to}`, which is only read until `:unlock`\n"));
        if !dropped.is_empty() {
            let names = dropped.join("`, `");
            let of = from.map_or("another account".to_owned(), |name| format!("`{name}`"));
            console.talk(&format!("dropped, since they hold handles of {of}: `{names}`\n"));
        }
        console.talk(&repl::dropped(&planned));
    }

    fn line(&mut self, line: &str) -> Result<LineResult, Stopped> {
        if line.trim().is_empty() {
            return Ok(LineResult::Done);
        }
        if self.exploration.may_keep(line) && self.editor.add_history_entry(line).unwrap_or(false) {
            // At once: a session may be ended from outside.
            let _ = self.history.as_ref().map(|path| self.editor.append_history(path));
        }
        self.all(Entry::all_of(line), 0)
    }

    /// Enters one after the other, up to the first that fails.
    fn all(&mut self, entries: Vec<Entry>, depth: usize) -> Result<LineResult, Stopped> {
        let mut entries = entries.into_iter();
        while let Some(entry) = entries.next() {
            let came = self.one(&entry, depth)?;
            if matches!(came, LineResult::Switch(_)) {
                // Of files that load one another, the inner one's come first.
                self.rest.extend(entries);
                return Ok(came);
            }
            if !matches!(came, LineResult::Done) || self.signals.ending().is_some() {
                return Ok(came);
            }
        }
        Ok(LineResult::Done)
    }

    fn one(&mut self, entry: &Entry, depth: usize) -> Result<LineResult, Stopped> {
        let (stop, meter) = self.exploration.stops();
        let before = self.exploration.happened();
        let columns = self.columns();
        self.exploration.screen().set_width(columns);
        let exploration = &mut self.exploration;
        let done = self.signals.during(&stop, &meter, || repl::obey(exploration, entry));
        let reply = if let Some(reply) = done {
            reply?
        } else {
            let exploration = &mut self.exploration;
            CommandReply::shown(self.signals.during(&stop, &meter, || exploration.enter(entry))?)
        };
        let is_command = entry.text.trim_start().starts_with(':');
        self.live.clear();
        let console = &self.shell.console;
        console.talk(&reply.talk);
        pager::print(console, &reply.data);
        if let Some(dropped) = self.exploration.resume()? {
            console.talk("interrupted\n");
            console.talk(&repl::dropped(&dropped));
        }
        if let Some(explanation) = self.exploration.explanation_of_plans().filter(|_| self.is_interactive) {
            console.talk(explanation);
        }
        if self.exploration.has_written_since(before)
            && let Some(prompt) = self.editor.helper()
        {
            prompt.forget_names();
        }
        let came = match reply.next {
            CommandEffect::GoOn => LineResult::Done,
            CommandEffect::Failed => LineResult::Failed,
            CommandEffect::Quit => LineResult::Quit,
            CommandEffect::Run(_) if depth >= LOADS_MAX => {
                self.shell.console.talk("files load one another without an end\n");
                LineResult::Failed
            }
            CommandEffect::Run(entries) => return self.all(entries, depth + 1),
            CommandEffect::Switch(name) => self.switch(name),
            CommandEffect::Save { name, path, text } => self.save(&name, &path, &text),
        };
        if is_command && matches!(came, LineResult::Failed) {
            self.exploration.note_failed_command();
        }
        Ok(came)
    }

    /// Columns of the terminal as it is now.
    fn columns(&self) -> Option<usize> {
        let console = self.shell.console.stdout_columns();
        console.map(|known| columns(std::io::stdout()).unwrap_or(known))
    }

    /// Leaves for another environment, if that can be opened.
    fn switch(&self, name: String) -> LineResult {
        let there = self.shell.with(Some(name.clone()), self.shell.globals.sets.clone());
        let reached = || -> Result<(), Stopped> {
            let selected = there.selected()?.ok_or_else(|| anyhow!("there is no project here"))?;
            // The local account is this process's already.
            if !there.is_local() {
                there.open(Some(&selected), &there.root()?)?;
            }
            Ok(())
        };
        match reached() {
            Ok(()) => LineResult::Switch(name),
            Err(Stopped::Error(error)) => {
                super::diagnostics::draw_error(&error, self.shell);
                LineResult::Failed
            }
            Err(Stopped::Told(_)) => LineResult::Failed,
        }
    }

    /// Writes a recipe; one that is there is replaced after a yes.
    fn save(&mut self, name: &str, path: &Path, text: &str) -> LineResult {
        let console = &self.shell.console;
        if files::exists(path) && !self.shell.globals.yes {
            if !self.is_interactive {
                console.talk(&format!(
                    "`{name}` exists already\nhint: another name, or begin the session with `--yes` to replace it\n"
                ));
                return LineResult::Failed;
            }
            let answer = self.editor.readline(&format!("`{name}` exists already: replace it? [y/N] "));
            if !answer.is_ok_and(|line| matches!(line.trim(), "y" | "Y" | "yes")) {
                console.talk("nothing was written\n");
                return LineResult::Done;
            }
        }
        match repl::save(path, text) {
            Ok(()) => {
                console.talk(&format!("wrote `{name}`; `larder check {}` checks it\n", word(name)));
                LineResult::Done
            }
            Err(error) => {
                console.talk(&format!("can't write `{name}`: {error}\n"));
                LineResult::Failed
            }
        }
    }
}
