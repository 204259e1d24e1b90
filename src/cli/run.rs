//! `run` and `plan`: the same recipe, over a transport that writes or one that does not.

use super::Stopped;
use super::bindings::{self, Agreed, Bound, Look};
use super::place::{self, Place, Selected};
use super::stage::Stage;
use super::target::{Target, run_info};
use crate::events::{Action, Event, Recorder, Status};
use crate::http::Stop;
use crate::op::{Mode, RunInfo};
use crate::report::{self, Exit, Heading, Signal};
use crate::script::diagnostics::Sources;
use crate::script::engine::{Meter, run_on_big_stack};
use crate::script::host::Facts;
use crate::script::naming::Naming;
use crate::script::run::{Ran, Recipe, Room, Setting};
use crate::services::{self, SERVICES};
use crate::system::signals::{Ask, Signals};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// After a signal a run has this long: a CI runner kills at 10 s (design 6).
const LAST_WORDS_MAX: Duration = Duration::from_secs(7);

/// Make the account what a recipe says
///
/// Runs the recipe against the account of the chosen environment: what is missing is created, what differs is
/// updated, what can't be changed is refused. Running it again writes nothing.
///
/// Examples:
///   larder run -e development
///   larder run -e development --local
///   larder run recipes/custom.rhai -e staging --report report.json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Run {
    /// A recipe of the project or a bundled one, by name or path
    #[arg(default_value = "provision")]
    recipe: String,
    /// Send write-only fields although nothing else differs
    #[arg(long)]
    rewrite_secrets: bool,
}

/// Show what `run` would do, without doing it
///
/// Examples:
///   larder plan -e production
///   larder plan -e production --exit-code   # 3 when there are differences
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Plan {
    /// A recipe of the project or a bundled one, by name or path
    #[arg(default_value = "provision")]
    recipe: String,
    /// End with 3 when something would be done
    #[arg(long)]
    exit_code: bool,
}

impl Run {
    /// Runs it.
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        let job = Job { mode: Mode::Apply, rewrite_secrets: self.rewrite_secrets, count_differences: false };
        job.run(place, &self.recipe)
    }
}

impl Plan {
    /// Runs it.
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        let job = Job { mode: Mode::Plan, rewrite_secrets: false, count_differences: self.exit_code };
        job.run(place, &self.recipe)
    }
}

struct Job {
    mode: Mode,
    rewrite_secrets: bool,
    count_differences: bool,
}

impl Job {
    fn run(&self, place: &Place, recipe: &str) -> Result<Exit, Stopped> {
        let project = place.project()?;
        let root = project.as_ref().map_or_else(|| place.folder.clone(), |file| file.folder.clone());
        let selected = place.selected()?;
        let recipe = place.recipe(recipe, &root)?;
        let target = Target::open(place, selected.as_ref(), &root)?;
        let info = RunInfo { rewrite_secrets: self.rewrite_secrets, ..run_info(target.clock.as_ref()) };
        let heading = heading(self.mode, &recipe, selected.as_ref(), &target, &info);
        if let Some(selected) = &selected {
            self.confirm(place, selected)?;
        }
        let stage = Stage::set(place, heading)?;
        let mut agreed = Agreed::default();
        if let Some(selected) = &selected {
            let events = stage.events.clone();
            let look = Look { place, selected, target: &target, recipe: &recipe, info: &info, events };
            match bindings::preflight(&look)? {
                Ok(found) => agreed = found,
                Err(problem) => return Ok(stage.refuse(problem)),
            }
        }
        let context = target.context(self.mode, stage.events.clone(), &root, info)?;
        if let Some(looked) = &agreed.looked {
            for service in SERVICES {
                (service.carry)(looked, &context);
            }
        }
        let setting = setting(place, selected.as_ref(), context, &target, &root, agreed.bound);
        let performed = perform(&target, setting, &recipe);
        Ok(stage.end(&performed, self.count_differences))
    }

    /// A protected environment is written to only after a yes, where there is somebody to ask.
    fn confirm(&self, place: &Place, selected: &Selected) -> Result<(), Stopped> {
        let environment = &selected.config.environment;
        let asks = self.mode == Mode::Apply
            && environment.is_protected
            && !place.globals.yes
            && place.globals.local.is_none()
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal();
        if !asks {
            return Ok(());
        }
        place.console.talk(&format!("`{}` is protected: apply to it? [y/N] ", environment.name));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        place.console.talk("nothing was done\n");
        Err(Stopped::Told(Exit::Failed))
    }
}

fn heading(
    mode: Mode,
    recipe: &Recipe,
    selected: Option<&Selected>,
    target: &Target,
    info: &RunInfo,
) -> Heading {
    Heading {
        larder: info.version.to_owned(),
        run: info.id.clone(),
        mode: match mode {
            Mode::Apply => report::Mode::Apply,
            Mode::Plan => report::Mode::Plan,
        },
        recipe: Some(short_name(&recipe.name)),
        env: selected.map(|selected| selected.config.environment.name.clone()),
        account: Some(target.account.clone()),
        started_at: target.clock.now(),
    }
}

/// `provision` for the bundled one and for `recipes/provision.rhai`.
fn short_name(name: &str) -> String {
    let stem = name.strip_prefix("bundled/").or_else(|| name.strip_prefix("recipes/")).unwrap_or(name);
    stem.strip_suffix(".rhai").unwrap_or(stem).to_owned()
}

/// What a recipe may know and reach.
pub fn setting(
    place: &Place,
    selected: Option<&Selected>,
    context: Arc<crate::op::Context>,
    target: &Target,
    root: &Path,
    bound: Bound,
) -> Setting {
    let (facts, naming) = match selected {
        None => (nowhere(), Naming::identity()),
        Some(selected) => (Facts { bound, ..facts(place, selected) }, naming(selected)),
    };
    Setting {
        context,
        runtime: target.runtime.handle().clone(),
        facts,
        naming,
        redactor: place.redactor.clone(),
        folder: Some(root.to_owned()),
        sources: Sources::default(),
        ops: || Box::new(services::ops()),
    }
}

/// Facts where there is no project: `config::` has every service's table, empty.
fn nowhere() -> Facts {
    let config = place::empty_config();
    let env = serde_json::json!({ "name": "", "alias": "", "is_protected": false });
    Facts { config, env, ..Facts::default() }
}

fn facts(place: &Place, selected: &Selected) -> Facts {
    let mut config = selected.config.to_json();
    if selected.config.steps.is_empty() {
        config.insert("steps".into(), place::all_steps());
    }
    let environment = &selected.config.environment;
    Facts {
        config: serde_json::Value::Object(config),
        env: serde_json::json!({
            "name": environment.name,
            "alias": environment.alias,
            "is_protected": environment.is_protected,
        }),
        readable: selected.config.process_env.iter().cloned().collect(),
        environment: place.environment.clone(),
        ..Facts::default()
    }
}

fn naming(selected: &Selected) -> Naming {
    let policy = selected.policy.clone();
    let template = move |kind: &str, logical: &str, environment: &crate::project::EnvNames| {
        policy.name(kind, logical, environment).map_err(|error| error.to_string())
    };
    let current = &selected.config.environment.name;
    Naming::new(selected.environments.clone(), current, Box::new(template))
}

/// What became of a recipe, and what its diagnostics quote.
pub struct Performed {
    /// How it ended.
    pub ran: Ran,
    /// The texts.
    pub sources: Sources,
    /// The signal that ended it.
    pub signal: Option<Signal>,
    /// A bug in Larder.
    pub bug: Option<String>,
}

/// Runs a recipe on the script thread, with signals listened to.
pub fn perform(target: &Target, setting: Setting, recipe: &Recipe) -> Performed {
    let asked = Arc::new(AtomicU8::new(0));
    let sources = setting.sources.clone();
    let ran = run_on_big_stack(|| {
        let room = Room::new(setting, &recipe.name);
        let listening = listen(target.stop.clone(), room.host.meter.clone(), asked.clone());
        let listening = target.runtime.spawn(listening);
        let ran = room.run(recipe, SERVICES);
        listening.abort();
        ran
    });
    let signal = match asked.load(Ordering::SeqCst) {
        0 => None,
        INTERRUPT => Some(Signal::Interrupt),
        _ => Some(Signal::Terminate),
    };
    match ran {
        Ok(ran) => Performed { ran, sources, signal, bug: None },
        Err(panic) => Performed { ran: Ran::default(), sources, signal, bug: Some(panic.to_string()) },
    }
}

const INTERRUPT: u8 = 1;
const TERMINATE: u8 = 2;

/// The first signal begins nothing new; the second, or the end of the last words, gives up what is under way.
async fn listen(stop: Stop, meter: Arc<Meter>, asked: Arc<AtomicU8>) {
    let Ok(mut signals) = Signals::listen() else { return };
    let code = match signals.next().await {
        Ask::Interrupt => INTERRUPT,
        Ask::Terminate => TERMINATE,
    };
    asked.store(code, Ordering::SeqCst);
    stop.soft.cancel();
    meter.cancel();
    tokio::select! {
        _ = signals.next() => {}
        () = tokio::time::sleep(LAST_WORDS_MAX) => {}
    }
    stop.hard.cancel();
}

/// A room that can check and can't reach anything.
pub fn offline_room(place: &Place, root: &Path, recipe: &Recipe) -> Result<Room, Stopped> {
    let target = Target::offline()?;
    let info = run_info(target.clock.as_ref());
    let context = target.context(Mode::Plan, Arc::new(Recorder::default()), root, info)?;
    let setting = setting(place, None, context, &target, root, Bound::default());
    Ok(Room::new(setting, &recipe.name))
}

/// The exit of a script that has no report.
pub fn exit_of(performed: &Performed, events: &[Event]) -> Exit {
    let finished = |status: Status| {
        events.iter().any(|event| matches!(event, Event::OpFinished(done) if done.status == status))
    };
    let changed = events.iter().any(|event| {
        matches!(event, Event::OpFinished(done) if done.status == Status::Done && done.action != Action::None)
    });
    match performed {
        Performed { bug: Some(_), .. } => Exit::Bug,
        _ if finished(Status::Unknown) => Exit::Unknown,
        Performed { signal: Some(signal), .. } => Exit::Interrupted(*signal),
        Performed { ran, .. } if ran.refused => Exit::Usage,
        Performed { ran, .. } if ran.diagnostics.is_empty() => Exit::Done,
        _ if changed => Exit::FailedAfterChanges,
        _ => Exit::Failed,
    }
}
