//! What a dry run has planned so far, and which reads can therefore not be answered: the account is not yet as the
//! recipe would find it.
//!
//! **Invariant:** an op judges nothing that an earlier op of the same run would change unseen.

use super::cause::Cause;
use super::entry::{Effect, Op};
use super::failure::Failure;
use super::key::Key;
use super::memory::Memory;
use super::start::{OpOrder, OpResult, StartedOp};
use super::value::Pending;
use crate::events::Action;
use std::collections::{HashMap, HashSet};

#[derive(Default)]
pub(super) struct PlannedState {
    planned: HashSet<Key>,
    /// Whose data is not known any more.
    data: HashMap<Key, Cause>,
    /// What was played last, by whose data it changes.
    played: HashMap<Key, Cause>,
    /// What is gone, and by what.
    removed: HashMap<Key, Cause>,
    /// Nothing is, after this.
    all: Option<Cause>,
}

impl PlannedState {
    /// An op would create, change or remove this.
    pub(super) fn plan(&mut self, key: &Key) {
        self.planned.insert(key.clone());
    }

    /// Whether an op would.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.planned.contains(key)
    }

    /// Whether anything would be done.
    pub(super) fn is_any(&self) -> bool {
        !self.planned.is_empty() || self.all.is_some()
    }

    /// What comes after this op can't be known as far as the op reaches.
    pub(super) fn cloud(&mut self, op: &Op, order: OpOrder, pending: &Pending) {
        let cause = cause(op, pending);
        match order {
            OpOrder::Alone => {
                self.all.get_or_insert(cause);
            }
            OpOrder::Key | OpOrder::Service => {
                self.data.entry(pending.key.clone()).or_insert(cause);
            }
        }
    }

    /// What a write would do is remembered.
    pub(super) fn play(&mut self, op: &Op, pending: &Pending) {
        self.played.insert(pending.key.clone(), cause(op, pending));
    }

    /// A failure with what came before it, where it rests on what was played.
    pub(super) fn explain(&self, failure: Failure, key: &Key) -> Failure {
        match failure {
            Failure::NotKnown { what, after: None } => not_known(what, self.played.get(key).cloned()),
            other => other,
        }
    }

    /// Whether the data of a resource is not known any more.
    pub(super) fn is_clouded(&self, key: &Key) -> bool {
        self.all.is_some() || self.data.contains_key(key)
    }

    /// An op has said what it would do. What it does not play can't be known afterwards; what it would make is empty.
    pub(super) fn follow(
        &mut self,
        op: &Op,
        (order, is_of_data): (OpOrder, bool),
        pending: &Pending,
        done: &OpResult,
        memory: &Memory,
    ) {
        let action = done.action.unwrap_or(Action::None);
        if action == Action::None {
            return;
        }
        if order == OpOrder::Alone && done.is_played {
            self.play(op, pending);
        } else if order == OpOrder::Alone {
            self.cloud(op, order, pending);
        } else if op.effect == Effect::Delete {
            memory.forget(&pending.key);
            self.removed.insert(pending.key.clone(), cause(op, pending));
            self.cloud(op, order, pending);
        } else if is_of_data && !done.is_played {
            self.cloud(op, order, pending);
        } else if is_of_data {
            self.play(op, pending);
        } else if action == Action::Create {
            memory.forget(&pending.key);
            self.removed.remove(&pending.key);
            self.data.remove(&pending.key);
        }
    }

    /// Why an op can't be judged yet, or can't work, if so.
    pub(super) fn hides(&self, op: &Op, started: &StartedOp) -> Option<Failure> {
        // A removal of what is gone is done already, and how long it can still be read only the service knows.
        if !matches!(op.effect, Effect::Delete | Effect::Read)
            && !started.needs.is_empty()
            && let Some(Cause { op, at }) = self.removed.get(&started.key)
        {
            let message = format!("`{}` is removed before, by `{op}` at {at}", started.key);
            let hint = "use it before it is removed, or make it again first";
            return Some(Failure::refused_with_hint("removed", message, hint));
        }
        if matches!(op.effect, Effect::Write | Effect::Local) {
            return None;
        }
        let key = &started.key;
        if let Some(cause) = &self.all {
            return Some(not_known(what(op, key), Some(cause.clone())));
        }
        let is_of_data = !started.needs.is_empty() && !started.is_blind;
        if is_of_data && let Some(cause) = self.data.get(key) {
            return Some(not_known(what(op, key), Some(cause.clone())));
        }
        let would_change = match (op.effect, started.order) {
            (Effect::Read, OpOrder::Alone) => self.is_any(),
            (Effect::Ensure, _) => started.is_of_services && self.is_any(),
            // A listing has what is planned laid over it; only the data of a resource is out of reach.
            (Effect::Read, OpOrder::Key) => is_of_data && !started.is_remembering && self.has(key),
            _ => false,
        };
        would_change.then(|| not_known(what(op, key), None))
    }

    /// Why an op can't be judged where the account is not asked, if it can't: it is about something that the recipe has not
    /// made.
    pub(super) fn leaves_to_account(&self, op: &Op, started: &StartedOp) -> Option<Failure> {
        let is_made_here =
            !started.needs.is_empty() || started.order == OpOrder::Key && self.has(&started.key);
        let depends = match op.effect {
            Effect::Read => !is_made_here,
            // By a raw id.
            Effect::Ensure | Effect::Delete => started.order == OpOrder::Alone && !started.is_remembering,
            Effect::Write | Effect::Local => false,
        };
        let verb = if op.effect == Effect::Read { "gives" } else { "does" };
        depends.then(|| Failure::OfAccount { what: format!("what `{}` {verb}", op.path()) })
    }
}

fn cause(op: &Op, pending: &Pending) -> Cause {
    Cause { op: op.path(), at: pending.at.clone() }
}

/// What an op would tell.
fn what(op: &Op, key: &Key) -> String {
    match (op.effect, key.name.as_str()) {
        (Effect::Read, "") => format!("what `{}` holds", key.service),
        (Effect::Read, _) => format!("the data of `{key}`"),
        _ => format!("what `{}` does to `{key}`", op.path()),
    }
}

fn not_known(what: String, after: Option<Cause>) -> Failure {
    Failure::NotKnown { what, after }
}
