//! The plan of one environment, to be compared with another's.

use super::bindings::{self, Look};
use super::dry_run::{Asked, DryRun};
use super::preflight::End;
use super::{Error, Selected, Session, exit};
use crate::events::Sink;
use crate::op::{Guard, Mode};
use crate::report::{Builder, Report};
use crate::script::run::Recipe;
use std::sync::Arc;

/// Plans a recipe.
pub fn planned(session: &Session, selected: &Selected, recipe: &Recipe) -> Result<Report, Error> {
    let info = &session.info(Guard::default());
    let builder = Arc::new(Builder::new(session.heading(Mode::Plan, recipe, info)));
    let events: Arc<dyn Sink> = builder.clone();
    let (choice, held, asked) = (Arc::default(), None, Asked::Plan);
    let run = DryRun { session, recipe, info, events: events.clone(), choice, held, asked };
    let agreed = bindings::preflight(&Look { run: &run, selected })?.map_err(End::from)?;
    let context = session.context(Mode::Plan, events, info.clone())?;
    let performed = session.perform(session.setting(context, agreed.bound), recipe);
    // A plan writes nothing: how the script ended is all.
    if exit::of_performed(&performed, &[]).unless_done().is_some() {
        return Err(End::Stopped(performed).into());
    }
    Ok(builder.finish(&exit::ending(&performed, None, false), exit::of_report))
}
