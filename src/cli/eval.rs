//! `eval`: one expression against the account.

use super::Stopped;
use super::confirm::Confirm;
use super::perform::{draw, perform, setting};
use super::place::Place;
use super::target::{Target, run_info};
use crate::events::Recorder;
use crate::op::{Mode, RunInfo};
use crate::reconcile::Placeholders;
use crate::report::{Exit, Live};
use crate::run::exit;
use crate::script::host::Bound;
use crate::script::run::Recipe;
use crate::script::show;
use std::sync::Arc;

/// Evaluate an expression against the account and print its value
///
/// Nothing is written: an `ensure` is planned. With `--write` it is done.
///
/// Examples:
///   larder eval -e development 'kv::list().map(|ns| ns.title)'
///   larder eval --local 'd1::list()'
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Eval {
    /// A script; its last expression is printed
    expression: String,
    /// Let it write
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    confirm: Confirm,
}

impl Eval {
    /// Runs it.
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        let root = place.root()?;
        let chosen = place.globals.env.is_some() || place.environment.get("LARDER_ENV").is_some();
        let selected = if chosen { place.selected()? } else { None };
        let guard = self.confirm.guard(selected.as_ref())?;
        let target = Target::open(place, selected.as_ref(), &root)?;
        let mode = if self.write { Mode::Apply } else { Mode::Plan };
        let info = RunInfo { guard, ..run_info(target.clock.as_ref()) };
        let recorder = Arc::new(Recorder::default());
        let live = Arc::new(Live::new(place.console.clone(), place.globals.verbosity()));
        let events = Arc::new(crate::events::Tee(vec![recorder.clone(), live.clone()]));
        let context = target.context(mode, events, &root, info)?;
        let placeholders = context.shelf::<Placeholders>();
        let setting = setting(place, selected.as_ref(), context, &target, &root, Bound::default());
        let recipe = Recipe { name: "<eval>".to_owned(), text: self.expression };
        let performed = perform(&target, setting, &recipe);
        live.clear();
        draw(&performed, &place.console);
        place.console.talk(&show::planned(&recorder.events()));
        if let Some(value) = &performed.ran.value {
            place.console.data(&placeholders.hide(&show::value(value)));
        }
        Ok(exit::of_performed(&performed, &recorder.events()))
    }
}
