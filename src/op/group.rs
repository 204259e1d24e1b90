//! Steps that run together: a migration in one of them starts when every `ensure` of all of them has succeeded.
//!
//! **Invariant:** no op waits for one that waits for it. An `ensure` whose turn comes after such a migration is not waited
//! for, and a script that waits for the migration waits for nothing that it has not begun yet.

use super::entry::Effect;
use super::failure::Failure;
use super::queue::StartConditions;
use super::start::StartedOp;
use super::value::Pending;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::watch;

/// The groups whose closures still run.
#[derive(Default)]
pub(super) struct Groups {
    open: Vec<Group>,
    /// Ops that wait for a group, and all whose turn comes after one of them.
    behind: HashSet<u64>,
}

struct Group {
    number: u64,
    ensures: Vec<Arc<Pending>>,
    begun: watch::Sender<Option<GroupStart>>,
}

/// The message to an op that waits for its group.
#[derive(Clone)]
enum GroupStart {
    All(Vec<Arc<Pending>>),
    /// A closure has failed, so that some may never have begun.
    Broken(String),
}

/// What an op waits for.
pub(super) struct Gate(watch::Receiver<Option<GroupStart>>);

impl Groups {
    /// The steps of this number run together.
    pub(super) fn open(&mut self, number: u64) {
        self.open.push(Group { number, ensures: Vec::new(), begun: watch::channel(None).0 });
    }

    /// The closures of its steps have run; `broken` names the step of one that failed.
    pub(super) fn close(&mut self, number: u64, broken: Option<String>) {
        for group in self.open.extract_if(.., |group| group.number == number) {
            group.tell(broken.clone().map(GroupStart::Broken));
        }
        if self.open.is_empty() {
            self.behind.clear();
        }
    }

    /// Takes an op of the step of this number in; gives what it waits for beside its turn.
    pub(super) fn enter(
        &mut self,
        number: u64,
        op: &Arc<Pending>,
        effect: Effect,
        started: &StartedOp,
        turn: &StartConditions,
    ) -> Option<Gate> {
        if self.open.is_empty() {
            return None;
        }
        let mut earlier = turn.over.iter().chain(&turn.succeeded).chain(&started.needs);
        let is_behind = earlier.any(|earlier| self.behind.contains(&earlier.id));
        let group = self.open.iter_mut().find(|group| group.number == number);
        let gate = match group {
            Some(group) if started.is_after_group => Some(Gate(group.begun.subscribe())),
            Some(group) if effect == Effect::Ensure && !is_behind => {
                group.ensures.push(op.clone());
                None
            }
            _ => None,
        };
        if is_behind || gate.is_some() {
            self.behind.insert(op.id);
        }
        gate
    }

    /// The script stands still until this op is over: what waits for the rest of a group goes on without it.
    pub(super) fn script_waits_for(&mut self, op: &Pending) {
        if self.behind.contains(&op.id) {
            for group in &mut self.open {
                group.tell(None);
                group.begun = watch::channel(None).0;
            }
        }
    }
}

impl Group {
    fn tell(&self, broken: Option<GroupStart>) {
        self.begun.send_replace(Some(broken.unwrap_or_else(|| GroupStart::All(self.ensures.clone()))));
    }
}

impl Gate {
    /// Waits until all have succeeded.
    pub(super) async fn opens(mut self) -> Result<(), Failure> {
        // A run that was given up tells nothing any more.
        let told = self.0.wait_for(Option::is_some).await.map_err(|_| Failure::Interrupted)?.clone();
        match told {
            None => Ok(()),
            Some(GroupStart::Broken(step)) => Err(Failure::Skipped { because: format!("step `{step}`") }),
            Some(GroupStart::All(ensures)) => {
                for ensure in ensures {
                    if let Err(failure) = ensure.ready().await
                        && !ensure.is_caught()
                    {
                        return Err(ensure.skips(failure));
                    }
                }
                Ok(())
            }
        }
    }
}
