//! `run` and `plan`: the same recipe, over a transport that writes or one that does not.

use super::Stopped;
use super::bindings::{self, Agreed, Asked, Look};
use super::confirm::Confirm;
use super::held;
use super::migration_folders;
use super::partial::{self, Rehearsal, Steps};
use super::question::{self, Heard};
use super::shell::Shell;
use super::stage::Stage;
use crate::events::{Recorder, Sink, Tee};
use crate::op::{Guard, Mode, RunInfo};
use crate::report::{self, Basis, Exit, Heading, Input};
use crate::run::Performed;
use crate::run::exit::{self, Ground};
use crate::run::setting::setting;
use crate::run::target::run_info;
use crate::run::{Selected, Target, perform};
use crate::script::run::Recipe;
use crate::services::SERVICES;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Make the account what a recipe says
///
/// Runs the recipe against the account of the chosen environment: what is missing is created, what differs is
/// updated, what can't be changed is refused. Running it again writes nothing.
///
/// Examples:
///   larder run -e development
///   larder run -e development --local
///   larder run recipes/custom.rhai -e staging --report report.json --report report.html
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Run {
    /// A recipe of the project or a bundled one, by name or path
    ///
    /// Default: `recipe` of the project file, else `provision`; without a project file, `wrangler`
    recipe: Option<String>,
    /// Send write-only fields although nothing else differs
    #[arg(long)]
    rewrite_secrets: bool,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    migrating: Migrating,
    #[command(flatten)]
    steps: Steps,
}

/// Show what `run` would do, without doing it
///
/// Examples:
///   larder plan -e production
///   larder plan -e production --exit-code   # 3 when there are differences
///   larder plan -e production --out plan.json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Plan {
    /// A recipe of the project or a bundled one, by name or path
    ///
    /// Default: `recipe` of the project file, else `provision`; without a project file, `wrangler`
    recipe: Option<String>,
    /// End with 3 when something would be done
    #[arg(long)]
    exit_code: bool,
    /// Write the plan to FILE, for `larder apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Plan to send write-only fields although nothing else differs
    #[arg(long)]
    rewrite_secrets: bool,
    #[command(flatten)]
    steps: Steps,
    #[command(flatten)]
    migrating: Migrating,
}

/// How migrations are applied in this run, whatever the recipe says.
#[derive(clap::Args, Default)]
pub(super) struct Migrating {
    /// Apply migrations although later ones are applied already
    #[arg(long)]
    allow_out_of_order: bool,
    /// Send migrations without running them in memory first
    #[arg(long)]
    no_rehearse: bool,
}

impl Run {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let Run { recipe, rewrite_secrets, confirm, migrating, steps } = self;
        let job = Job { rewrite_secrets, migrating, confirm, steps, ..Job::new(Mode::Apply) };
        job.run(shell, recipe.as_deref())
    }
}

impl Plan {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let Plan { recipe, exit_code, out, rewrite_secrets, migrating, steps } = self;
        let count_differences = exit_code;
        let job = Job { rewrite_secrets, migrating, count_differences, steps, out, ..Job::new(Mode::Plan) };
        job.run(shell, recipe.as_deref())
    }
}

/// One run of a recipe.
pub(super) struct Job {
    pub(super) mode: Mode,
    pub(super) rewrite_secrets: bool,
    pub(super) migrating: Migrating,
    pub(super) count_differences: bool,
    pub(super) confirm: Confirm,
    pub(super) steps: Steps,
    /// Where the plan is written to.
    pub(super) out: Option<PathBuf>,
    /// The plan that the run is held to.
    pub(super) held: Option<report::Plan>,
}

impl Job {
    /// With nothing special about it.
    pub(super) fn new(mode: Mode) -> Self {
        let confirm = Confirm::default();
        let migrating = Migrating::default();
        let (rewrite_secrets, count_differences) = (false, false);
        let steps = Steps::default();
        Job { mode, rewrite_secrets, migrating, count_differences, confirm, steps, out: None, held: None }
    }

    pub(super) fn run(&self, shell: &Shell, recipe: Option<&str>) -> Result<Exit, Stopped> {
        let project = shell.project()?;
        let root = project.as_ref().map_or_else(|| shell.folder.clone(), |file| file.folder.clone());
        let selected = shell.selected()?;
        let recipe = self.recipe(shell, recipe, &root)?;
        let guard = self.confirm.guard(selected.as_ref())?;
        let target = shell.open(selected.as_ref(), &root)?;
        let info = self.info(guard, &target);
        let heading = heading(self.mode, &recipe, selected.as_ref(), &target, &info);
        if let Some(selected) = &selected {
            self.confirm(shell, selected, &target)?;
        }
        target.interrupt.listen(target.runtime.handle(), &target.stop);
        let mut stage = Stage::set(shell, heading)?;
        if let Some(selected) = &selected
            && let Some(found) = migration_folders::preflight(shell, selected, &recipe, &*stage.events)?
        {
            return Ok(stage.refuse_files(&found.diagnostics, &found.sources));
        }
        if let Some(plan) = &self.held
            && let Some(problem) = held::moved(plan, shell, &target, &root)
        {
            return Ok(stage.refuse(problem, Ground::Account));
        }
        let choice = self.steps.choice();
        let mut agreed = Agreed::default();
        if let Some(selected) = &selected {
            let events = stage.events.clone();
            let (target, choice) = (&target, choice.clone());
            let held = self.held.as_ref();
            let (recipe, info, asked) = (&recipe, &info, Asked::Plan);
            let look = Look { place: shell, selected, target, recipe, info, events, choice, held, asked };
            let found = bindings::agree(&look)?;
            if let Some(signal) = target.interrupt.signal() {
                let performed = Performed { signal: Some(signal), ..Performed::default() };
                return Ok(stage.end(&performed, self.count_differences));
            }
            match found {
                Ok(found) => agreed = found,
                Err(refused) => return Ok(refused.end(stage)),
            }
        }
        let bound = agreed.bound.clone();
        let mut looked = agreed.looked.map(|looked| (looked.performed, looked.context));
        if choice.is_partial() || self.held.is_some() {
            let (performed, context) = if let Some(looked) = looked.take() {
                looked
            } else {
                let (selected, target, events) = (selected.as_ref(), &target, stage.events.clone());
                let (root, held) = (&*root, self.held.as_ref());
                let rehearsal =
                    Rehearsal { place: shell, selected, target, recipe: &recipe, root, events, held };
                rehearsal.plan(info.clone(), agreed.bound.clone(), &choice)?
            };
            if let Some(problem) = held::differs(&performed, &context) {
                return Ok(stage.refuse(problem, Ground::Account));
            }
            let fails = performed.ends_a_run();
            if fails && self.mode == Mode::Apply {
                return Ok(stage.end(&performed, self.count_differences));
            }
            if !fails && let Err(error) = choice.check() {
                return Ok(stage.refuse(partial::problem(&error), Ground::Config));
            }
            looked = Some((performed, context));
        }
        let heard = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![stage.events.clone(), heard.clone()]));
        let context = match &self.held {
            Some(plan) => target.held(plan.permit(), events, &root, info)?,
            None => target.context(self.mode, events, &root, info)?,
        };
        if let Some((_, looked)) = &looked {
            for service in SERVICES {
                (service.carry)(looked, &context);
            }
        }
        let mut setting = setting(shell, selected.as_ref(), context.clone(), &target, &root, agreed.bound);
        setting.facts.choice = choice;
        let performed = perform(&target, setting, &recipe);
        if performed.ran.diagnostics.is_empty() && performed.signal.is_none() {
            held::tell_left(&context);
            if let Some(selected) = selected.as_ref().filter(|_| !self.steps.choice().is_partial()) {
                bindings::unmade::tell(selected, &bound, &recipe, heard.events(), stage.events.as_ref());
            }
        }
        if let Some(out) = &self.out {
            let inputs = held::inputs(&recipe, &performed.sources, selected.as_ref(), shell, &root);
            stage.plan_to(shell.folder.join(out), self.basis(shell, &recipe, inputs));
        }
        Ok(stage.end(&performed, self.count_differences))
    }

    fn info(&self, guard: Guard, target: &Target) -> RunInfo {
        RunInfo {
            rewrite_secrets: self.rewrite_secrets,
            allow_out_of_order: self.migrating.allow_out_of_order,
            skip_rehearsal: self.migrating.no_rehearse,
            guard,
            ..run_info(target.clock.as_ref())
        }
    }

    fn basis(&self, shell: &Shell, recipe: &Recipe, inputs: Vec<Input>) -> Basis {
        Basis {
            recipe: recipe.name.clone(),
            sets: shell.options.sets.clone(),
            only: self.steps.only.clone(),
            skip: self.steps.skip.clone(),
            rewrite_secrets: self.rewrite_secrets,
            inputs,
        }
    }

    /// The recipe of the plan that is applied, the one that is named, or the default.
    fn recipe(&self, shell: &Shell, named: Option<&str>, root: &Path) -> Result<Recipe, Stopped> {
        match &self.held {
            Some(plan) => Ok(Recipe { name: plan.recipe.clone(), text: shell.text_of(&plan.recipe, root)? }),
            None => Ok(shell.chosen_recipe(named, root)?),
        }
    }

    /// A protected environment is written to only after a yes, where there is somebody to ask.
    fn confirm(&self, shell: &Shell, selected: &Selected, target: &Target) -> Result<(), Stopped> {
        let environment = &selected.config.environment;
        let asks = self.mode == Mode::Apply
            && environment.is_protected
            && !shell.globals.yes
            && shell.globals.local.is_none()
            && question::is_anybody_there();
        if !asks {
            return Ok(());
        }
        let asked = format!("`{}` is protected: apply to it?", environment.name);
        if question::ask(&shell.console, target, &asked) == Heard::Yes {
            return Ok(());
        }
        shell.console.talk("nothing was done\n");
        Err(Stopped::Told(exit::of_no(target.interrupt.signal())))
    }
}

/// What is known of a run before it begins.
pub fn heading(
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
            Mode::Destroy => report::Mode::Destroy,
        },
        recipe: Some(short_name(&recipe.name)),
        env: selected.map(|selected| selected.config.environment.name.clone()),
        account: Some(target.account.clone()),
        started_at: target.clock.now(),
    }
}

/// `provision` for the bundled one and for `recipes/provision.rhai`.
pub fn short_name(name: &str) -> String {
    let stem = name.strip_prefix("bundled/").or_else(|| name.strip_prefix("recipes/")).unwrap_or(name);
    stem.strip_suffix(".rhai").unwrap_or(stem).to_owned()
}
