//! One expression against the account.

use super::{Performed, Session, exit};
use crate::events::{Event, Recorder, Sink, Tee};
use crate::op::{Guard, Mode};
use crate::reconcile::Placeholders;
use crate::report::Exit;
use crate::script::host::Bound;
use crate::script::run::Recipe;
use crate::script::show;
use std::sync::Arc;

/// What came of an expression.
pub struct Evaluated {
    /// How it ended.
    pub performed: Performed,
    /// What happened.
    pub events: Vec<Event>,
    /// Its value, as it is shown.
    pub value: Option<String>,
    /// The exit.
    pub exit: Exit,
}

/// Evaluates it; `events` gets what happens.
pub fn eval(
    session: &Session,
    mode: Mode,
    guard: Guard,
    expression: String,
    events: Arc<dyn Sink>,
) -> anyhow::Result<Evaluated> {
    let recorder = Arc::new(Recorder::default());
    let events = Arc::new(Tee(vec![recorder.clone(), events]));
    let context = session.context(mode, events, session.info(guard))?;
    let placeholders = context.shelf::<Placeholders>();
    let recipe = Recipe { name: "<eval>".to_owned(), text: expression };
    let performed = session.perform(session.setting(context, Bound::default()), &recipe);
    let events = recorder.events();
    let value = performed.ran.value.as_ref().map(|value| placeholders.hide(&show::value(value)));
    let exit = exit::of_performed(&performed, &events);
    Ok(Evaluated { performed, events, value, exit })
}
