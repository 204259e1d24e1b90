//! `diff`: the recipe planned in two environments, side by side.

use super::Stopped;
use super::bindings::{self, Asked, Look};
use super::globals::Format;
use super::perform::{draw, perform, setting};
use super::place::Place;
use super::run::heading;
use super::target::{Target, run_info};
use crate::events::{Recorder, Sink, Tee};
use crate::op::Mode;
use crate::report::{Builder, Comparison, Exit, Report, to_pretty};
use crate::run::exit;
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
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        if place.globals.env.is_some() {
            return Err(anyhow!("`diff` takes its environments as arguments\nhint: leave `--env` out").into());
        }
        let a = match self.planned(place, &self.a)? {
            Ok(report) => report,
            Err(exit) => return Ok(exit),
        };
        let b = match self.planned(place, &self.b)? {
            Ok(report) => report,
            Err(exit) => return Ok(exit),
        };
        if a.env == b.env {
            let name = a.env.unwrap_or_default();
            return Err(anyhow!("`{}` and `{}` are both `{name}`", self.a, self.b).into());
        }
        let comparison = Comparison::of(&a, &b);
        match place.globals.format {
            Format::Text => place.console.data(&comparison.text(&place.redactor)),
            Format::Json => place.console.data(&to_pretty(&comparison, &place.redactor)),
            Format::Ndjson | Format::Toml | Format::Dotenv => {
                return Err(anyhow!("`diff` has no such format\nhint: text or json").into());
            }
        }
        Ok(exit::of_differences(self.exit_code, comparison.differs))
    }

    /// The plan of one environment, or how it failed; what went wrong is told.
    fn planned(&self, place: &Place, env: &str) -> Result<Result<Report, Exit>, Stopped> {
        let place = &place.with(Some(env.to_owned()), place.globals.sets.clone());
        let selected = &place.needs_selected()?;
        let root = selected.folder.clone();
        let recipe = &place.chosen_recipe(self.recipe.as_deref(), &root)?;
        let target = &Target::open(place, Some(selected), &root)?;
        let info = &run_info(target.clock.as_ref());
        let heading = heading(Mode::Plan, recipe, Some(selected), target, info);
        let (recorder, builder) = (Arc::new(Recorder::default()), Arc::new(Builder::new(heading)));
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![recorder.clone(), builder.clone()]));
        let (choice, held) = (Arc::default(), None);
        let asked = Asked::Plan;
        let look =
            Look { place, selected, target, recipe, info, events: events.clone(), choice, held, asked };
        let agreed = match bindings::preflight(&look)? {
            Ok(agreed) => agreed,
            Err(refused) => return Ok(Err(refused.tell(&place.console))),
        };
        let context = target.context(Mode::Plan, events, &root, info.clone())?;
        let setting = setting(place, Some(selected), context, target, &root, agreed.bound);
        let performed = perform(target, setting, recipe);
        let exit = exit::of_performed(&performed, &recorder.events());
        if exit != Exit::Done {
            draw(&performed, &place.console);
            return Ok(Err(exit));
        }
        Ok(Ok(builder.finish(&exit::ending(&performed, None, false))))
    }
}
