//! `run` and `plan`: the same recipe, over a transport that writes or one that only reads.

use super::Stopped;
use super::command_context::CommandContext;
use super::confirm::Confirm;
use super::question::{self, Reply};
use super::run_output::RunOutput;
use super::steps::Steps;
use crate::op::{Guard, Mode, RunInfo};
use crate::report::{self, Builder, Exit, Heading, Input, PlanBasis, TextReport};
use crate::run::dry_run::DryRunResult;
use crate::run::job::{self, RunConsent};
use crate::run::{Session, apply, plan_inputs};
use crate::script::run::Recipe;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Make the account what a recipe says
///
/// Runs the recipe against the account of the chosen environment: what is missing is created, what differs is
/// updated, what can't be changed is refused. Running it again writes nothing.
///
/// Examples:
///   larder run -e development
///   larder run -e development --local
///   larder run recipes/custom.rhai -e staging --report run.json --report run.html
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
    /// End with 3 when something would be done, and with 1 when nothing would be of what could be seen, but not all could
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
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let Run { recipe, rewrite_secrets, confirm, migrating, steps } = self;
        let job = RunRequest { rewrite_secrets, migrating, confirm, steps, ..RunRequest::new(Mode::Apply) };
        job.run(shell, recipe.as_deref())
    }
}

impl Plan {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let Plan { recipe, exit_code, out, rewrite_secrets, migrating, steps } = self;
        let count_differences = exit_code;
        let job = RunRequest {
            rewrite_secrets,
            migrating,
            count_differences,
            steps,
            out,
            ..RunRequest::new(Mode::Plan)
        };
        job.run(shell, recipe.as_deref())
    }
}

/// One run of a recipe.
pub(super) struct RunRequest {
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

impl RunRequest {
    /// With nothing special about it.
    pub(super) fn new(mode: Mode) -> Self {
        let confirm = Confirm::default();
        let migrating = Migrating::default();
        let (rewrite_secrets, count_differences) = (false, false);
        let steps = Steps::default();
        RunRequest {
            mode,
            rewrite_secrets,
            migrating,
            count_differences,
            confirm,
            steps,
            out: None,
            held: None,
        }
    }

    pub(super) fn run(&self, shell: &CommandContext, recipe: Option<&str>) -> Result<Exit, Stopped> {
        let root = shell.root()?;
        let selected = shell.selected()?;
        let recipe = &self.recipe(shell, recipe, &root)?;
        // A plan cannot lose anything: whoever applies it confirms.
        let guard = match self.mode {
            Mode::Plan => Guard::Open,
            _ => self.confirm.guard(selected.as_ref())?,
        };
        let session = shell.open(selected.as_ref(), &root)?;
        let info = self.info(session.info(guard));
        let now = info.now;
        let heading = session.heading(self.mode, recipe, &info);
        session.listen();
        let mut stage = RunOutput::set(shell, heading.clone(), session.target.clock.elapsed())?;
        let (events, choice) = (stage.events.clone(), self.steps.choice());
        let (mode, held) = (self.mode, self.held.as_ref());
        let consent = &RunPrompt { shell, heading };
        let job = job::RunJob { mode, recipe, info, events, choice, held, consent };
        let ended = apply::apply(&session, &job)?;
        if let (Some(out), Ok(performed)) = (&self.out, &ended) {
            let inputs = plan_inputs::inputs(&session, recipe, &performed.sources);
            stage.plan_to(shell.folder.join(out), self.basis(shell, recipe, inputs, now));
        }
        Ok(stage.end(&ended, self.count_differences))
    }

    fn info(&self, info: RunInfo) -> RunInfo {
        RunInfo {
            rewrite_secrets: self.rewrite_secrets,
            allow_out_of_order: self.migrating.allow_out_of_order,
            skip_rehearsal: self.migrating.no_rehearse,
            now: self.held.as_ref().and_then(report::Plan::now).unwrap_or(info.now),
            ..info
        }
    }

    fn basis(
        &self,
        shell: &CommandContext,
        recipe: &Recipe,
        inputs: Vec<Input>,
        now: Timestamp,
    ) -> PlanBasis {
        PlanBasis {
            now,
            recipe: recipe.name.clone(),
            sets: shell.options.sets.clone(),
            only: self.steps.only.clone(),
            skip: self.steps.skip.clone(),
            rewrite_secrets: self.rewrite_secrets,
            inputs,
        }
    }

    /// The recipe of the plan that is applied, the one that is named, or the default.
    fn recipe(&self, shell: &CommandContext, named: Option<&str>, root: &Path) -> Result<Recipe, Stopped> {
        match &self.held {
            Some(plan) => Ok(shell.recipe_of_plan(&plan.recipe, root)?),
            None => Ok(shell.chosen_recipe(named, root)?),
        }
    }
}

/// A protected environment is written to only after a yes, where there is somebody to ask.
struct RunPrompt<'a> {
    shell: &'a CommandContext,
    heading: Heading,
}

impl RunConsent for RunPrompt<'_> {
    fn agrees(&self, session: &Session, planned: &DryRunResult) -> bool {
        let Some(selected) = session.selected else { return true };
        let (shell, environment) = (self.shell, &selected.config.environment);
        let asks = environment.is_protected
            && !shell.globals.yes
            && !shell.is_local()
            && question::is_anybody_there();
        if !asks {
            return true;
        }
        let builder = Builder::new(self.heading.clone());
        planned.tell(&builder);
        shell.console.talk(&TextReport::steps(&builder.so_far(), &shell.redactor));
        let asked = format!("`{}` is protected: apply to it?", environment.name);
        question::ask(&shell.console, session, &asked) == Reply::Yes
    }
}
