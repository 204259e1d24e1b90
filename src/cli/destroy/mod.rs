//! `destroy`: delete what a recipe names.
//!
//! The recipe is asked what it names, over a transport that only reads; what each name holds is looked at; then what may
//! go is deleted, last named first.
//!
//! **Invariant:** nothing is deleted before everything that is to go was looked at and, where asked for, agreed to.

mod consent;
mod named;
mod remove;

use super::Stopped;
use super::bindings::{Asked, Look, Refused, RequestsOnly, bound_and_there};
use super::confirm::Confirm;
use super::partial::{self, Steps};
use super::run::heading;
use super::shell::Shell;
use crate::events::{Recorder, Sink, Tee};
use crate::op::{Context, Mode, RunInfo};
use crate::reconcile::Data;
use crate::report::{Builder, Exit, Text};
use crate::run::Performed;
use crate::run::exit::Ground;
use crate::run::perform_and;
use crate::run::setting::setting;
use crate::run::target::run_info;
use crate::services::SERVICES;
use consent::Answer;
use std::sync::Arc;

pub use consent::refusal;
pub use named::{Fate, Flags, Named, Owners, judge, of_room};
pub use remove::Removal;

/// Delete what a recipe names
///
/// Asks the recipe what it names and deletes that, last named first. What other environments name too stays, and so does
/// what carries neither the app nor the environment in its name, unless it is named here. What is gone already is fine.
/// Without a terminal and without --yes the plan is shown and nothing is deleted.
///
/// Examples:
///   larder destroy -e development
///   larder destroy -e preview --set branch=pr-7 --with-data --yes
///   larder destroy -e production --confirm production --with-data --yes
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Destroy {
    /// A recipe of the project or a bundled one, by name or path
    ///
    /// Default: `recipe` of the project file, else `provision`; without a project file, `wrangler`
    recipe: Option<String>,
    /// Delete NAME although it carries neither the app nor the environment; repeatable
    #[arg(long, value_name = "NAME")]
    also: Vec<String>,
    /// Delete NAME although other environments use it too; repeatable
    #[arg(long, value_name = "NAME")]
    with_shared: Vec<String>,
    /// Delete what holds data, too: keys, objects, vectors, rows
    #[arg(long)]
    with_data: bool,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    steps: Steps,
}

impl Destroy {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let selected = shell.needs_selected()?;
        let root = selected.folder.clone();
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let guard = self.confirm.guard(Some(&selected))?;
        let target = shell.open(Some(&selected), &root)?;
        let info = RunInfo { guard, ..run_info(target.clock.as_ref()) };
        let heading = heading(Mode::Destroy, &recipe, Some(&selected), &target, &info);
        target.interrupt.listen(target.runtime.handle(), &target.stop);
        let stage = super::stage::Stage::set(shell, heading.clone())?;
        let events = stage.events.clone();
        let choice = self.steps.choice();
        let look = Look {
            place: shell,
            selected: &selected,
            target: &target,
            recipe: &recipe,
            info: &info,
            events: events.clone(),
            choice: choice.clone(),
            held: None,
            asked: Asked::Names,
        };
        let survey = match survey(&look)? {
            Ok(survey) => survey,
            Err(refused) => return Ok(refused.end(stage)),
        };
        if survey.performed.ends_a_run() {
            return Ok(stage.end(&survey.performed, false));
        }
        if !survey.performed.ran.incomplete
            && let Err(error) = choice.check()
        {
            return Ok(stage.refuse(partial::problem(&error), Ground::Config));
        }
        let flags = Flags { also: &self.also, with_shared: &self.with_shared };
        if let Some(problem) = flags.misnamed(&survey.named) {
            return Ok(stage.refuse(problem, Ground::Config));
        }
        let Survey { performed, mut named, skipped, context } = survey;
        // What was imagined for the recipe is not there.
        let seen =
            target.context(Mode::Destroy, Arc::new(RequestsOnly(events.clone())), &root, info.clone())?;
        carry(&context, &seen);
        let environment = &selected.config.environment;
        let owners = Owners {
            words: [&*selected.config.app, &environment.name, &environment.alias]
                .into_iter()
                .chain(selected.script())
                .collect(),
            other_workers: &selected.other_workers,
        };
        let runtime = target.runtime.handle();
        judge(&mut named, &owners, &flags, &seen, runtime);
        let removal = Removal { named: &named, skipped: &skipped };
        let data = if self.with_data { Data::Lost } else { Data::Kept };
        let builder = Arc::new(Builder::new(heading));
        let apart = target.context(Mode::Destroy, builder.clone(), &root, info.clone())?;
        let answer = consent::ask(shell, &selected, &target, &info, &named, data, || {
            removal.preview(&apart, runtime);
            Text::steps(&builder.so_far(), &shell.redactor)
        });
        if let Some(signal) = target.interrupt.signal() {
            let performed = Performed { signal: Some(signal), ..Performed::default() };
            return Ok(stage.end(&performed, false));
        }
        let context = match answer {
            Answer::Yes => {
                let context = target.context(Mode::Apply, events, &root, info)?;
                // A question takes its time.
                if shell.globals.yes {
                    carry(&seen, &context);
                }
                context
            }
            Answer::No(problem) => {
                removal.preview(&target.context(Mode::Destroy, events, &root, info)?, runtime);
                return Ok(stage.hold(problem));
            }
        };
        removal.run(&context, runtime, data);
        let signal = target.interrupt.signal();
        Ok(stage.end(&Performed { signal, ..performed }, false))
    }
}

/// What a recipe said of itself.
struct Survey {
    performed: Performed,
    named: Vec<Named>,
    /// Steps that were left out.
    skipped: Vec<String>,
    context: Arc<Context>,
}

/// Asks the recipe what it names.
fn survey(look: &Look) -> Result<Result<Survey, Refused>, Stopped> {
    let Look { place, selected, target, recipe, info, .. } = *look;
    let recorder = Arc::new(Recorder::default());
    let requests: Arc<dyn Sink> = Arc::new(RequestsOnly(look.events.clone()));
    let events = Arc::new(Tee(vec![recorder.clone(), requests]));
    let context = target.context(Mode::Destroy, events, &selected.folder, info.clone())?;
    let bound = match bound_and_there(look, &context) {
        Ok(bound) => bound,
        Err(refused) => return Ok(Err(*refused)),
    };
    let mut setting = setting(place, Some(selected), context.clone(), target, &selected.folder, bound);
    setting.facts.choice = look.choice.clone();
    let (performed, named) = perform_and(target, setting, recipe, |room| of_room(room, &recorder.events()));
    let (named, skipped) = named.unwrap_or_default();
    Ok(Ok(Survey { performed, named, skipped, context }))
}

/// Gives what was listed to another context.
pub fn carry(from: &Context, to: &Context) {
    for service in SERVICES {
        (service.carry)(from, to);
    }
}

/// The service of that name.
fn service(name: &str) -> Option<&'static crate::services::Service> {
    SERVICES.iter().copied().find(|service| service.name == name)
}
