//! Decides which ops an op has to wait for.
//!
//! **Invariant:** whether a failure stands in the way of an op is settled when the op is started, so that it does not
//! depend on which of two threads is faster.

use super::failure::Failure;
use super::key::Key;
use super::start::OpOrder;
use super::value::Pending;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// When an op may run.
pub(super) struct StartConditions {
    /// These are over.
    pub(super) over: Vec<Arc<Pending>>,
    /// These have succeeded.
    pub(super) succeeded: Vec<Arc<Pending>>,
}

/// An op, and what must have succeeded before it.
struct QueuedOp {
    op: Arc<Pending>,
    after: Vec<Arc<Pending>>,
}

/// The ops of a run that others may have to wait for.
#[derive(Default)]
pub(super) struct Queue {
    last: HashMap<Key, Arc<Pending>>,
    /// Everything since the last op that ran alone, that one included.
    open: Vec<Arc<Pending>>,
    alone: Option<Arc<Pending>>,
    /// Every op that has not succeeded, in program order.
    links: Vec<QueuedOp>,
    /// The number of ops at which those that have succeeded are looked for again.
    tidied_at: usize,
}

/// Fewer are not worth looking for.
const TIDIED_MIN: usize = 64;

impl Queue {
    /// Puts an op in its place.
    pub(super) fn enter(
        &mut self,
        op: &Arc<Pending>,
        key: &Key,
        order: OpOrder,
        needs: &[Arc<Pending>],
    ) -> StartConditions {
        if order != OpOrder::Key || self.links.len() >= self.tidied_at {
            self.tidy();
        }
        let over = match order {
            OpOrder::Alone => std::mem::take(&mut self.open),
            OpOrder::Service => {
                let alone = |open: &Arc<Pending>| self.alone.iter().any(|alone| Arc::ptr_eq(alone, open));
                let before = |open: &&Arc<Pending>| open.key.service == key.service || alone(open);
                self.open.iter().filter(before).cloned().collect()
            }
            OpOrder::Key => self.last.get(key).or(self.alone.as_ref()).cloned().into_iter().collect(),
        };
        match order {
            OpOrder::Alone => {
                self.last.clear();
                self.alone = Some(op.clone());
            }
            OpOrder::Service => {}
            OpOrder::Key => {
                self.last.insert(key.clone(), op.clone());
            }
        }
        self.open.push(op.clone());
        let succeeded = self.uncaught(&over);
        let after: Vec<_> = succeeded.iter().chain(needs).cloned().collect();
        if after.iter().any(|earlier| earlier.is_caught()) {
            op.set_caught();
        }
        self.links.push(QueuedOp { op: op.clone(), after });
        StartConditions { over, succeeded }
    }

    /// Forgets what has succeeded: looking after twice as many are there than were left, an op takes as long however many
    /// there are.
    fn tidy(&mut self) {
        self.open.retain(|open| !has_succeeded(open));
        self.links.retain(|link| !has_succeeded(&link.op));
        self.tidied_at = TIDIED_MIN.max(2 * self.links.len());
    }

    /// Whether nothing on its key came after it.
    pub(super) fn is_last(&self, key: &Key, op: &Arc<Pending>) -> bool {
        self.last.get(key).is_some_and(|last| Arc::ptr_eq(last, op))
    }

    /// Lets what is started from now on run although this failed, and although what was started before was skipped.
    pub(super) fn catch(&mut self, op: &Arc<Pending>) {
        // The failure behind a skipped op is still to be seen.
        if matches!(op.peek(), Some(Err(Failure::Skipped { .. }))) {
            return;
        }
        op.set_caught();
        for link in &self.links {
            if link.after.iter().any(|earlier| earlier.is_caught()) {
                link.op.set_caught();
            }
        }
    }

    /// Lets everything run that is started from now on, whatever failed so far.
    pub(super) fn forget_failures(&mut self) {
        for link in &self.links {
            if matches!(link.op.peek(), Some(Err(_))) {
                link.op.set_caught();
            }
        }
    }

    /// These ops in program order; in place of one that was caught, what it came after itself.
    fn uncaught(&self, ops: &[Arc<Pending>]) -> Vec<Arc<Pending>> {
        let mut seen = BTreeMap::new();
        let mut open = ops.to_vec();
        while let Some(op) = open.pop() {
            let is_new = seen.insert(op.id, op.clone()).is_none();
            if is_new && op.is_caught() {
                let link = self.links.iter().find(|link| Arc::ptr_eq(&link.op, &op));
                open.extend(link.into_iter().flat_map(|link| link.after.iter().cloned()));
            }
        }
        seen.into_values().filter(|op| !op.is_caught()).collect()
    }
}

fn has_succeeded(op: &Pending) -> bool {
    matches!(op.peek(), Some(Ok(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Site;
    use crate::op::Value;

    /// Starts ops on keys, and ends them.
    #[derive(Default)]
    struct Bench {
        queue: Queue,
        next: u64,
    }

    impl Bench {
        fn enter(
            &mut self,
            name: &str,
            order: OpOrder,
            needs: &[&Arc<Pending>],
        ) -> (Arc<Pending>, StartConditions) {
            self.enter_of("kv", name, order, needs)
        }

        fn enter_of(
            &mut self,
            service: &'static str,
            name: &str,
            order: OpOrder,
            needs: &[&Arc<Pending>],
        ) -> (Arc<Pending>, StartConditions) {
            self.next += 1;
            let key = Key::new(service, name);
            let op = Pending::new(self.next, "KvNamespace", key.clone(), Site::default());
            let needs: Vec<_> = needs.iter().map(|need| Arc::clone(need)).collect();
            let turn = self.queue.enter(&op, &key, order, &needs);
            (op, turn)
        }
    }

    fn ids(ops: &[Arc<Pending>]) -> Vec<u64> {
        ops.iter().map(|op| op.id).collect()
    }

    fn fail(op: &Pending) {
        op.finish(Err(Failure::refused("failed", "no")));
    }

    fn skip(op: &Pending) {
        op.finish(Err(Failure::Skipped { because: "`kv/A`".into() }));
    }

    #[test]
    fn a_key_keeps_its_order_and_one_alone_that_of_all() {
        let mut bench = Bench::default();
        assert!(bench.enter("A", OpOrder::Key, &[]).1.succeeded.is_empty());
        let (second, turn) = bench.enter("A", OpOrder::Key, &[]);
        assert_eq!(ids(&turn.succeeded), [1]);
        assert!(bench.enter("B", OpOrder::Key, &[]).1.succeeded.is_empty());
        second.finish(Ok(Value::Unit));
        let (_, alone) = bench.enter("C", OpOrder::Alone, &[]);
        assert_eq!(ids(&alone.succeeded), [1, 3], "what has succeeded is not waited for");
        assert_eq!(ids(&bench.enter("B", OpOrder::Key, &[]).1.succeeded), [4]);
    }

    #[test]
    fn a_listing_comes_after_all_of_its_service_and_after_what_ran_alone() {
        let mut bench = Bench::default();
        bench.enter_of("cf", "/storage/kv/namespaces", OpOrder::Alone, &[]);
        bench.enter_of("r2", "abc", OpOrder::Key, &[]);
        bench.enter("A", OpOrder::Key, &[]);
        assert_eq!(ids(&bench.enter("", OpOrder::Service, &[]).1.succeeded), [1, 3]);
    }

    #[test]
    fn what_was_started_before_a_catch_is_skipped_and_what_comes_after_runs() {
        let mut bench = Bench::default();
        let (bad, _) = bench.enter("A", OpOrder::Key, &[]);
        let (dependent, before) = bench.enter("A", OpOrder::Key, &[]);
        let (running, _) = bench.enter("B", OpOrder::Key, &[]);
        let (alone, _) = bench.enter("C", OpOrder::Alone, &[]);
        fail(&bad);
        bench.queue.catch(&bad);
        assert_eq!(ids(&before.succeeded), [1], "settled when it was started");
        assert!(dependent.is_caught() && alone.is_caught() && !running.is_caught());
        let (_, after) = bench.enter("B", OpOrder::Key, &[]);
        assert_eq!(ids(&after.over), [4], "what is skipped still keeps the order");
        assert_eq!(ids(&after.succeeded), [3], "in its place stands what it came after");
    }

    #[test]
    fn an_op_that_needs_what_was_caught_keeps_nobody_from_running() {
        let mut bench = Bench::default();
        let (bad, _) = bench.enter("A", OpOrder::Key, &[]);
        fail(&bad);
        bench.queue.catch(&bad);
        let (dependent, _) = bench.enter("B", OpOrder::Key, &[&bad]);
        skip(&dependent);
        assert!(bench.enter("B", OpOrder::Key, &[]).1.succeeded.is_empty());
    }

    #[test]
    fn catching_a_skipped_op_catches_nothing() {
        let mut bench = Bench::default();
        let (bad, _) = bench.enter("A", OpOrder::Key, &[]);
        let (dependent, _) = bench.enter("A", OpOrder::Key, &[]);
        fail(&bad);
        skip(&dependent);
        bench.queue.catch(&dependent);
        let (_, next) = bench.enter("A", OpOrder::Key, &[]);
        assert_eq!(ids(&next.succeeded), [2]);
    }
}
