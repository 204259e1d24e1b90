use super::*;
use crate::events::{OpStarted, Status};
use crate::op::scripted_run::{ScriptedRun, done, ends, fails, op, words};
use crate::op::{Effect, Mode, Op, OpResult, StartedOp};

fn ensure(name: &'static str) -> Op {
    op("ensure", Effect::Ensure, move || done(name))
}

fn migrate(name: &'static str) -> Op {
    op("migrate", Effect::Ensure, move || done(name).after_group())
}

fn bad(name: &'static str) -> Op {
    op("ensure", Effect::Ensure, move || fails(name))
}

fn step_of(started: &OpStarted) -> (&str, u64) {
    (&started.resource, started.step)
}

#[test]
fn an_op_belongs_to_the_innermost_open_step() {
    let run = ScriptedRun::new(Mode::Apply);
    let steps = &run.scheduler;
    run.start(ensure("A"));
    assert_eq!(steps.next_group(), 1);
    steps.open_step("outer", 1);
    run.start(ensure("B"));
    assert_eq!(steps.next_group(), 2);
    steps.open_step("inner", 2);
    run.start(ensure("C"));
    let inner = steps.close_step().unwrap();
    run.start(ensure("D"));
    let outer = steps.close_step().unwrap();
    run.start(ensure("E"));
    assert!(steps.close_step().is_none(), "what stands outside every step stays open");
    run.start(ensure("F"));
    let started = run.started();
    let found: Vec<_> = started.iter().map(step_of).collect();
    assert_eq!(found, [("A", 0), ("B", 1), ("C", 2), ("D", 1), ("E", 0), ("F", 0)]);
    let names = |frame: &StepFrame| frame.ops.iter().map(|op| op.key.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (inner.name.as_str(), inner.step, inner.group, names(&inner)),
        ("inner", 2, 2, vec!["C".into()])
    );
    assert_eq!((outer.step, names(&outer)), (1, vec!["B".into(), "D".into()]));
    let root = steps.take_root();
    assert_eq!((root.step, names(&root)), (0, vec!["A".into(), "E".into(), "F".into()]));
    assert_eq!(names(&steps.take_root()), Vec::<String>::new());
}

/// The end of a step in which these were started; and the names of those that it says have failed.
fn joined(run: &ScriptedRun, ops: Vec<Op>, closure_failed: bool) -> (StepStatus, u64, Vec<String>) {
    run.passes(Duration::from_secs(1));
    run.scheduler.open_step("a step", 0);
    let started: Vec<_> = ops.into_iter().map(|op| run.start(op)).collect();
    for pending in started {
        let _ = pending.wait();
    }
    run.passes(Duration::from_millis(250));
    let joined = run.scheduler.join(run.scheduler.close_step().unwrap(), closure_failed);
    let failed = joined.failures.iter().map(|(pending, _)| pending.key.name.clone()).collect();
    let mut finished = run.events().into_iter().filter_map(|event| match event {
        Event::StepFinished { status, ms, .. } => Some((status, ms)),
        _ => None,
    });
    let (status, ms) = finished.next_back().unwrap();
    (status, ms, failed)
}

#[test]
fn a_step_has_failed_where_an_op_of_it_did_by_itself() {
    let of = |ops: Vec<Op>| joined(&ScriptedRun::new(Mode::Apply), ops, false);
    assert_eq!(of(vec![ensure("A")]), (StepStatus::Ok, 250, vec![]));
    let skipped = vec![ensure("A"), bad("B"), ensure("B"), bad("C")];
    assert_eq!(of(skipped), (StepStatus::Failed, 250, vec!["B".into(), "C".into()]));
    let not_known = op("get", Effect::Read, || ends("A", Err(Failure::not_known("it"))));
    assert_eq!(of(vec![not_known]), (StepStatus::Ok, 250, vec!["A".into()]));
    let by_closure = joined(&ScriptedRun::new(Mode::Apply), vec![ensure("A")], true);
    assert_eq!(by_closure, (StepStatus::Failed, 250, vec![]));
}

#[test]
fn what_the_script_has_caught_is_no_failure_of_its_step() {
    let run = ScriptedRun::new(Mode::Apply);
    run.scheduler.open_step("a step", 0);
    let one = run.start(bad("A"));
    let _ = run.scheduler.wait(&one);
    run.scheduler.catch(&one);
    let joined = run.scheduler.join(run.scheduler.close_step().unwrap(), false);
    assert!(joined.failures.is_empty() && joined.name == "a step");
}

#[test]
fn a_step_is_interrupted_where_nothing_else_keeps_it_from_its_end() {
    let stopped = || {
        let run = ScriptedRun::new(Mode::Apply);
        run.stop.soft.cancel();
        run
    };
    assert_eq!(joined(&stopped(), vec![ensure("A")], false).0, StepStatus::Interrupted);
    assert_eq!(joined(&stopped(), vec![], true).0, StepStatus::Interrupted);
    assert_eq!(joined(&stopped(), vec![], false).0, StepStatus::Ok);
    let run = ScriptedRun::new(Mode::Apply);
    run.scheduler.open_step("outer", 0);
    let failed = run.start(bad("A"));
    let _ = failed.wait();
    run.stop.soft.cancel();
    let _ = run.start(ensure("B")).wait();
    run.events();
    run.scheduler.join(run.scheduler.close_step().unwrap(), false);
    let ended = run.events();
    assert_eq!(ended, [Event::StepFinished { step: 1, status: StepStatus::Failed, ms: 0 }]);
}

#[test]
fn what_stands_outside_every_step_ends_without_an_event() {
    let run = ScriptedRun::new(Mode::Apply);
    let one = run.start(bad("A"));
    let _ = one.wait();
    run.events();
    let joined = run.scheduler.join(run.scheduler.take_root(), false);
    assert_eq!((joined.failures.len(), run.events()), (1, vec![]));
}

#[test]
fn a_migration_waits_for_every_ensure_of_the_steps_that_run_together() {
    let run = ScriptedRun::new(Mode::Apply);
    let steps = &run.scheduler;
    let group = steps.next_group();
    steps.open_group(group);
    steps.open_step("first", group);
    let migration = run.start(migrate("A"));
    let first = steps.close_step().unwrap();
    steps.open_step("second", group);
    let failed = run.start(bad("B"));
    let second = steps.close_step().unwrap();
    let _ = failed.wait();
    assert!(migration.peek().is_none());
    steps.close_group(group, None);
    assert_eq!(steps.join(first, false).failures.len(), 0, "it was skipped");
    assert_eq!(words(&migration), "not done, because `kv/B` failed");
    assert_eq!(steps.join(second, false).failures.len(), 1);
}

#[test]
fn a_migration_is_skipped_where_a_closure_of_its_group_has_failed() {
    let run = ScriptedRun::new(Mode::Apply);
    let group = run.scheduler.next_group();
    run.scheduler.open_group(group);
    run.scheduler.open_step("first", group);
    let migration = run.start(migrate("A"));
    run.scheduler.close_group(group, Some("second".into()));
    assert_eq!(words(&migration), "not done, because step `second` failed");
    assert_eq!(run.ended(&migration).status, Status::Skipped);
}

#[test]
fn a_script_that_waits_for_a_migration_does_not_wait_for_its_group() {
    let run = ScriptedRun::new(Mode::Apply);
    let group = run.scheduler.next_group();
    run.scheduler.open_group(group);
    run.scheduler.open_step("first", group);
    let migration = run.start(migrate("A"));
    assert!(run.scheduler.wait(&migration).is_ok());
}

#[test]
fn what_stands_outside_every_step_belongs_to_no_group() {
    let run = ScriptedRun::new(Mode::Apply);
    run.scheduler.open_group(run.scheduler.next_group());
    assert!(run.start(migrate("A")).wait().is_ok());
    run.scheduler.take_root();
    assert!(run.start(migrate("A")).wait().is_ok());
}

#[test]
fn a_plan_has_nothing_to_wait_for() {
    let run = ScriptedRun::new(Mode::Plan);
    let group = run.scheduler.next_group();
    run.scheduler.open_group(group);
    run.scheduler.open_step("first", group);
    let one = op("migrate", Effect::Ensure, || StartedOp {
        is_after_group: true,
        ..ends("A", Ok(OpResult::default()))
    });
    assert!(run.start(one).wait().is_ok());
}
