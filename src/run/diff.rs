//! Plans one environment for a comparison with another.

use super::apply::apply;
use super::job::{NoPrompt, RunJob};
use super::preflight::PreflightEnd;
use super::{Error, Session, exit};
use crate::op::{Guard, Mode};
use crate::report::{Builder, Report};
use crate::script::run::Recipe;
use std::sync::Arc;

pub fn planned(session: &Session, recipe: &Recipe) -> Result<Report, Error> {
    let (mode, info) = (Mode::Plan, session.info(Guard::default()));
    let builder = Arc::new(Builder::new(session.heading(mode, recipe, &info)));
    let (events, choice, held) = (builder.clone(), Arc::default(), None);
    let job = RunJob { mode, recipe, info, events, choice, held, consent: &NoPrompt };
    let performed = apply(session, &job)??;
    // A plan writes nothing: how the script ended is all.
    if exit::of_performed(&performed, &[]).unless_done().is_some() {
        return Err(PreflightEnd::Stopped(performed).into());
    }
    Ok(builder.finish(&exit::ending(&performed, None, false), exit::of_report))
}
