//! Starts ops and runs them in the order that recipes rely on.
//!
//! Ops on one key run in program order, others together. An op alone runs after all before it and before all after it.
//! What a step starts, it joins.
//!
//! **Invariant:** no op runs after something it depends on has failed, unless it was started after the script caught
//! that failure.

mod steps;

pub use steps::{Joined, StepFrame};

use super::contents::contents;
use super::context::{Context, Mode};
use super::ensured::Ensured;
use super::entry::{Call, Effect, Op};
use super::failure::Failure;
use super::group::{Gate, Groups};
use super::permit::{Intent, digest};
use super::planned_state::PlannedState;
use super::queue::{Queue, StartConditions};
use super::start::{OpOrder, OpResult, StartedOp};
use super::value::{Pending, Value};
use crate::events::{Action, Cost, Event, Evidence, Foreseen, OpFinished, OpStarted, Site, Status};
use crate::http;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Where a call is in the source, and what the naming policy has recorded about its name.
#[derive(Clone, Debug, Default)]
pub struct CallOrigin {
    pub at: Site,
    /// The name before the policy.
    pub logical: Option<String>,
    /// Whether other environments use the same name.
    pub shared: bool,
    /// The data that was found in it.
    pub holds: Option<String>,
}

#[derive(Default)]
struct State {
    next_op: u64,
    next_step: u64,
    frames: Vec<StepFrame>,
    queue: Queue,
    groups: Groups,
    ensured: Ensured,
    ahead: PlannedState,
}

/// The ops of one run.
pub struct Scheduler {
    context: Arc<Context>,
    runtime: Handle,
    state: Mutex<State>,
}

impl Scheduler {
    /// For one run, on that runtime. The frame of what stands outside every step is open.
    pub fn new(context: Arc<Context>, runtime: Handle) -> Arc<Self> {
        let state = State { frames: vec![StepFrame::default()], ..State::default() };
        Arc::new(Scheduler { context, runtime, state: Mutex::new(state) })
    }

    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// The synchronous half, then a place in the order; gives the handle.
    pub fn start(
        self: &Arc<Self>,
        op: &'static Op,
        call: Call,
        args: Vec<Value>,
        origin: CallOrigin,
    ) -> Result<Arc<Pending>, Failure> {
        let contents = op.sends_arguments().then(|| contents(op, call.receiver.as_ref(), &args));
        let started = match self.context.mode {
            Mode::Destroy if op.is_left_out() => StartedOp::left_out(op.service, call.receiver.as_ref()),
            _ => op.run.start(call, args).map_err(Failure::before_asking)?,
        };
        let mut state = self.state.lock();
        let key = started.key.clone();
        if let Some(options) = &started.options
            && let Some(begun) = state.ensured.again(&key, options, &state.queue)?
        {
            return Ok(begun);
        }
        state.next_op += 1;
        let id = state.next_op;
        let kind = op.shape.kind().or(op.receiver).unwrap_or("");
        let pending = Pending::new(id, op.shape.handle(), key.clone(), origin.at.clone());
        let turn = state.queue.enter(&pending, &key, started.order, &started.needs);
        if let Some(path) = started.writes.clone() {
            self.context.files.write(path, &pending);
        }
        if let Some(options) = started.options.clone() {
            state.ensured.note(&key, options, &pending);
        } else if op.effect == Effect::Delete {
            state.ensured.forget(&key);
        }
        let innermost = state.frames.last_mut().map(|frame| {
            frame.ops.push(pending.clone());
            (frame.step, frame.group)
        });
        let (step, group) = innermost.unwrap_or_default();
        let gate = match self.context.mode {
            Mode::Apply => state.groups.enter(group, &pending, op.effect, &started, &turn),
            Mode::Plan | Mode::Destroy => None,
        };
        drop(state);
        if let Some(permit) = &self.context.permit {
            permit.begin(id, (op.service, op.name), &key, contents.as_deref());
        }

        self.context.events.emit(Event::OpStarted(OpStarted {
            id,
            step,
            service: op.service.to_owned(),
            op: op.name.to_owned(),
            kind: kind.to_owned(),
            logical: origin.logical,
            resource: key.name.clone(),
            jurisdiction: key.jurisdiction.clone(),
            shared: origin.shared,
            holds: origin.holds,
            reads: op.effect == Effect::Read,
            subject: started.subject.clone(),
            at: origin.at,
        }));
        let contents = contents.map(|contents| digest(&contents));
        self.spawn(op, (started, contents), pending.clone(), (turn, gate));
        Ok(pending)
    }

    fn spawn(
        self: &Arc<Self>,
        op: &'static Op,
        started: (StartedOp, Option<String>),
        pending: Arc<Pending>,
        turn: (StartConditions, Option<Gate>),
    ) {
        let this = self.clone();
        let scope = started.0.order.scope(pending.id);
        let begun = self.context.client.clock().elapsed();
        self.runtime.spawn(async move {
            let task = {
                let (this, pending, scope) = (this.clone(), pending.clone(), scope.clone());
                let work = async move { this.run(op, started, &pending, turn).await };
                tokio::spawn(http::scoped(scope, work))
            };
            let result = task.await.unwrap_or_else(|panic| Err(Failure::Bug(panic.to_string())));
            this.finish(op, &pending, result, begun, scope.attempts());
        });
    }

    async fn run(
        &self,
        op: &'static Op,
        (started, contents): (StartedOp, Option<String>),
        pending: &Arc<Pending>,
        (turn, gate): (StartConditions, Option<Gate>),
    ) -> Result<OpResult, Failure> {
        let have = self.turn_of(&started.needs, (turn, gate)).await?;
        let stop = self.context.client.stop().clone();
        if stop.soft.is_cancelled() {
            return Err(Failure::Interrupted);
        }
        if self.context.mode == Mode::Plan {
            if let Some(hidden) = self.state.lock().ahead.hides(op, &started) {
                return Err(hidden);
            }
            if self.context.run.is_on_any_account
                && let Some(of_account) = self.state.lock().ahead.leaves_to_account(op, &started)
            {
                return Err(of_account);
            }
            if op.effect == Effect::Write {
                return self.foresee(op, started, have, contents, pending).await;
            }
        }
        // Nothing else is planned here, so what is there is what the recipe would read.
        if self.context.mode == Mode::Destroy
            && op.effect == Effect::Read
            && !started.needs.is_empty()
            && self.state.lock().ahead.has(&started.key)
        {
            return Err(Failure::Gone { key: pending.key.clone() });
        }
        if op.effect == Effect::Write {
            self.context.allow(&Intent::to(Action::Write))?;
        }
        let (is_of_data, order) = (!started.needs.is_empty() && !started.is_blind, started.order);
        // What is played under a raw id is remembered of nothing that has a name.
        let is_by_id = order == OpOrder::Alone && !started.is_remembering;
        let work = (started.work)(have);
        tokio::select! {
            biased;
            result = work => {
                if self.context.mode != Mode::Plan {
                    return result;
                }
                let result = result.map(|done| OpResult {
                    is_played: done.is_played && !is_by_id,
                    ..done.of_contents(contents)
                });
                let mut state = self.state.lock();
                if let Ok(done) = &result {
                    state.ahead.follow(op, (order, is_of_data), pending, done, &self.context.memory);
                }
                let explained = |failure| state.ahead.explain(failure, &pending.key);
                result.map_err(|failure| self.context.unless_blind(explained(failure)))
            }
            () = stop.hard.cancelled() => {
                // The work is given a last turn to see its own request fail.
                Err(Failure::cut_off(&pending.key.name, http::current_scope().is_writing()))
            }
        }
    }

    /// Waits for the op's turn; gives the values that it works on.
    async fn turn_of(
        &self,
        needs: &[Arc<Pending>],
        (turn, gate): (StartConditions, Option<Gate>),
    ) -> Result<Vec<Value>, Failure> {
        for earlier in &turn.over {
            earlier.ready().await;
        }
        for earlier in &turn.succeeded {
            if let Err(failure) = earlier.ready().await {
                return Err(earlier.skips(failure));
            }
        }
        let mut have = Vec::with_capacity(needs.len());
        for need in needs {
            if self.context.mode == Mode::Apply && need.is_planned() {
                return Err(Failure::not_known(format!("`{}`, which was only planned,", need.key)));
            }
            match need.ready().await {
                Ok(value) => have.push(value.clone()),
                Err(failure) => return Err(need.skips(failure)),
            }
        }
        if let Some(gate) = gate {
            gate.opens().await?;
        }
        Ok(have)
    }

    /// What a raw write would do: it is listed, and played where that can be done.
    async fn foresee(
        &self,
        op: &Op,
        started: StartedOp,
        have: Vec<Value>,
        contents: Option<String>,
        pending: &Pending,
    ) -> Result<OpResult, Failure> {
        let is_in_reach = started.order == OpOrder::Key && !self.state.lock().ahead.is_clouded(&started.key);
        let played = match started.play.filter(|_| is_in_reach) {
            Some(play) => play(have).await?,
            None => None,
        };
        match &played {
            Some(_) => self.state.lock().ahead.play(op, pending),
            None => self.state.lock().ahead.cloud(op, started.order, pending),
        }
        let OpResult { value, notes, foreseen, .. } = played.unwrap_or_else(OpResult::not_known);
        let cost = if foreseen.cost == Cost::default() { Cost::writes(1) } else { foreseen.cost };
        let foreseen = Foreseen { contents, cost, ..Foreseen::default() };
        let notes = [started.planned, notes].concat();
        Ok(OpResult { value, action: Some(Action::Write), notes, foreseen, ..OpResult::default() })
    }

    fn finish(
        &self,
        op: &'static Op,
        pending: &Arc<Pending>,
        result: Result<OpResult, Failure>,
        begun: Duration,
        attempts: u64,
    ) {
        let elapsed = self.context.client.clock().elapsed().saturating_sub(begun);
        let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let mut event = OpFinished { ms, attempts, ..OpFinished::unchanged(pending.id) };
        match result {
            Ok(done) => {
                event.action = done.action.unwrap_or(Action::None);
                // What is written into the project's folder, no answer of the server shows.
                let is_of_account =
                    event.action != Action::None && !self.context.files.is_written_by(pending);
                event.evidence = done.evidence.or(is_of_account.then_some(Evidence::Response));
                event.resource_id = Some(done.value.text("id").to_owned()).filter(|id| !id.is_empty());
                event.changes = done.changes;
                event.migrations = done.migrations;
                event.notes = done.notes;
                event.foreseen = Box::new(done.foreseen);
                if let Some(permit) = &self.context.permit {
                    if self.context.mode == Mode::Plan {
                        permit.compare(&event, &pending.at);
                    }
                    let real = event.resource_id.as_deref().unwrap_or_default();
                    event.notes.extend(permit.end(pending.id, event.action, real));
                }
                if self.context.mode != Mode::Apply && event.action != Action::None {
                    event.status = Status::Planned;
                    event.evidence = None;
                    pending.set_planned();
                    self.state.lock().ahead.plan(&pending.key);
                }
                self.context.events.emit(Event::OpFinished(event));
                pending.finish(Ok(done.value));
            }
            Err(failure) => {
                event.action = match op.effect {
                    Effect::Delete => Action::Delete,
                    Effect::Write => Action::Write,
                    // Cut off in the middle of a write: it can't be told any more which it was.
                    Effect::Ensure if failure.status() == Status::Unknown => Action::Write,
                    Effect::Ensure | Effect::Read | Effect::Local => Action::None,
                };
                match &failure {
                    Failure::Conflict { changes, .. } => event.changes.clone_from(changes),
                    Failure::Partly { action, migrations, notes, .. } => {
                        event.action = *action;
                        event.migrations.clone_from(migrations);
                        event.notes.clone_from(notes);
                    }
                    _ => {}
                }
                event.status = failure.status();
                event.error = Some(failure.problem());
                self.context.events.emit(Event::OpFinished(event));
                pending.finish(Err(failure));
            }
        }
    }

    /// Notes that the script has seen this failure and goes on: what it starts from now on may run, although what it
    /// had started before was skipped.
    pub fn catch(&self, pending: &Arc<Pending>) {
        let mut state = self.state.lock();
        state.queue.catch(pending);
        state.ensured.forget_caught();
    }

    /// What failed so far keeps nothing from running any more.
    pub fn forget_failures(&self) {
        let mut state = self.state.lock();
        state.queue.forget_failures();
        state.ensured.forget_caught();
    }

    /// Tells of an op that was decided without running: it takes the next number, in the innermost open step.
    pub fn tell(&self, mut started: OpStarted, mut finished: OpFinished) {
        let mut state = self.state.lock();
        state.next_op += 1;
        started.id = state.next_op;
        started.step = state.frames.last().map(|frame| frame.step).unwrap_or_default();
        drop(state);
        finished.id = started.id;
        self.context.events.emit(Event::OpStarted(started));
        self.context.events.emit(Event::OpFinished(finished));
    }

    /// Whether what was started so far would do anything, once all of it is over.
    pub fn would_do_anything(&self) -> bool {
        let started: Vec<_> = self.state.lock().frames.iter().flat_map(|frame| frame.ops.clone()).collect();
        for pending in started {
            pending.wait();
        }
        self.state.lock().ahead.is_any()
    }
}

#[cfg(test)]
mod tests;
