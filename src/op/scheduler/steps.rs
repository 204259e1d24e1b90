//! Steps of a run: an op belongs to the step in which it was started, and the step waits for it.

use super::Scheduler;
use crate::events::{Event, StepStatus};
use crate::op::failure::Failure;
use crate::op::value::{Pending, Value};
use std::sync::Arc;
use std::time::Duration;

/// An open step: what was started in it. By default, what stands outside every step.
#[derive(Debug, Default)]
pub struct StepFrame {
    pub(super) step: u64,
    /// What steps that run together share.
    pub(super) group: u64,
    pub name: String,
    pub(super) begun: Duration,
    pub(super) ops: Vec<Arc<Pending>>,
}

/// What a joined step came to.
#[derive(Debug)]
pub struct Joined {
    pub name: String,
    /// The ops that failed by themselves and were not caught, in the order of their start.
    pub failures: Vec<(Arc<Pending>, Failure)>,
}

impl Scheduler {
    /// A number that steps which run together share.
    pub fn next_group(&self) -> u64 {
        self.state.lock().next_step + 1
    }

    /// The steps of this number run together, until their closures have run.
    pub fn open_group(&self, number: u64) {
        self.state.lock().groups.open(number);
    }

    /// The closures have run; `broken` names the step of one that failed.
    pub fn close_group(&self, number: u64, broken: Option<String>) {
        self.state.lock().groups.close(number, broken);
    }

    /// Blocks the script until this op is over.
    pub fn wait<'a>(&self, pending: &'a Pending) -> &'a Result<Value, Failure> {
        self.state.lock().groups.script_waits_for(pending);
        pending.wait()
    }

    /// Opens a step: what is started from now on belongs to it.
    pub fn open_step(&self, name: &str, group: u64) {
        let begun = self.context.client.clock().elapsed();
        let mut state = self.state.lock();
        state.next_step += 1;
        let step = state.next_step;
        state.frames.push(StepFrame { step, group, name: name.to_owned(), begun, ops: Vec::new() });
        drop(state);
        self.context.events.emit(Event::StepStarted { step, name: name.to_owned(), group });
    }

    /// Closes the innermost step without waiting; it must be joined.
    pub fn close_step(&self) -> Option<StepFrame> {
        let mut state = self.state.lock();
        if state.frames.len() > 1 { state.frames.pop() } else { None }
    }

    /// Takes what was started outside every step so far.
    pub fn take_root(&self) -> StepFrame {
        self.state.lock().frames.first_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Blocks until everything in the step is over.
    pub fn join(&self, frame: StepFrame, closure_failed: bool) -> Joined {
        let mut failures = Vec::new();
        for pending in frame.ops {
            if let Err(failure) = self.wait(&pending)
                && !pending.is_caught()
                && !matches!(failure, Failure::Skipped { .. })
            {
                failures.push((pending.clone(), failure.clone()));
            }
        }
        if frame.step != 0 {
            let elapsed = self.context.client.clock().elapsed().saturating_sub(frame.begun);
            let is_cut_off = self.context.client.stop().soft.is_cancelled()
                && failures.iter().all(|(_, failure)| matches!(failure, Failure::Interrupted));
            let is_failed = |(_, failure): &(_, Failure)| !failure.is_not_known();
            let status = match !failures.iter().any(is_failed) && !closure_failed {
                true => StepStatus::Ok,
                false if is_cut_off => StepStatus::Interrupted,
                false => StepStatus::Failed,
            };
            self.context.events.emit(Event::StepFinished {
                step: frame.step,
                status,
                ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            });
        }
        Joined { name: frame.name, failures }
    }
}

#[cfg(test)]
mod tests;
