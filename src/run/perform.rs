//! Runs a recipe: the script thread, and what may interrupt it.

use super::Target;
use crate::report::Signal;
use crate::script::diagnostics::Sources;
use crate::script::engine::run_on_big_stack;
use crate::script::run::{Ran, Recipe, Room, Setting};

/// What became of a recipe, and what its diagnostics quote.
#[derive(Default)]
pub struct Performed {
    /// How it ended.
    pub ran: Ran,
    /// The texts.
    pub sources: Sources,
    /// The signal that ended it.
    pub signal: Option<Signal>,
    /// A bug in Larder.
    pub bug: Option<String>,
}

impl Performed {
    /// Whether it ends a run that has not begun: something is wrong that the recipe neither catches nor goes on after.
    pub fn ends_a_run(&self) -> bool {
        self.bug.is_some() || self.signal.is_some() || self.ran.refused || self.ran.failed
    }

    /// Whether the recipe was run to its end.
    pub fn is_complete(&self) -> bool {
        self.ran.diagnostics.is_empty() && self.signal.is_none() && self.bug.is_none()
    }
}

/// Runs a recipe on the script thread, with interrupts listened to; asks the room something when it has ended.
pub fn perform<T: Send>(
    target: &Target,
    setting: Setting,
    recipe: &Recipe,
    ask: impl FnOnce(&Room) -> T + Send,
) -> (Performed, Option<T>) {
    let sources = setting.sources.clone();
    target.interrupt.listen(&target.stop);
    let ran = run_on_big_stack(|| {
        let room = Room::new(setting, &recipe.name);
        target.interrupt.watch(&room.host.meter);
        let ran = room.run(recipe);
        let answer = ask(&room);
        (ran, answer)
    });
    let signal = target.interrupt.signal();
    match ran {
        Ok((ran, answer)) => (Performed { ran, sources, signal, bug: None }, Some(answer)),
        Err(panic) => {
            (Performed { ran: Ran::default(), sources, signal, bug: Some(panic.to_string()) }, None)
        }
    }
}
