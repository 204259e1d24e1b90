//! The account, clock and settings of one test: everything is in memory, and pauses take no time.

use super::report;
use super::snapshots::Snapshots;
use crate::events::{Event, Recorder, Sink, Tee};
use crate::http::Stop;
use crate::local::fault::{Fault, FaultError, NAMED};
use crate::local::{Account, AccountOptions};
use crate::op::{Failure, Guard, RunInfo};
use crate::project::did_you_mean;
use crate::report::Builder;
use crate::run::apply::apply;
use crate::run::in_memory::ScheduledFault;
use crate::run::interrupt::Interrupt;
use crate::run::job::{NoPrompt, RunJob};
use crate::run::{self, AccountConnection, Selected, Session, Workspace, exit, in_memory};
use crate::script::choice::StepChoice;
use crate::script::testing::{Bench, Counted, RunOptions, SnapshotResult, TestRunRequest};
use crate::secret::Secret;
use crate::system::{Environment, ManualClock};
use parking_lot::Mutex;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So many runs of one test are enough to end one that runs for ever.
const RUNS_MAX: usize = 100;

/// So many runs that failed are told of where a test fails.
const NOTES_MAX: usize = 3;

/// The seed of every test's clock, so that a test is the same each time.
const SEED: u64 = 1;

/// What a test works on.
pub(super) struct AccountBench {
    pub(super) test: String,
    place: Workspace,
    root: PathBuf,
    account: Arc<Account>,
    clock: Arc<ManualClock>,
    interrupt: Interrupt,
    stop: Stop,
    snapshots: Arc<Snapshots>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: Vec<ScheduledFault>,
    variables: Vec<(String, Secret)>,
    runs: usize,
    failed: Vec<String>,
}

impl State {
    /// Keeps the output of failed runs; of many, the last.
    fn note(&mut self, note: String) {
        self.failed.retain(|known| *known != note);
        self.failed.push(note);
        let more = self.failed.len().saturating_sub(NOTES_MAX);
        self.failed.drain(..more);
    }
}

impl AccountBench {
    pub(super) fn new(
        place: &Workspace,
        root: &Path,
        (interrupt, stop): (&Interrupt, &Stop),
        test: &str,
        snapshots: &Arc<Snapshots>,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(ManualClock::seeded(SEED));
        let account =
            Account::open(None, &place.services.locals(), clock.clone(), AccountOptions::default())?;
        let home = place.environment.get("HOME").map(|home| ("HOME".to_owned(), home.to_owned()));
        let options = run::WorkspaceOptions {
            is_folder_named: place.options.is_folder_named,
            local: Some(None),
            ..run::WorkspaceOptions::default()
        };
        let place = Workspace {
            options,
            environment: home.into_iter().collect(),
            command_line: Vec::new(),
            ..place.clone()
        };
        Ok(AccountBench {
            test: test.to_owned(),
            place,
            root: root.to_owned(),
            account: Arc::new(account),
            clock,
            interrupt: interrupt.clone(),
            stop: stop.clone(),
            snapshots: snapshots.clone(),
            state: Mutex::default(),
        })
    }

    /// The way to the account for what the test itself asks.
    pub(super) fn target(&self) -> anyhow::Result<AccountConnection> {
        self.reached(in_memory::transport(self.account.clone()))
    }

    fn reached(&self, network: Arc<dyn crate::http::Transport>) -> anyhow::Result<AccountConnection> {
        AccountConnection::on(&self.account, network, self.clock.clone(), &self.stop, &self.interrupt)
    }

    /// Where the test itself works.
    pub(super) fn place(&self) -> &Workspace {
        &self.place
    }

    /// The output of failed runs, for diagnosis.
    pub(super) fn failed_runs(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().failed)
    }

    /// Every run so that no file is written.
    pub(super) fn info(&self, session: &Session) -> RunInfo {
        RunInfo { writes_no_file: true, ..session.info(Guard::Open) }
    }

    /// The place of a run.
    fn of_run(&self, options: &RunOptions) -> Workspace {
        let variables = self.state.lock().variables.clone();
        let variables = variables.into_iter().map(|(name, value)| (name, value.expose().to_owned()));
        let home = self.place.environment.get("HOME").map(|home| ("HOME".to_owned(), home.to_owned()));
        let environment: Environment = home.into_iter().chain(variables).collect();
        let branch = options.branch.iter().map(|branch| format!("branch={branch}"));
        let sets = options.set.iter().map(|(key, value)| format!("{key}={}", written(value)));
        let place = self.place.with(options.env.clone(), branch.chain(sets).collect());
        Workspace { environment, ..place }
    }

    fn perform(&self, asked: &TestRunRequest) -> anyhow::Result<Json> {
        let options = &asked.options;
        let place = self.of_run(options);
        let recipe = place.chosen_recipe(Some(&asked.recipe), &self.root)?;
        let selected = selected(&place)?;
        let faults = std::mem::take(&mut self.state.lock().faults);
        let target = self.reached(in_memory::faulty(self.account.clone(), self.clock.clone(), faults))?;
        let session = Session { place: &place, selected: selected.as_ref(), root: &self.root, target };
        let info = RunInfo {
            rewrite_secrets: options.rewrite_secrets,
            allow_out_of_order: options.allow_out_of_order,
            ..self.info(&session)
        };
        let builder = Arc::new(Builder::new(session.heading(asked.mode, &recipe, &info)));
        let heard = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![builder.clone(), heard.clone()]));
        let choice = Arc::new(StepChoice::new(options.only.clone(), options.skip.clone()));
        let job = RunJob {
            mode: asked.mode,
            recipe: &recipe,
            info,
            events,
            choice,
            held: None,
            consent: &NoPrompt,
        };
        let ended = apply(&session, &job);
        self.account.heal();
        let report = builder.finish(&exit::ending_of(&ended?, false), exit::of_report);
        let said = |event: Event| if let Event::Log { message } = event { Some(message) } else { None };
        let said: Vec<String> = heard.take().into_iter().filter_map(said).collect();
        if report.exit != 0 {
            let why = report.error.as_ref().map(|error| format!(": {}", error.message)).unwrap_or_default();
            let verb = if asked.mode == crate::op::Mode::Plan { "plan" } else { "run" };
            let note = format!(
                "{verb}(\"{}\") in line {} ended with {}{why}",
                asked.recipe, asked.line, report.exit
            );
            self.state.lock().note(note);
        }
        Ok(report::map(&report, &said, &self.place.redactor))
    }
}

impl Bench for AccountBench {
    fn run(&self, asked: TestRunRequest) -> Result<Json, Failure> {
        let runs = {
            let mut state = self.state.lock();
            state.runs += 1;
            state.runs
        };
        if runs > RUNS_MAX {
            return Err(Failure::refused("test", format!("a test has at most {RUNS_MAX} runs and plans")));
        }
        self.perform(&asked).map_err(|error| refused(&error))
    }

    fn fault(&self, fault: &str, counted: Counted) -> Result<(), Failure> {
        let fault: Fault = fault.parse().map_err(unknown_fault)?;
        self.state.lock().faults.push(match counted {
            Counted::Requests => ScheduledFault::OfRequests(fault),
            Counted::Writes => ScheduledFault::OfWrites(fault),
        });
        Ok(())
    }

    fn variable(&self, name: &str, value: &Secret) {
        let mut state = self.state.lock();
        state.variables.retain(|(known, _)| known != name);
        state.variables.push((name.to_owned(), value.clone()));
    }

    fn snapshot(&self, name: &str, text: &str) -> SnapshotResult {
        self.snapshots.compare(&self.test, name, &self.place.redactor.redact(text))
    }
}

/// The environment of a run: the one that is named, or the project's only one.
fn selected(place: &Workspace) -> anyhow::Result<Option<Selected>> {
    match place.selected_or_only()? {
        Some(selected) => Ok(Some(selected)),
        None => place.selected(),
    }
}

/// A value as `--set` takes it.
fn written(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let entry =
                |(key, value): (&String, &Json)| format!("{} = {}", Json::from(key.as_str()), written(value));
            format!("{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        // JSON's notation of a text is TOML's, too.
        plain => plain.to_string(),
    }
}

/// A fault that nobody can play.
fn unknown_fault(error: FaultError) -> Failure {
    let FaultError::Kind(name) = &error else { return refused(&error.into()) };
    let near = did_you_mean(name, NAMED.iter().map(|(known, ..)| *known));
    let list = "`larder local faults` lists them";
    let hint = near.map_or_else(|| list.to_owned(), |near| format!("did you mean `{near}`? {list}"));
    Failure::refused_with_hint("test", format!("there is no fault `{name}`"), hint)
}

/// What a test asked for and can't have, with its way out.
fn refused(error: &anyhow::Error) -> Failure {
    let text = format!("{error:#}");
    match text.split_once("\nhint: ") {
        Some((message, hint)) => Failure::refused_with_hint("test", message, hint),
        None => Failure::refused("test", text),
    }
}
