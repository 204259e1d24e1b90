//! `diff`: the recipe planned in two environments, side by side.

use super::Stopped;
use super::bindings::{self, Asked, Look};
use super::draw::draw;
use super::globals::Format;
use super::run::heading;
use super::shell::Shell;
use crate::events::{Recorder, Sink, Tee};
use crate::op::Mode;
use crate::report::{Builder, Comparison, Exit, Report, to_pretty};
use crate::run::exit;
use crate::run::perform;
use crate::run::setting::setting;
use crate::run::target::run_info;
use anyhow::anyhow;
use std::sync::Arc;

/// Show what differs between two environments
///
/// Plans the recipe in both, without writing, and compares what it asks for and what is there by kind and logical name;
/// the names in the account differ by intention and are not compared.
///
/// Examples:
///   larder diff staging production
///   larder diff staging production --format json --exit-code
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Diff {
    /// An environment, by name or alias
    #[arg(value_name = "ENV_A")]
    a: String,
    /// Another one
    #[arg(value_name = "ENV_B")]
    b: String,
    /// The recipe that is planned; default: the one that `run` would take
    #[arg(long)]
    recipe: Option<String>,
    /// End with 3 when they differ
    #[arg(long)]
    exit_code: bool,
}

impl Diff {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        if shell.options.env.is_some() {
            return Err(anyhow!("`diff` takes its environments as arguments\nhint: leave `--env` out").into());
        }
        let a = match self.planned(shell, &self.a)? {
            Ok(report) => report,
            Err(exit) => return Ok(exit),
        };
        let b = match self.planned(shell, &self.b)? {
            Ok(report) => report,
            Err(exit) => return Ok(exit),
        };
        if a.env == b.env {
            let name = a.env.unwrap_or_default();
            return Err(anyhow!("`{}` and `{}` are both `{name}`", self.a, self.b).into());
        }
        let comparison = Comparison::of(&a, &b);
        match shell.globals.format {
            Format::Text => shell.console.data(&comparison.text(&shell.redactor)),
            Format::Json => shell.console.data(&to_pretty(&comparison, &shell.redactor)),
            Format::Ndjson | Format::Toml | Format::Dotenv => {
                return Err(anyhow!("`diff` has no such format\nhint: text or json").into());
            }
        }
        Ok(exit::of_differences(self.exit_code, comparison.differs))
    }

    /// The plan of one environment, or how it failed; what went wrong is told.
    fn planned(&self, shell: &Shell, env: &str) -> Result<Result<Report, Exit>, Stopped> {
        let shell = &shell.with(Some(env.to_owned()), shell.options.sets.clone());
        let selected = &shell.needs_selected()?;
        let root = selected.folder.clone();
        let recipe = &shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let target = &shell.open(Some(selected), &root)?;
        let info = &run_info(target.clock.as_ref());
        let heading = heading(Mode::Plan, recipe, Some(selected), target, info);
        let (recorder, builder) = (Arc::new(Recorder::default()), Arc::new(Builder::new(heading)));
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![recorder.clone(), builder.clone()]));
        let (choice, held) = (Arc::default(), None);
        let asked = Asked::Plan;
        let look = Look {
            place: shell,
            selected,
            target,
            recipe,
            info,
            events: events.clone(),
            choice,
            held,
            asked,
        };
        let agreed = match bindings::preflight(&look)? {
            Ok(agreed) => agreed,
            Err(refused) => return Ok(Err(refused.tell(&shell.console))),
        };
        let context = target.context(Mode::Plan, events, &root, info.clone())?;
        let setting = setting(shell, Some(selected), context, target, &root, agreed.bound);
        let performed = perform(target, setting, recipe);
        let exit = exit::of_performed(&performed, &recorder.events());
        if exit != Exit::Done {
            draw(&performed, &shell.console);
            return Ok(Err(exit));
        }
        Ok(Ok(builder.finish(&exit::ending(&performed, None, false))))
    }
}
