//! A session with an account: its entries, their results, and whether they may write.
//!
//! **Invariant:** it only reads until it is unlocked.

use super::carried_session::CarriedSession;
use super::entry::Entry;
use super::screen::Screen;
use super::session::{SOURCE, Session};
use crate::events::{Event, Recorder, RequestDone, Sink, Tee};
use crate::http::Stop;
use crate::op::{Context, Guard, Mode, RefusalBasis, Scheduler, Value};
use crate::report::{Exit, LiveView};
use crate::run::reference::reference;
use crate::run::runtime_settings::run_environment;
use crate::run::{self, exit};
use crate::script::convert::value_of;
use crate::script::docs::Reference;
use crate::script::engine::Meter;
use crate::script::host::Bound;
use crate::script::run::ScriptRuntime;
use crate::script::show;
use crate::system::files;
use std::path::PathBuf;
use std::sync::Arc;

/// A session with an account.
pub struct Exploration<'a> {
    opened: run::Session<'a>,
    guard: Guard,
    session: Session,
    recorder: Arc<Recorder>,
    live: Arc<LiveView>,
    events: Arc<dyn Sink>,
    mode: Mode,
    /// How values are shown.
    screen: Screen,
    /// The worst of what entries came to.
    worst: Exit,
    /// What ops came to before the session came to this environment.
    earlier: Vec<Event>,
    /// Whether a person was told that what is planned counts for later entries.
    has_explained_plans: bool,
}

/// The state that a session passes to the next one.
pub struct SessionHandover {
    /// The environment in which it was.
    pub environment: Option<String>,
    /// Variables that are not taken along, since they hold what was only planned.
    pub planned: Vec<String>,
    carried: CarriedSession,
    worst: Exit,
    events: Vec<Event>,
}

/// What is shown of an entry.
pub struct EntryOutput {
    /// What went wrong, drawn.
    pub errors: String,
    /// What it would do, then its value.
    pub results: Vec<String>,
    pub failed: bool,
}

/// What requests an entry took.
pub struct Requests {
    /// Those that can't change the account.
    pub reads: usize,
    pub writes: usize,
}

/// Why a session stays locked.
pub enum UnlockRefusal {
    /// A protected environment is unlocked by its full name.
    Protected {
        name: String,
        /// What was given in its place.
        given: String,
    },
    /// Another environment was named.
    Elsewhere {
        /// The one of the session.
        name: Option<String>,
    },
    /// The project has environments, and the session is in none.
    NotChosen,
}

impl<'a> Exploration<'a> {
    /// Begins it; `live` shows what happens.
    pub fn begin(opened: run::Session<'a>, guard: Guard, live: Arc<LiveView>) -> anyhow::Result<Self> {
        let recorder = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![recorder.clone(), live.clone()]));
        let context = opened.context(Mode::Plan, events.clone(), opened.info(Guard::Open))?;
        let session = Session::new(ScriptRuntime::new(opened.setting(context, Bound::default()), SOURCE));
        let screen = Screen::new(opened.place.redactor.clone());
        let (mode, worst, earlier) = (Mode::Plan, exit::worst([]), Vec::new());
        let has_explained_plans = false;
        Ok(Exploration {
            opened,
            guard,
            session,
            recorder,
            live,
            events,
            mode,
            screen,
            worst,
            earlier,
            has_explained_plans,
        })
    }

    /// What it works with.
    pub fn opened(&self) -> &run::Session<'a> {
        &self.opened
    }

    /// What stops an entry.
    pub fn stops(&self) -> (Stop, Arc<Meter>) {
        (self.opened.target.stop.clone(), self.session.room().host.meter.clone())
    }

    pub fn enter(&mut self, entry: &Entry) -> anyhow::Result<EntryOutput> {
        // What others have changed meanwhile is seen; what is planned lies over what was read before.
        if !self.has_plans() {
            self.begin_run(self.mode)?;
        }
        let before = self.recorder.events().len();
        let entered = self.session.enter(entry);
        let events = self.recorder.events();
        // What failed before anything was written is told as such.
        let all = [self.earlier.as_slice(), &events].concat();
        let exit = exit::of_script(&entered.ran, &all);
        self.worst = exit::worst([self.worst, exit]);
        let host = &self.session.room().host;
        let own = &events[before.min(events.len())..];
        let planned = host.shown(&show::planned(own));
        let failed = entered.ran.refused || !entered.ran.diagnostics.is_empty();
        let value = entered.ran.value.as_ref().map(|value| show::shown(value, &|text| host.shown(text)));
        let is_marker = entered.ran.ends_in_value && value.as_ref().is_some_and(Value::is_marker);
        let mut errors = entered.errors + self.written(own, failed || is_marker).as_str();
        if entered.ran.incomplete && self.has_plans() {
            errors.push_str("hint: `:lock` drops what was planned so far, `:unlock` writes\n");
        }
        let (errors, mut results) = if self.screen.is_for_people() {
            (errors, vec![planned])
        } else {
            (planned + errors.as_str(), Vec::new())
        };
        let shown = value.map(|value| self.screen.show(value));
        results.extend(shown.filter(|_| entered.ran.ends_in_value));
        Ok(EntryOutput { errors, results, failed })
    }

    /// Whether the session is locked and earlier entries would have done something.
    fn has_plans(&self) -> bool {
        self.mode != Mode::Apply && self.session.room().host.scheduler().would_do_anything()
    }

    /// That what was planned counts for later entries, the first time that something is.
    pub fn explanation_of_plans(&mut self) -> Option<&'static str> {
        let is_first = !self.has_explained_plans && self.has_plans();
        self.has_explained_plans |= is_first;
        is_first.then_some("later entries see this as done; `:lock` begins anew\n")
    }

    /// What was written, one line each: to a protected environment always, else where an entry has failed after it or gives nothing else.
    fn written(&self, events: &[Event], is_told: bool) -> String {
        if self.protected().is_none() && !is_told {
            return String::new();
        }
        let prefix = self.environment().map(|name| format!("{name}: ")).unwrap_or_default();
        let written = show::written(events);
        written.lines().flat_map(|line| [prefix.as_str(), line, "\n"]).collect()
    }

    /// What an entry would do, whether the session is locked or not; nothing of it is kept.
    pub fn plan(&mut self, entry: &Entry) -> anyhow::Result<EntryOutput> {
        let before = self.recorder.events().len();
        let entered = self.session.try_out(entry, self.scheduler(Mode::Plan)?);
        let events = self.recorder.events();
        let host = &self.session.room().host;
        let planned = host.shown(&show::planned(&events[before.min(events.len())..]));
        let failed = entered.ran.refused || !entered.ran.diagnostics.is_empty();
        let nothing = if failed || !planned.is_empty() { "" } else { "nothing would be done\n" };
        Ok(EntryOutput { errors: entered.errors, results: vec![planned, nothing.to_owned()], failed })
    }

    /// What an entry gives, in words; the error is drawn. It is played as a plan, and nothing of it is kept.
    pub fn type_of(&mut self, entry: &Entry) -> anyhow::Result<Result<String, String>> {
        let scheduler = Scheduler::new(self.silent_context()?, self.opened.runtime().clone());
        let entered = self.session.try_out(entry, scheduler);
        Ok(match entered.ran.value {
            Some(value) => Ok(in_words(&value_of(&value))),
            None => Err(entered.errors),
        })
    }

    /// How many requests were sent so far.
    pub fn requests(&self) -> Requests {
        let events = self.recorder.events();
        let of = |is_write: bool| {
            let counted = |event: &&Event| matches!(event, Event::Request(RequestDone { write, .. }) if *write == is_write);
            events.iter().filter(counted).count()
        };
        Requests { reads: of(false), writes: of(true) }
    }

    /// Whether a line is shown for each request from now on; gives whether one was before.
    pub fn show_requests(&self, is_wanted: bool) -> bool {
        self.live.show_requests(is_wanted)
    }

    /// Whether an entry since then has written, or may have.
    pub fn has_written_since(&self, events: usize) -> bool {
        let wrote = |event: &Event| matches!(event, Event::Request(RequestDone { write: true, .. }));
        self.recorder.events().iter().skip(events).any(wrote)
    }

    /// How many things have happened so far.
    pub fn happened(&self) -> usize {
        self.recorder.events().len()
    }

    /// How values are shown.
    pub fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// The columns of the terminal, if there is one.
    pub fn width(&self) -> Option<usize> {
        self.screen.width()
    }

    /// Goes on after an entry that can be stopped no more; where it was, gives the variables that are dropped, since they
    /// hold what was only planned.
    pub fn resume(&mut self) -> anyhow::Result<Option<Vec<String>>> {
        if !self.opened.target.stop.soft.is_cancelled() {
            return Ok(None);
        }
        self.opened.target.stop = Stop::default();
        self.session.room().host.meter.resume();
        self.go_on(self.mode).map(Some)
    }

    /// Writes from now on; gives the variables that are dropped, since they hold what was only planned.
    pub fn unlock(&mut self, named: &str) -> anyhow::Result<Result<Vec<String>, UnlockRefusal>> {
        let environment = self.opened.selected.map(|selected| &selected.config.environment);
        match environment {
            Some(one) if one.is_protected && one.name != named => {
                return Ok(Err(UnlockRefusal::Protected { name: one.name.clone(), given: named.to_owned() }));
            }
            Some(one) if !named.is_empty() && !one.answers_to(named) => {
                return Ok(Err(UnlockRefusal::Elsewhere { name: Some(one.name.clone()) }));
            }
            None if self.has_environments() => return Ok(Err(UnlockRefusal::NotChosen)),
            None if !named.is_empty() => return Ok(Err(UnlockRefusal::Elsewhere { name: None })),
            _ => {}
        }
        self.go_on(Mode::Apply).map(Ok)
    }

    /// Only reads from now on; gives the variables that are dropped, since they hold what was only planned.
    pub fn lock(&mut self) -> anyhow::Result<Vec<String>> {
        self.go_on(Mode::Plan)
    }

    /// A fresh run for the entries to come, in which nothing is planned yet.
    fn go_on(&mut self, mode: Mode) -> anyhow::Result<Vec<String>> {
        let dropped = self.session.drop_planned();
        self.begin_run(mode)?;
        Ok(dropped)
    }

    /// A run that has read nothing yet.
    fn begin_run(&mut self, mode: Mode) -> anyhow::Result<()> {
        let scheduler = self.scheduler(mode)?;
        self.session.room().host.continue_with(scheduler);
        self.mode = mode;
        Ok(())
    }

    fn scheduler(&self, mode: Mode) -> anyhow::Result<Arc<Scheduler>> {
        let info = self.opened.info(self.guard_of(mode));
        let context = self.opened.context(mode, self.events.clone(), info)?;
        // Nothing else sets it.
        let _ = context.run_environment.set(run_environment(self.opened.place, self.opened.selected));
        Ok(Scheduler::new(context, self.opened.runtime().clone()))
    }

    /// What only reads loses nothing, and whoever writes to a protected environment has typed its full name (`unlock`).
    fn guard_of(&self, mode: Mode) -> Guard {
        match (mode, &self.guard) {
            (Mode::Apply, Guard::Closed { .. }) => Guard::Confirmed,
            (Mode::Apply, guard) => guard.clone(),
            (Mode::Plan | Mode::Destroy, _) => Guard::Open,
        }
    }

    /// What the session leaves to one that goes on elsewhere.
    pub fn leave(mut self) -> SessionHandover {
        let planned = self.session.drop_planned();
        let environment = self.environment().map(str::to_owned);
        let mut events = self.earlier;
        let is_end = |event: &Event| matches!(event, Event::OpFinished(_));
        events.extend(self.recorder.take().into_iter().filter(is_end));
        SessionHandover { environment, planned, carried: self.session.carried(), worst: self.worst, events }
    }

    /// Goes on with what another one has left; gives the names of variables that are not taken, since they hold handles of
    /// another environment.
    pub fn take(&mut self, left: SessionHandover) -> Vec<String> {
        let is_same = left.environment.as_deref() == self.environment();
        (self.worst, self.earlier) = (left.worst, left.events);
        self.session.take(left.carried, is_same)
    }

    /// Notes that a command could not be done, which who reads a pipe's end is told as a mistake in its use.
    pub fn note_failed_command(&mut self) {
        self.worst = exit::worst([self.worst, exit::of_refusal(RefusalBasis::Config)]);
    }

    /// Notes that an entry asked to end the session as failed.
    pub fn note_end(&mut self) {
        self.worst = exit::worst([self.worst, exit::of_refusal(RefusalBasis::Account)]);
    }

    /// The exit of what came to an end.
    pub fn worst(&self) -> Exit {
        self.worst
    }

    /// What stands before an entry.
    pub fn label(&self) -> String {
        let name = self.environment().unwrap_or("larder");
        match self.mode {
            Mode::Plan | Mode::Destroy => format!("{name} (read-only)> "),
            Mode::Apply if self.protected().is_some() => format!("{name} (writes)> "),
            Mode::Apply => format!("{name}> "),
        }
    }

    /// The full name of its environment.
    pub fn environment(&self) -> Option<&str> {
        self.opened.selected.map(|selected| selected.config.environment.name.as_str())
    }

    /// The same where it is protected.
    pub fn protected(&self) -> Option<&str> {
        let environment = self.opened.selected.map(|selected| &selected.config.environment);
        environment.filter(|one| one.is_protected).map(|one| one.name.as_str())
    }

    /// Every environment of the project.
    pub fn environments(&self) -> Vec<String> {
        match self.opened.selected {
            Some(selected) => selected.environments.iter().map(|one| one.name.clone()).collect(),
            None => self.opened.place.environment_names(),
        }
    }

    /// Whether the project has any.
    fn has_environments(&self) -> bool {
        !self.environments().is_empty()
    }

    /// The entries so far, and what they left.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A context that only reads and says nothing.
    pub fn silent_context(&self) -> anyhow::Result<Arc<Context>> {
        let info = self.opened.info(self.guard_of(Mode::Plan));
        let context = self.opened.context(Mode::Plan, Arc::new(Tee(Vec::new())), info)?;
        let _ = context.run_environment.set(run_environment(self.opened.place, self.opened.selected));
        Ok(context)
    }

    /// Everything that a recipe can be told, for people.
    pub fn reference(&self) -> Reference {
        reference(self.opened.place.services)
    }

    /// The variables, each with its value on one line.
    pub fn variables(&self) -> Vec<(String, String)> {
        let host = &self.session.room().host;
        let shown = |value: &rhai::Dynamic| show::shown(value, &|text| host.shown(text));
        let line = |(name, value): &(String, _)| (name.clone(), self.screen.line(name, &shown(value)));
        self.session.variables().iter().map(line).collect()
    }

    /// Whether an entry may be written down: one that holds a secret is not, nor is the name that unlocks, which is typed each
    /// time.
    pub fn may_keep(&self, line: &str) -> bool {
        let unlocks = |line: &str| line.trim_start().starts_with(":unlock ");
        !line.contains("secret::") && !line.lines().any(unlocks) && !self.holds_secret(line)
    }

    /// Whether a secret that is known stands in a text.
    pub fn holds_secret(&self, text: &str) -> bool {
        self.opened.place.redactor.redact(text) != text
    }

    /// Where entries are written down; outside of a project nowhere.
    pub fn history(&self) -> Option<PathBuf> {
        if self.opened.selected.is_none() && self.opened.place.project_folder().is_none() {
            return None;
        }
        let folder = self.opened.root.join(".larder");
        if files::is_link(&folder) {
            return None;
        }
        files::make_ignored_folder(&folder).ok()?;
        let path = folder.join("history");
        // A pipe would be waited for.
        (!files::exists(&path) || files::is_regular_file(&path)).then_some(path)
    }
}

/// What a value is: `list of 3 maps`, `handle of a KvNamespace`.
fn in_words(value: &Value) -> String {
    let counted = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    match value {
        Value::Handle(pending) => format!("handle of a {}", pending.kind),
        Value::Map(map) => format!("map of {}", counted(map.len(), "key", "keys")),
        Value::List(items) if items.is_empty() => "empty list".to_owned(),
        Value::List(items) => {
            let kind = |item: &Value| match item {
                Value::Handle(pending) => (pending.kind.to_owned(), format!("{}s", pending.kind)),
                other => (other.type_name().to_owned(), format!("{}s", other.type_name())),
            };
            let (one, many) = kind(&items[0]);
            if items.iter().all(|item| kind(item).0 == one) {
                format!("list of {}", counted(items.len(), &one, &many))
            } else {
                format!("list of {}", counted(items.len(), "value", "values"))
            }
        }
        Value::Unit => "()".to_owned(),
        Value::Secret(_) => "secret".to_owned(),
        other => other.type_name().to_owned(),
    }
}
