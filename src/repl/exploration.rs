//! A session with an account: its entries, what they came to, and whether they may write.
//!
//! **Invariant:** it only reads until it is unlocked.

use super::screen::Screen;
use super::session::Session;
use crate::events::{Recorder, Sink, Tee};
use crate::http::Stop;
use crate::op::{Guard, Mode, Scheduler};
use crate::report::Exit;
use crate::run::reference::reference;
use crate::run::setting::surroundings;
use crate::run::{self, exit};
use crate::script::docs::Reference;
use crate::script::engine::Meter;
use crate::script::host::Bound;
use crate::script::known::Known;
use crate::script::run::Room;
use crate::script::show;
use crate::services::Services;
use crate::system::files;
use std::path::PathBuf;
use std::sync::Arc;

/// A session with an account.
pub struct Exploration<'a> {
    opened: run::Session<'a>,
    guard: Guard,
    session: Session,
    recorder: Arc<Recorder>,
    events: Arc<dyn Sink>,
    mode: Mode,
    /// How values are shown.
    screen: Screen,
    /// The worst of what entries came to.
    worst: Exit,
}

/// What is shown of an entry.
pub struct Shown {
    /// What went wrong, drawn.
    pub errors: String,
    /// What it would do, then its value.
    pub results: Vec<String>,
}

/// A protected environment is unlocked by its name.
pub struct Protected {
    /// The environment's full name.
    pub name: String,
}

impl<'a> Exploration<'a> {
    /// Begins it; `events` gets what happens.
    pub fn begin(opened: run::Session<'a>, guard: Guard, events: Arc<dyn Sink>) -> anyhow::Result<Self> {
        let recorder = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![recorder.clone(), events]));
        let context = opened.context(Mode::Plan, events.clone(), opened.info(guard.clone()))?;
        let session = Session::new(Room::new(opened.setting(context, Bound::default()), "<repl>"));
        let screen = Screen::new(opened.place.redactor.clone());
        let (mode, worst) = (Mode::Plan, exit::worst([]));
        Ok(Exploration { opened, guard, session, recorder, events, mode, screen, worst })
    }

    /// What it works with.
    pub fn opened(&self) -> &run::Session<'a> {
        &self.opened
    }

    /// What stops an entry.
    pub fn stops(&self) -> (Stop, Arc<Meter>) {
        (self.opened.target.stop.clone(), self.session.room().host.meter.clone())
    }

    /// Runs an entry.
    pub fn enter(&mut self, line: &str) -> Shown {
        let before = self.recorder.events().len();
        let entered = self.session.enter(line);
        let events = self.recorder.events();
        // What failed before anything was written is told as such.
        self.worst = exit::worst([self.worst, exit::of_script(&entered.ran, &events)]);
        let host = &self.session.room().host;
        let planned = host.shown(&show::planned(&events[before.min(events.len())..]));
        let value = entered.ran.value.as_ref().map(|value| show::shown(value, &|text| host.shown(text)));
        let (errors, mut results) = match self.screen.is_for_people() {
            true => (entered.errors, vec![planned]),
            false => (planned + entered.errors.as_str(), Vec::new()),
        };
        let shown = value.map(|value| self.screen.show(value));
        results.extend(shown.filter(|_| entered.ran.ends_in_value));
        Shown { errors, results }
    }

    /// How values are shown.
    pub fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Goes on after an entry that can be stopped no more; gives whether it was.
    pub fn resume(&mut self) -> anyhow::Result<bool> {
        let was_stopped = self.opened.target.stop.soft.is_cancelled();
        if was_stopped {
            self.opened.target.stop = Stop::default();
            self.session.room().host.meter.resume();
            self.go_on(self.mode)?;
        }
        Ok(was_stopped)
    }

    /// Writes from now on.
    pub fn unlock(&mut self, named: &str) -> anyhow::Result<Result<(), Protected>> {
        let environment = self.opened.selected.map(|selected| &selected.config.environment);
        if let Some(environment) = environment
            && environment.is_protected
            && !environment.answers_to(named)
        {
            return Ok(Err(Protected { name: environment.name.clone() }));
        }
        self.go_on(Mode::Apply).map(Ok)
    }

    /// Only reads from now on.
    pub fn lock(&mut self) -> anyhow::Result<()> {
        self.go_on(Mode::Plan)
    }

    /// A fresh run for the entries to come.
    fn go_on(&mut self, mode: Mode) -> anyhow::Result<()> {
        let info = self.opened.info(self.guard.clone());
        let context = self.opened.context(mode, self.events.clone(), info)?;
        // Nothing else sets it.
        let _ = context.surroundings.set(surroundings(self.opened.place, self.opened.selected));
        let scheduler = Scheduler::new(context, self.opened.runtime().clone());
        self.session.room().host.continue_with(scheduler);
        self.mode = mode;
        Ok(())
    }

    /// The exit of what came to an end.
    pub fn worst(&self) -> Exit {
        self.worst
    }

    /// What stands before an entry.
    pub fn label(&self) -> String {
        let name =
            self.opened.selected.map_or("larder", |selected| selected.config.environment.name.as_str());
        match self.mode {
            Mode::Plan | Mode::Destroy => format!("{name} (read-only)> "),
            Mode::Apply => format!("{name}> "),
        }
    }

    /// What an entry can call.
    pub fn callable(&self) -> (Services, Known) {
        let room = self.session.room();
        (room.services, room.known.clone())
    }

    /// What lists the names that a service has in the account.
    pub fn names(&self) -> Box<dyn Fn(&str) -> Vec<String>> {
        // The editor outlives no entry, but it wants names of its own: a session of its own that only reads.
        let recorder = Arc::new(Recorder::default());
        let info = self.opened.info(Guard::default());
        let context = self.opened.context(Mode::Plan, recorder, info);
        let room = context
            .ok()
            .map(|context| Room::new(self.opened.setting(context, Bound::default()), "<completion>"));
        Box::new(move |service: &str| room.as_ref().map(|room| room.names(service)).unwrap_or_default())
    }

    /// Everything that a recipe can be told, for people.
    pub fn reference(&self) -> Reference {
        reference(self.opened.place.services)
    }

    /// The variables as they are.
    pub fn values(&self) -> Vec<(String, rhai::Dynamic)> {
        self.session.variables()
    }

    /// The variables, each with its value on one line.
    pub fn variables(&self) -> Vec<(String, String)> {
        let host = &self.session.room().host;
        let shown = |value: &rhai::Dynamic| show::shown(value, &|text| host.shown(text));
        let line = |(name, value): &(String, _)| (name.clone(), self.screen.line(name, &shown(value)));
        self.session.variables().iter().map(line).collect()
    }

    /// Whether an entry may be written down: one that holds a secret is not.
    pub fn may_keep(&self, line: &str) -> bool {
        !line.contains("secret::") && self.opened.place.redactor.redact(line) == line
    }

    /// Where entries are written down.
    pub fn history(&self) -> Option<PathBuf> {
        let folder = self.opened.root.join(".larder");
        if files::is_link(&folder) {
            return None;
        }
        files::make_private_folder(&folder).ok()?;
        let ignore = folder.join(".gitignore");
        if !files::exists(&ignore) {
            files::write_whole(&ignore, b"*\n").ok()?;
        }
        let path = folder.join("history");
        // A pipe would be waited for.
        (!files::exists(&path) || files::is_regular_file(&path)).then_some(path)
    }
}
