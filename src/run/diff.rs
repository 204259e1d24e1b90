//! The plan of one environment, to be compared with another's.

use super::bindings::{self, Look};
use super::dry_run::{Asked, DryRun};
use super::preflight::End;
use super::{Selected, Session, exit};
use crate::events::{Recorder, Sink, Tee};
use crate::op::{Guard, Mode};
use crate::report::{Builder, Exit, Report};
use crate::script::run::Recipe;
use std::sync::Arc;

/// Plans a recipe; gives the report, or how it ends with its exit.
pub fn planned(
    session: &Session,
    selected: &Selected,
    recipe: &Recipe,
) -> anyhow::Result<Result<Report, (End, Exit)>> {
    let info = &session.info(Guard::default());
    let heading = session.heading(Mode::Plan, recipe, info);
    let (recorder, builder) = (Arc::new(Recorder::default()), Arc::new(Builder::new(heading)));
    let events: Arc<dyn Sink> = Arc::new(Tee(vec![recorder.clone(), builder.clone()]));
    let (choice, held, asked) = (Arc::default(), None, Asked::Plan);
    let run = DryRun { session, recipe, info, events: events.clone(), choice, held, asked };
    let agreed = match bindings::preflight(&Look { run: &run, selected })? {
        Ok(agreed) => agreed,
        Err(refused) => {
            let exit = exit::of_refusal(refused.ground);
            return Ok(Err((refused.into(), exit)));
        }
    };
    let context = session.context(Mode::Plan, events, info.clone())?;
    let performed = session.perform(session.setting(context, agreed.bound), recipe);
    if let Some(exit) = exit::of_performed(&performed, &recorder.events()).unless_done() {
        return Ok(Err((End::Stopped(performed), exit)));
    }
    Ok(Ok(builder.finish(&exit::ending(&performed, None, false), exit::of_report)))
}
