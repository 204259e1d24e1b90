//! Counts running and finished ops, for the progress line.
//!
//! **Invariant:** an op that has ended is not kept, so an event takes as long in a large run as in a small one.

use crate::events::Event;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Running {
    /// What was started and hasn't ended, in the order of starting.
    ops: BTreeMap<u64, RunningOp>,
    /// What has ended before it was seen to start.
    ended_early: BTreeSet<u64>,
    finished: usize,
    expected: Option<u64>,
}

pub(super) struct RunningOp {
    pub service: String,
    pub op: String,
    pub resource: String,
    /// How far it is.
    pub progress: Option<String>,
}

impl Running {
    /// Takes one event; gives whether the line changes.
    pub(super) fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::OpStarted(started) if !self.ended_early.remove(&started.id) => {
                let op = RunningOp {
                    service: started.service.clone(),
                    op: started.op.clone(),
                    resource: started.resource.clone(),
                    progress: None,
                };
                self.ops.insert(started.id, op);
                true
            }
            Event::OpFinished(finished) => {
                if self.ops.remove(&finished.id).is_none() {
                    self.ended_early.insert(finished.id);
                }
                self.finished += 1;
                true
            }
            Event::Progress { op, message } => {
                if let Some(running) = self.ops.get_mut(op) {
                    running.progress = Some(message.clone());
                }
                true
            }
            Event::Expected { ops } => {
                self.expected = Some(*ops);
                false
            }
            _ => false,
        }
    }

    /// What runs, in the order of starting.
    pub(super) fn ops(&self) -> impl ExactSizeIterator<Item = &RunningOp> {
        self.ops.values()
    }

    /// How many ops have ended.
    pub(super) fn finished(&self) -> usize {
        self.finished
    }

    /// How many ops there will be, where that is known.
    pub(super) fn expected(&self) -> Option<u64> {
        self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Action, Status};
    use crate::report::sample::{finished, started};

    #[test]
    fn nothing_is_kept_of_what_has_ended() {
        let mut running = Running::default();
        for id in 1..=1_000 {
            running.take(&started(id, 0, "kv", "A"));
            running.take(&finished(id, Action::Create, Status::Done));
        }
        assert_eq!((running.ops().len(), running.ended_early.len(), running.finished()), (0, 0, 1_000));
    }

    #[test]
    fn what_ends_before_it_is_seen_to_start_does_not_run() {
        let mut running = Running::default();
        running.take(&finished(1, Action::Create, Status::Done));
        running.take(&started(1, 0, "kv", "A"));
        assert_eq!((running.ops().len(), running.ended_early.len(), running.finished()), (0, 0, 1));
    }
}
