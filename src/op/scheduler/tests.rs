mod dry_runs;
mod permits;

use super::*;
use crate::events::Change;
use crate::http::{Class, Endpoint};
use crate::op::scripted_run::{ScriptedRun, at, done, ends, fails, failure, give, op, signal, words};
use crate::op::{HandleOrId, Key, Permit, Planned, ReturnShape, RunInfo};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

static READ: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/x",
    permission: "",
    class: Class::Read,
    doing: "read it",
    meanings: &[],
};

fn ensure(name: &'static str) -> Op {
    op("ensure", Effect::Ensure, move || done(name))
}

/// `ensure` with options.
fn ensure_as(name: &'static str, options: Json) -> Op {
    op("ensure", Effect::Ensure, move || StartedOp { options: Some(options.clone()), ..done(name) })
}

fn read(name: &'static str) -> Op {
    op("get", Effect::Read, move || done(name))
}

/// A read of what a handle is about.
fn read_of(handle: &Arc<Pending>) -> Op {
    let handle = handle.clone();
    op("get", Effect::Read, move || StartedOp { needs: vec![handle.clone()], ..done(&handle.key.name) })
}

fn write(name: &'static str) -> Op {
    op("put", Effect::Write, move || done(name))
}

fn with_action(action: Action) -> OpResult {
    OpResult { action: Some(action), ..OpResult::default() }
}

fn would(name: &'static str, effect: Effect, action: Action) -> Op {
    op("ensure", effect, move || ends(name, Ok(with_action(action))))
}

fn change() -> Change {
    Change { field: "/a".into(), from: json!(1), to: json!(2) }
}

fn planned(op: &str, resource: &str, action: Action) -> Planned {
    Planned {
        service: "kv".into(),
        op: op.into(),
        kind: "KvNamespace".into(),
        logical: None,
        resource: resource.into(),
        jurisdiction: None,
        action,
        id: None,
        changes: Vec::new(),
        observed: BTreeMap::new(),
        entries: BTreeSet::new(),
        contents: None,
        folder: None,
        migrations: Vec::new(),
        cost: Cost::default(),
        at: Site::default(),
    }
}

#[test]
fn what_is_said_of_an_op_is_all_that_is_known_of_it() {
    let run = ScriptedRun::new(Mode::Apply);
    run.passes(Duration::from_secs(1));
    run.scheduler.open_step("create", run.scheduler.next_group());
    let foreseen = Foreseen { asked: BTreeMap::from([("/a".into(), json!(2))]), ..Foreseen::default() };
    let (context, expected) = (run.context().clone(), foreseen.clone());
    let one = op("ensure", Effect::Ensure, move || {
        let key = Key { jurisdiction: Some("eu".into()), ..Key::new("kv", "A") };
        let (context, foreseen) = (context.clone(), foreseen.clone());
        let started = StartedOp::new(key, move |_| async move {
            let _: Json = context.client.read(READ.call()).await.unwrap();
            context.client.clock().sleep(Duration::from_millis(1500)).await;
            Ok(OpResult {
                value: Value::from(json!({"id": "u-1"})),
                action: Some(Action::Update),
                changes: vec![change()],
                migrations: vec!["0001_a.sql".into()],
                notes: vec!["a note".into()],
                foreseen,
                ..OpResult::default()
            })
        });
        started.about("the subject")
    });
    let origin =
        CallOrigin { at: at(3), logical: Some("a".into()), shared: true, holds: Some("keys".into()) };
    let handle = run.call(one, None, Vec::new(), origin).unwrap();
    assert_eq!(handle.wait().as_ref().unwrap().text("id"), "u-1");
    assert_eq!((handle.kind, &handle.at, handle.is_planned()), ("KvNamespace", &at(3), false));
    let started = OpStarted {
        id: 1,
        step: 1,
        service: "kv".into(),
        op: "ensure".into(),
        kind: "KvNamespace".into(),
        logical: Some("a".into()),
        resource: "A".into(),
        jurisdiction: Some("eu".into()),
        shared: true,
        holds: Some("keys".into()),
        reads: false,
        subject: Some("the subject".into()),
        at: at(3),
    };
    let finished = OpFinished {
        action: Action::Update,
        evidence: Some(Evidence::Response),
        resource_id: Some("u-1".into()),
        changes: vec![change()],
        migrations: vec!["0001_a.sql".into()],
        notes: vec!["a note".into()],
        ms: 1500,
        attempts: 1,
        foreseen: Box::new(expected),
        ..OpFinished::unchanged(1)
    };
    assert_eq!(
        run.events(),
        [
            Event::StepStarted { step: 1, name: "create".into(), group: 1 },
            Event::OpStarted(started),
            Event::OpFinished(finished),
        ]
    );
}

#[test]
fn the_kind_is_that_of_the_result_else_that_of_the_receiver() {
    let run = ScriptedRun::new(Mode::Apply);
    run.end(read("A"));
    run.end(Op { shape: ReturnShape::Data("text"), receiver: Some("R2Bucket"), ..read("A") });
    run.end(Op { shape: ReturnShape::Data("text"), ..read("A") });
    let kinds: Vec<(u64, String, bool)> =
        run.started().into_iter().map(|started| (started.id, started.kind, started.reads)).collect();
    let expected = [(1, "KvNamespace", true), (2, "R2Bucket", true), (3, "", true)];
    assert_eq!(kinds, expected.map(|(id, kind, reads)| (id, kind.to_owned(), reads)));
}

#[test]
fn a_write_rests_on_the_answer_unless_something_else_is_known() {
    let run = ScriptedRun::new(Mode::Apply);
    let evidence = |action, evidence, writes: Option<&'static str>| {
        let ended = run.end(op("ensure", Effect::Ensure, move || StartedOp {
            writes: writes.map(Into::into),
            ..ends("A", Ok(OpResult { action, evidence, ..OpResult::default() }))
        }));
        (ended.action, ended.evidence, ended.status)
    };
    let (create, response, probe) = (Action::Create, Some(Evidence::Response), Some(Evidence::Probe));
    assert_eq!(evidence(Some(create), None, None), (create, response, Status::Done));
    assert_eq!(evidence(Some(create), probe, None), (create, probe, Status::Done));
    // No server says that a file was written.
    assert_eq!(evidence(Some(create), None, Some("/a.json")), (create, None, Status::Done));
    assert_eq!(evidence(None, None, None), (Action::None, None, Status::Done));
    assert_eq!(run.end(ensure("B")).resource_id, None);
}

type MakeFailure = fn() -> Failure;

#[test]
fn how_a_failure_is_reported() {
    let run = ScriptedRun::new(Mode::Apply);
    let unknown = || Failure::cut_off("A", true);
    let partly = || Failure::Partly {
        cause: Box::new(failure()),
        action: Action::Apply,
        migrations: vec!["0001_a.sql".into()],
        notes: vec!["one file is there".into()],
    };
    let conflict =
        || Failure::Conflict { kind: "KvNamespace", key: Key::new("kv", "A"), changes: vec![change()] };
    let cases: [(Effect, MakeFailure, Action, Status); 9] = [
        (Effect::Delete, failure, Action::Delete, Status::Failed),
        (Effect::Write, failure, Action::Write, Status::Failed),
        (Effect::Ensure, failure, Action::None, Status::Failed),
        (Effect::Read, failure, Action::None, Status::Failed),
        (Effect::Local, failure, Action::None, Status::Failed),
        (Effect::Ensure, unknown, Action::Write, Status::Unknown),
        (Effect::Read, unknown, Action::None, Status::Unknown),
        (Effect::Ensure, conflict, Action::None, Status::Conflict),
        (Effect::Write, partly, Action::Apply, Status::Failed),
    ];
    for (effect, make, action, status) in cases {
        run.scheduler.forget_failures();
        let ended = run.end(op("do", effect, move || ends("A", Err(make()))));
        let (mut changes, mut migrations, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        match make() {
            Failure::Conflict { changes: fixed, .. } => changes = fixed,
            Failure::Partly { migrations: applied, notes: true_now, .. } => {
                (migrations, notes) = (applied, true_now);
            }
            _ => {}
        }
        let error = Some(make().problem());
        let expected = OpFinished {
            action,
            status,
            changes,
            migrations,
            notes,
            error,
            ..OpFinished::unchanged(ended.id)
        };
        assert_eq!(ended, expected, "{effect:?}");
    }
}

#[test]
fn an_op_that_panics_is_a_bug_and_its_handle_is_over() {
    let run = ScriptedRun::new(Mode::Apply);
    let ended = run.end(op("get", Effect::Read, || {
        StartedOp::new(Key::new("kv", "A"), |_| async { panic!("on purpose") })
    }));
    assert_eq!((ended.status, ended.error.unwrap().kind.as_str()), (Status::Failed, Failure::BUG));
}

#[test]
fn the_same_ensure_again_is_the_same_handle() {
    let run = ScriptedRun::new(Mode::Apply);
    let start = |op| run.call(op, None, Vec::new(), CallOrigin { at: at(1), ..CallOrigin::default() });
    let first = start(ensure_as("A", json!({"a": 1}))).unwrap();
    let again = start(ensure_as("A", json!({"a": 1}))).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(run.started().len(), 1);
    let other = || start(ensure_as("A", json!({"a": 2})));
    let said = "`kv/A` was already ensured with other options at main.rhai:1:1";
    assert_eq!(other().unwrap_err().to_string(), said);
    // What only reads it changes nothing about that; what removes it does.
    start(read("A")).unwrap();
    assert_eq!(other().unwrap_err().to_string(), said);
    start(would("A", Effect::Delete, Action::Delete)).unwrap();
    assert_eq!(other().unwrap().wait().as_ref().map_err(ToString::to_string).map(Value::type_name), Ok("()"));
}

#[test]
fn what_failed_may_be_asked_for_otherwise_once_it_is_caught() {
    for is_caught in [true, false] {
        let run = ScriptedRun::new(Mode::Apply);
        let bad = op("ensure", Effect::Ensure, || StartedOp { options: Some(json!(1)), ..fails("A") });
        let bad = run.start(bad);
        assert_eq!(words(&bad), "no");
        assert_eq!(words(&run.start(read("A"))), "not done, because `kv/A` failed");
        if is_caught {
            run.scheduler.catch(&bad);
        } else {
            run.scheduler.forget_failures();
        }
        let other = run.start(ensure_as("A", json!(2)));
        assert!(other.wait().is_ok());
    }
}

#[test]
fn an_op_waits_for_those_before_it_on_its_key_also_for_one_that_is_caught() {
    let run = ScriptedRun::new(Mode::Apply);
    let order = Arc::new(Mutex::new(Vec::new()));
    let (go, log) = (signal(), order.clone());
    let (until, first) = (go.clone(), move || {
        let (until, log) = (go.clone(), log.clone());
        StartedOp::new(Key::new("kv", "A"), move |_| async move {
            let _ = until.ready().await;
            log.lock().push("first");
            Err(failure())
        })
    });
    let first = run.start(op("ensure", Effect::Ensure, first));
    run.scheduler.catch(&first);
    let log = order.clone();
    let second = run.start(op("get", Effect::Read, move || {
        let log = log.clone();
        StartedOp::new(Key::new("kv", "A"), move |_| async move {
            log.lock().push("second");
            Ok(OpResult::default())
        })
    }));
    assert!(run.start(read("B")).wait().is_ok(), "another key does not wait");
    give(&until);
    assert!(second.wait().is_ok());
    assert_eq!(*order.lock(), ["first", "second"]);
}

#[test]
fn an_op_is_given_what_its_handles_came_to_and_skipped_where_one_failed() {
    let run = ScriptedRun::new(Mode::Apply);
    let value = |name: &'static str, id: &'static str| {
        let value = Value::from(json!({ "id": id }));
        run.start(op("ensure", Effect::Ensure, move || ends(name, Ok(OpResult::unchanged(value.clone())))))
    };
    let needs = vec![value("A", "a"), value("B", "b")];
    let both = run.start(op("get", Effect::Read, move || {
        let work = |have: Vec<Value>| async move { Ok(OpResult::unchanged(Value::List(have))) };
        StartedOp { needs: needs.clone(), ..StartedOp::new(Key::new("kv", "C"), work) }
    }));
    let given = both.wait().as_ref().unwrap().to_json().unwrap();
    assert_eq!(given, json!([{"id": "a"}, {"id": "b"}]));

    let bad = run.start(op("ensure", Effect::Ensure, || fails("D")));
    let uses = |handle: &Arc<Pending>, name: &'static str| {
        let handle = handle.clone();
        op("get", Effect::Read, move || StartedOp { needs: vec![handle.clone()], ..done(name) })
    };
    let skipped = run.start(uses(&bad, "E"));
    assert_eq!(words(&skipped), "not done, because `kv/D` failed");
    assert_eq!(words(&run.start(uses(&skipped, "F"))), "not done, because `kv/D` failed");
}

#[test]
fn what_was_only_planned_can_not_be_used_in_a_run_that_writes() {
    let plan = ScriptedRun::new(Mode::Plan);
    let handle = plan.start(would("A", Effect::Ensure, Action::Create));
    assert_eq!(plan.ended(&handle).status, Status::Planned);
    assert!(handle.is_planned());
    let there = plan.start(ensure("B"));
    assert_eq!((plan.ended(&there).status, there.is_planned()), (Status::Done, false));

    let run = ScriptedRun::new(Mode::Apply);
    let said = "`kv/A`, which was only planned, is only known after apply";
    assert_eq!(words(&run.start(read_of(&handle))), said);
    assert!(run.start(read_of(&there)).wait().is_ok());
    let other = ScriptedRun::new(Mode::Plan);
    assert!(other.start(read_of(&handle)).wait().is_ok());
}

#[test]
fn nothing_new_is_begun_after_a_stop() {
    let run = ScriptedRun::new(Mode::Apply);
    run.stop.soft.cancel();
    assert_eq!(words(&run.start(ensure("A"))), "not done, because the run was interrupted");
}

#[test]
fn what_is_given_up_is_in_doubt_where_a_write_was_under_way() {
    for (is_writing, effect, action, status) in [
        (false, Effect::Ensure, Action::None, Status::Skipped),
        (true, Effect::Ensure, Action::Write, Status::Unknown),
    ] {
        let run = ScriptedRun::new(Mode::Apply);
        let begun = signal();
        let at_work = begun.clone();
        let hanging = run.start(op("ensure", effect, move || {
            let begun = begun.clone();
            StartedOp::new(Key::new("kv", "A"), move |_| async move {
                http::current_scope().set_in_doubt(is_writing);
                give(&begun);
                std::future::pending().await
            })
        }));
        let _ = at_work.wait();
        run.stop.hard.cancel();
        let ended = run.ended(&hanging);
        assert_eq!((ended.action, ended.status), (action, status));
    }
}

#[test]
fn an_op_that_was_decided_elsewhere_takes_the_next_number_in_its_step() {
    let run = ScriptedRun::new(Mode::Apply);
    run.end(read("A"));
    let started = OpStarted { id: 9, step: 9, ..run.started().remove(0) };
    run.scheduler.open_step("first", 0);
    run.events();
    run.scheduler.tell(started.clone(), OpFinished::unchanged(9));
    assert_eq!(
        run.events(),
        [
            Event::OpStarted(OpStarted { id: 2, step: 1, ..started }),
            Event::OpFinished(OpFinished::unchanged(2))
        ]
    );
    assert_eq!(run.end(read("C")).id, 3);
}
