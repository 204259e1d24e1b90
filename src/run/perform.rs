//! Runs a recipe on the script thread and handles interruption.

use super::AccountConnection;
use crate::report::Signal;
use crate::script::diagnostics::Sources;
use crate::script::engine::run_on_big_stack;
use crate::script::run::{Recipe, RuntimeSettings, ScriptResult, ScriptRuntime};

/// The result of a recipe, with the sources that its diagnostics quote.
#[derive(Default)]
pub struct RecipeRun {
    pub ran: ScriptResult,
    pub sources: Sources,
    /// The signal that ended it.
    pub signal: Option<Signal>,
    /// A bug in Larder.
    pub bug: Option<String>,
}

impl RecipeRun {
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
    target: &AccountConnection,
    setting: RuntimeSettings,
    recipe: &Recipe,
    ask: impl FnOnce(&ScriptRuntime) -> T + Send,
) -> (RecipeRun, Option<T>) {
    let sources = setting.sources.clone();
    target.interrupt.listen(&target.stop);
    let ran = run_on_big_stack(|| {
        let room = ScriptRuntime::new(setting, &recipe.name);
        target.interrupt.watch(&room.host.meter);
        let ran = room.run(recipe);
        let answer = ask(&room);
        (ran, answer)
    });
    let signal = target.interrupt.signal();
    match ran {
        Ok((ran, answer)) => (RecipeRun { ran, sources, signal, bug: None }, Some(answer)),
        Err(panic) => {
            (RecipeRun { ran: ScriptResult::default(), sources, signal, bug: Some(panic.to_string()) }, None)
        }
    }
}
