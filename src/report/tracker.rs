//! The state of a run from its events: events arrive in any order, steps are listed in the order of the recipe.
//!
//! **Invariant:** two orders of the same events that agree on the order of steps give the same document.

use super::document::{Op, Requests, Step, Warning};
use super::text_style::duration;
use crate::events::{Action, Event, OpFinished, OpStarted, Problem, RequestDone, Status, StepStatus};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Tracker {
    entries: Vec<Entry>,
    ops: BTreeMap<u64, OpState>,
    /// Which of them were started in a step, by the step.
    ops_of_step: BTreeMap<u64, BTreeSet<u64>>,
    /// Ops with a write that was answered with success; 0 for what belongs to none.
    wrote: BTreeSet<u64>,
    requests: Requests,
    warnings: Vec<Warning>,
    outputs: BTreeMap<String, Json>,
}

/// A step in the order of beginning; `id` is `None` for one that the order left out.
struct Entry {
    id: Option<u64>,
    name: String,
    group: u64,
    end: Option<(StepStatus, u64)>,
}

#[derive(Default)]
struct OpState {
    started: Option<OpStarted>,
    finished: Option<OpFinished>,
    caught: bool,
    write_sent: bool,
    requests: u64,
    bookmark: Option<String>,
}

impl Tracker {
    pub(super) fn take(&mut self, event: Event) {
        match event {
            // What stands outside every step never ends, so it can't be an entry that others wait for.
            Event::StepStarted { step: 0, .. }
            | Event::Log { .. }
            | Event::Expected { .. }
            | Event::Progress { .. } => {}
            Event::StepStarted { step, name, group } => {
                self.entries.push(Entry { id: Some(step), name, group, end: None });
            }
            Event::StepFinished { step, status, ms } => {
                if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.id == Some(step)) {
                    entry.end = Some((status, ms));
                }
            }
            Event::StepSkipped { name } => {
                self.entries.push(Entry { id: None, name, group: 0, end: Some((StepStatus::Skipped, 0)) });
            }
            Event::OpStarted(started) => {
                let id = started.id;
                self.ops_of_step.entry(started.step).or_default().insert(id);
                self.op(id).started = Some(started);
            }
            Event::OpFinished(finished) => {
                let id = finished.id;
                self.op(id).finished = Some(finished);
            }
            Event::OpCaught { id } => self.op(id).caught = true,
            Event::WriteSent { op } => self.op(op).write_sent = true,
            Event::Bookmark { op, bookmark } => self.op(op).bookmark = Some(bookmark),
            Event::RolledBack { op } => {
                self.wrote.remove(&op);
            }
            Event::Request(request) => self.count(&request),
            Event::Waiting { reason, ms } => {
                let message = format!("waited {}: {reason}", duration(ms));
                self.warnings.push(Warning { message, at: None });
            }
            Event::Warning { message, at } => self.warnings.push(Warning { message, at }),
            Event::Output { key, value } => {
                self.outputs.insert(key, value);
            }
        }
    }

    /// The steps from `from` on that have ended, and before which none is still running.
    pub(super) fn settled(&self, from: usize) -> Vec<Step> {
        let ended = self.entries.iter().skip(from).take_while(|entry| entry.end.is_some());
        let mut steps: Vec<Step> = ended.map(|entry| self.step(entry)).collect();
        // What the script has caught is only told when it ends; what failed in a step that ended well was caught.
        for step in steps.iter_mut().filter(|step| step.status == StepStatus::Ok) {
            step.ops.iter_mut().filter(|op| is_failure(op)).for_each(|op| op.caught = true);
        }
        steps
    }

    /// Every step, what stands outside last; left out if there is nothing.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.entries.iter().map(|entry| self.step(entry)).collect();
        let known: BTreeSet<u64> = self.entries.iter().filter_map(|entry| entry.id).collect();
        let outside = self.ops_of_step.iter().filter(|(step, _)| !known.contains(step));
        // In the order of starting, whatever step they name.
        let outside: BTreeSet<u64> = outside.flat_map(|(_, ops)| ops.iter().copied()).collect();
        let (ops, reads) = self.listed(&outside);
        if !ops.is_empty() || !reads.is_empty() {
            let failed = ops.iter().any(|op| is_failure(op) && !op.caught);
            steps.push(Step {
                name: String::new(),
                group: 0,
                status: if failed { StepStatus::Failed } else { StepStatus::Ok },
                ms: longest(&ops),
                ops,
                reads,
            });
        }
        steps
    }

    /// Whether a write was answered with success: what it did is there, whatever became of its op.
    pub(super) fn has_written(&self) -> bool {
        !self.wrote.is_empty()
    }

    pub(super) fn requests(&self) -> Requests {
        self.requests
    }

    pub(super) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Outputs so far; the last value of a key counts.
    pub(super) fn outputs(&self) -> &BTreeMap<String, Json> {
        &self.outputs
    }

    fn op(&mut self, id: u64) -> &mut OpState {
        self.ops.entry(id).or_default()
    }

    fn count(&mut self, request: &RequestDone) {
        self.requests.retries += u64::from(request.attempt > 1);
        if request.write {
            self.requests.writes += 1;
            if !request.refused && request.status.is_some_and(|status| (200..300).contains(&status)) {
                self.wrote.insert(request.op.unwrap_or_default());
            }
        } else {
            self.requests.reads += 1;
        }
        if let Some(id) = request.op {
            let op = self.op(id);
            op.requests += 1;
            op.write_sent |= request.write;
        }
    }

    fn step(&self, entry: &Entry) -> Step {
        let none = BTreeSet::new();
        let of_step = entry.id.and_then(|step| self.ops_of_step.get(&step));
        let (ops, reads) = self.listed(of_step.unwrap_or(&none));
        // A step that never ended is not one that was done.
        let (status, ms) = entry.end.unwrap_or_else(|| (StepStatus::Interrupted, longest(&ops)));
        Step { name: entry.name.clone(), group: entry.group, status, ms, ops, reads }
    }

    /// Those that are listed, and those that only asked; one of these that failed is listed.
    fn listed(&self, ids: &BTreeSet<u64>) -> (Vec<Op>, Vec<Op>) {
        let found = ids.iter().filter_map(|id| self.ops.get(id));
        let (mut ops, mut reads) = (Vec::new(), Vec::new());
        for (started, state) in found.filter_map(|state| Some((state.started.as_ref()?, state))) {
            let op = document(started, state, self.wrote.contains(&started.id));
            if started.reads && !is_failure(&op) { reads.push(op) } else { ops.push(op) }
        }
        (ops, reads)
    }
}

fn is_failure(op: &Op) -> bool {
    matches!(op.status, Status::Failed | Status::Conflict | Status::Unknown)
}

fn longest(ops: &[Op]) -> u64 {
    ops.iter().map(|op| op.ms).max().unwrap_or_default()
}

fn document(started: &OpStarted, state: &OpState, wrote: bool) -> Op {
    let OpStarted {
        id, service, op, kind, logical, resource, jurisdiction, shared, holds, subject, at, ..
    } = started.clone();
    let finished = state.finished.clone().unwrap_or_else(|| unfinished(started, state));
    let OpFinished {
        action,
        status,
        evidence,
        resource_id,
        changes,
        migrations,
        notes,
        error,
        ms,
        attempts,
        foreseen,
        id: _,
    } = finished;
    Op {
        service,
        op,
        kind,
        logical,
        resource,
        jurisdiction,
        shared,
        holds,
        subject,
        action,
        status,
        evidence,
        id: resource_id,
        changes,
        migrations,
        bookmark: state.bookmark.clone(),
        error,
        caught: state.caught,
        at,
        ms,
        attempts,
        number: id,
        wrote,
        notes,
        foreseen,
    }
}

/// How an op stands that the end of the run cut off.
fn unfinished(started: &OpStarted, state: &OpState) -> OpFinished {
    let cut_off = OpFinished { attempts: state.requests, ..OpFinished::unchanged(started.id) };
    if !state.write_sent {
        return OpFinished { status: Status::Skipped, ..cut_off };
    }
    let error = Problem::new("unknown", "the run ended before it was known whether the write took effect")
        .with_hint("run again: it looks at what is there before it writes");
    OpFinished { action: Action::Write, status: Status::Unknown, error: Some(error), ..cut_off }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, finished, started};

    fn tracker(events: Vec<Event>) -> Tracker {
        let mut tracker = Tracker::default();
        for event in events {
            tracker.take(event);
        }
        tracker
    }

    fn names(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.name.as_str()).collect()
    }

    #[test]
    fn a_step_waits_for_those_before_it() {
        let mut tracker = tracker(vec![
            sample::step_started(1, "kv", 1),
            sample::step_started(2, "r2", 1),
            Event::StepSkipped { name: "queues".into() },
            sample::step_finished(2, StepStatus::Ok, 5),
        ]);
        assert!(tracker.settled(0).is_empty());
        tracker.take(sample::step_finished(1, StepStatus::Ok, 9));
        assert_eq!(names(&tracker.settled(0)), ["kv", "r2", "queues"]);
        assert_eq!(names(&tracker.settled(2)), ["queues"]);
        assert!(tracker.settled(3).is_empty());
    }

    #[test]
    fn what_failed_in_a_step_that_ended_well_was_caught() {
        for (end, is_caught) in [(StepStatus::Ok, true), (StepStatus::Failed, false)] {
            let tracker = tracker(vec![
                sample::step_started(1, "kv", 1),
                started(1, 1, "kv", "TAKEN"),
                finished(1, Action::None, Status::Conflict),
                started(2, 1, "kv", "FINE"),
                finished(2, Action::Create, Status::Done),
                sample::step_finished(1, end, 5),
            ]);
            let caught = |steps: &[Step]| steps[0].ops.iter().map(|op| op.caught).collect::<Vec<_>>();
            assert_eq!(caught(&tracker.settled(0)), [is_caught, false]);
            assert_eq!(caught(&tracker.steps()), [false, false], "until the script has ended");
        }
    }

    #[test]
    fn ops_outside_stand_in_a_last_step_without_a_name() {
        let tracker = tracker(vec![
            sample::step_started(0, "", 0),
            started(1, 0, "kv", "OUTSIDE"),
            sample::step_started(1, "kv", 1),
            started(2, 1, "kv", "INSIDE"),
            finished(2, Action::Create, Status::Done),
            finished(1, Action::Create, Status::Done),
            sample::step_finished(1, StepStatus::Ok, 9),
            sample::step_finished(0, StepStatus::Ok, 20),
        ]);
        let steps = tracker.steps();
        assert_eq!(names(&steps), ["kv", ""]);
        assert_eq!((steps[1].group, steps[1].ops[0].resource.as_str()), (0, "OUTSIDE"));
        assert_eq!(steps[1].ms, 81, "its longest op");
    }

    #[test]
    fn nothing_outside_is_no_step() {
        let tracker = tracker(vec![sample::step_started(1, "kv", 1)]);
        assert_eq!(names(&tracker.steps()), ["kv"]);
        assert_eq!(tracker.steps()[0].status, StepStatus::Interrupted, "it never ended");
    }

    #[test]
    fn the_order_of_answers_does_not_matter() {
        let mut events = vec![
            sample::step_started(1, "kv", 1),
            started(1, 1, "kv", "A"),
            started(2, 1, "kv", "B"),
            finished(1, Action::Create, Status::Done),
            finished(2, Action::None, Status::Done),
            sample::step_finished(1, StepStatus::Ok, 9),
        ];
        let steps = tracker(events.clone()).steps();
        events[1..].reverse();
        assert_eq!(tracker(events).steps(), steps);
        assert_eq!(steps[0].ops.iter().map(|op| op.resource.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn a_cut_off_op_is_skipped_or_unknown_by_what_was_sent() {
        let tracker = tracker(vec![
            started(1, 0, "kv", "NOTHING_SENT"),
            started(2, 0, "kv", "ONLY_READ"),
            sample::request(Some(2), "GET", Some(200)),
            started(3, 0, "kv", "IN_FLIGHT"),
            Event::WriteSent { op: 3 },
            started(4, 0, "kv", "ANSWERED"),
            sample::request(Some(4), "POST", Some(200)),
        ]);
        let ops = &tracker.steps()[0].ops;
        let stands: Vec<_> = ops.iter().map(|op| (op.status, op.action, op.attempts)).collect();
        assert_eq!(
            stands,
            [
                (Status::Skipped, Action::None, 0),
                (Status::Skipped, Action::None, 1),
                (Status::Unknown, Action::Write, 0),
                (Status::Unknown, Action::Write, 1),
            ]
        );
        assert_eq!(ops[0].error, None);
        assert_eq!(ops[2].error.as_ref().unwrap().kind, "unknown");
    }

    #[test]
    fn requests_are_counted_and_a_written_one_remembered() {
        let mut tracker = tracker(vec![
            sample::request(None, "GET", Some(200)),
            sample::request(Some(1), "POST", None),
            sample::request(Some(1), "POST", Some(409)),
        ]);
        let Event::Request(refused) = sample::request(Some(1), "POST", Some(200)) else { unreachable!() };
        tracker.take(Event::Request(RequestDone { refused: true, ..refused }));
        assert!(!tracker.has_written());
        let Event::Request(request) = sample::request(Some(1), "POST", Some(201)) else { unreachable!() };
        tracker.take(Event::Request(RequestDone { attempt: 2, ..request }));
        assert!(tracker.has_written());
        assert_eq!(tracker.requests(), Requests { reads: 1, writes: 4, retries: 1 });
    }
}
