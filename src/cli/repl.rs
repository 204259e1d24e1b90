//! `repl`: a session with an account.

use super::Stopped;
use super::confirm::Confirm;
use super::repl_signals::SessionSignals;
use super::shell::Shell;
use crate::events::{Recorder, Sink, Tee};
use crate::http::Stop;
use crate::op::{Guard, Mode, Scheduler};
use crate::repl::{COMMANDS, Command, Prompt, Session};
use crate::report::{Exit, Live, Signal};
use crate::run;
use crate::run::exit;
use crate::run::setting::surroundings;
use crate::script::engine::run_on_big_stack;
use crate::script::host::Bound;
use crate::script::run::Room;
use crate::script::{docs, show};
use crate::services;
use crate::system::files;
use anyhow::{Context as _, anyhow};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use std::io::IsTerminal;
use std::path::PathBuf;
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
        let chosen = shell.options.env.is_some() || shell.environment.get("LARDER_ENV").is_some();
        let selected = if chosen { shell.selected()? } else { None };
        let guard = self.confirm.guard(selected.as_ref())?;
        let opened = shell.open(selected.as_ref(), &root)?.without_deadline();
        let ended = run_on_big_stack(|| Talk::begin(shell, opened, guard)?.run());
        ended.unwrap_or_else(|panic| Err(anyhow!(panic).into()))
    }
}

/// A session, and what it is shown through.
struct Talk<'a> {
    shell: &'a Shell,
    opened: run::Session<'a>,
    guard: Guard,
    session: Session,
    recorder: Arc<Recorder>,
    events: Arc<dyn Sink>,
    live: Arc<Live>,
    mode: Mode,
    /// The worst of what entries came to.
    worst: Exit,
}

impl<'a> Talk<'a> {
    fn begin(shell: &'a Shell, opened: run::Session<'a>, guard: Guard) -> Result<Self, Stopped> {
        let recorder = Arc::new(Recorder::default());
        let live = Arc::new(Live::new(shell.console.clone(), shell.globals.verbosity()));
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![recorder.clone(), live.clone()]));
        let context = opened.context(Mode::Plan, events.clone(), opened.info(guard.clone()))?;
        let session = Session::new(Room::new(opened.setting(context, Bound::default()), "<repl>"));
        let (mode, worst) = (Mode::Plan, exit::worst([]));
        Ok(Talk { shell, opened, guard, session, recorder, events, live, mode, worst })
    }

    fn run(mut self) -> Result<Exit, Stopped> {
        let is_interactive = std::io::stdin().is_terminal();
        let runtime = self.opened.runtime();
        let signals = SessionSignals::listen(runtime, self.shell.console.clone(), is_interactive)
            .context("can't listen for signals")?;
        let config = Config::builder().auto_add_history(false).build();
        let mut editor =
            Editor::<Prompt, FileHistory>::with_config(config).context("can't start the line editor")?;
        editor.set_helper(Some(self.prompt()));
        let history = self.history();
        if let Some(path) = &history {
            let _ = editor.load_history(path);
        }
        if is_interactive {
            self.shell.console.talk("only reads until `:unlock`; `:help` lists commands, Ctrl-D ends\n");
        }
        loop {
            let label = self.label();
            match editor.readline(&label) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    if self.may_keep(&line) && editor.add_history_entry(line.as_str()).unwrap_or(false) {
                        // At once: a session may be ended from outside.
                        let _ = history.as_ref().map(|path| editor.append_history(path));
                    }
                    match Command::read(&line) {
                        Some(Command::Quit) => break,
                        Some(command) => self.obey(command)?,
                        None => self.enter(&line, &signals)?,
                    }
                    if let Some(signal) = signals.ending() {
                        return Ok(exit::of_session(self.worst, is_interactive, Some(signal)));
                    }
                    if self.shell.console.stdout_failure().is_some() {
                        let signal = Some(Signal::Terminate);
                        return Ok(exit::of_session(self.worst, is_interactive, signal));
                    }
                    if let Some(prompt) = editor.helper() {
                        prompt.note(&self.session.variables());
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
        Ok(exit::of_session(self.worst, is_interactive, None))
    }

    fn prompt(&self) -> Prompt {
        // The editor outlives no entry, but it wants names of its own: a session of its own that only reads.
        let recorder = Arc::new(Recorder::default());
        let info = self.opened.info(Guard::default());
        let context = self.opened.context(Mode::Plan, recorder, info);
        let room = context
            .ok()
            .map(|context| Room::new(self.opened.setting(context, Bound::default()), "<completion>"));
        let names = move |service: &str| room.as_ref().map(|room| room.names(service)).unwrap_or_default();
        Prompt::new(self.session.room().known.clone(), Box::new(names))
    }

    fn label(&self) -> String {
        let name =
            self.opened.selected.map_or("larder", |selected| selected.config.environment.name.as_str());
        match self.mode {
            Mode::Plan | Mode::Destroy => format!("{name} (read-only)> "),
            Mode::Apply => format!("{name}> "),
        }
    }

    /// Entries that hold a secret are not written down.
    fn may_keep(&self, line: &str) -> bool {
        !line.contains("secret::") && self.shell.redactor.redact(line) == line
    }

    fn history(&self) -> Option<PathBuf> {
        let folder = self.opened.root.join(".larder");
        files::make_private_folder(&folder).ok()?;
        let ignore = folder.join(".gitignore");
        if !files::exists(&ignore) {
            files::write_whole(&ignore, b"*\n").ok()?;
        }
        Some(folder.join("history"))
    }

    fn enter(&mut self, line: &str, signals: &SessionSignals) -> Result<(), Stopped> {
        let before = self.recorder.events().len();
        let meter = self.session.room().host.meter.clone();
        let entered = signals.during(&self.opened.target.stop, &meter, || self.session.enter(line));
        self.live.clear();
        let events = self.recorder.events();
        // What failed before anything was written is told as such.
        self.worst = self.worst.combine(exit::of_script(&entered.ran, &events));
        let host = &self.session.room().host;
        self.shell.console.talk(&entered.errors);
        self.shell.console.data(&host.shown(&show::planned(&events[before.min(events.len())..])));
        // As elsewhere, a semicolon at the end keeps the value to itself.
        if let Some(value) = entered.ran.value.as_ref().filter(|_| !line.trim_end().ends_with(';')) {
            self.shell.console.data(&host.shown(&show::value(value)));
        }
        if self.opened.target.stop.soft.is_cancelled() {
            self.shell.console.talk("interrupted\n");
            self.opened.target.stop = Stop::default();
            host.meter.resume();
            self.go_on(self.mode)?;
        }
        Ok(())
    }

    /// A fresh run for the entries to come.
    fn go_on(&mut self, mode: Mode) -> Result<(), Stopped> {
        let info = self.opened.info(self.guard.clone());
        let context = self.opened.context(mode, self.events.clone(), info)?;
        // Nothing else sets it.
        let _ = context.surroundings.set(surroundings(self.shell, self.opened.selected));
        let scheduler = Scheduler::new(context, self.opened.runtime().clone());
        self.session.room().host.continue_with(scheduler);
        self.mode = mode;
        Ok(())
    }

    fn obey(&mut self, command: Command) -> Result<(), Stopped> {
        let console = &self.shell.console;
        match command {
            Command::Help => {
                for (command, meaning) in COMMANDS {
                    console.data(&format!("{command:<12} {meaning}\n"));
                }
            }
            Command::Doc(name) if name.is_empty() => console.data(&docs::overview(services::ops())),
            Command::Doc(name) => match docs::page(&name, services::ops()) {
                Ok(page) => console.data(&page),
                Err(hint) => console.talk(&format!("nothing is called `{name}`\nhint: {hint}\n")),
            },
            Command::Vars => {
                for (name, value) in self.session.variables() {
                    let shown = show::value(&value);
                    let first = shown.lines().next().unwrap_or_default();
                    console.data(&format!("{name}: {}\n", self.session.room().host.shown(first)));
                }
            }
            Command::Unlock(named) => {
                let guarded =
                    self.opened.selected.filter(|selected| selected.config.environment.is_protected);
                match guarded.map(|selected| &selected.config.environment) {
                    Some(environment) if !environment.answers_to(&named) => {
                        console.talk(&format!("`{0}` is protected\nhint: `:unlock {0}`\n", environment.name));
                    }
                    _ => self.go_on(Mode::Apply)?,
                }
            }
            Command::Lock => self.go_on(Mode::Plan)?,
            Command::Unknown(line) => {
                console.talk(&format!("unknown command `{line}`\nhint: `:help` lists them\n"));
            }
            Command::Quit => {}
        }
        Ok(())
    }
}
