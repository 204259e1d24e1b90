//! What a run that only plans, or only asks what a recipe names, does in place of its ops.

use super::*;

fn gives(json: Json) -> OpResult {
    OpResult::unchanged(Value::from(json))
}

/// A raw write on `kv/NAME` that is played so.
fn played(name: &'static str, order: OpOrder, result: impl Fn() -> Option<OpResult> + Sync + 'static) -> Op {
    op("put", Effect::Write, move || {
        let result = result();
        let started = ends(name, Err(failure())).playing(|_| async move { Ok(result) });
        StartedOp { order, planned: vec!["as planned".into()], ..started }
    })
}

/// A method that works on the data of what a handle is about.
fn method(handle: &Arc<Pending>, order: OpOrder, result: impl Fn() -> OpResult + Sync + 'static) -> Op {
    let handle = handle.clone();
    op("load", Effect::Ensure, move || {
        let started = ends(&handle.key.name, Ok(result()));
        StartedOp { order, needs: vec![handle.clone()], ..started }
    })
}

fn digest_of(op: &Op, args: &[Value]) -> String {
    digest(&contents(op, None, args))
}

#[test]
fn a_raw_write_is_listed_and_not_sent() {
    let run = ScriptedRun::new(Mode::Plan);
    let args = vec![Value::from(json!("a key"))];
    let one = || played("A", OpOrder::Key, || None);
    let handle = run.call(one(), None, args.clone(), CallOrigin::default()).unwrap();
    let ended = run.ended(&handle);
    let foreseen =
        Foreseen { contents: Some(digest_of(&one(), &args)), cost: Cost::writes(1), ..Foreseen::default() };
    let expected = OpFinished {
        action: Action::Write,
        status: Status::Planned,
        notes: vec!["as planned".into()],
        foreseen: Box::new(foreseen),
        ..OpFinished::unchanged(1)
    };
    assert_eq!(ended, expected);
    assert!(matches!(handle.wait(), Ok(Value::NotKnown)) && handle.is_planned());
    assert_eq!(words(&run.start(read_of(&handle))), "the data of `kv/A` is only known after apply");
}

#[test]
fn a_raw_write_that_is_played_says_what_it_comes_to() {
    let run = ScriptedRun::new(Mode::Plan);
    let cost = Cost { reads: 2, writes: 3 };
    let handle = run.start(played("A", OpOrder::Key, move || {
        let foreseen = Foreseen { cost, ..Foreseen::default() };
        Some(OpResult { notes: vec!["and played".into()], foreseen, ..gives(json!({"id": "x"})) })
    }));
    let ended = run.ended(&handle);
    assert_eq!((ended.action, ended.foreseen.cost), (Action::Write, cost));
    assert_eq!(ended.notes, ["as planned", "and played"]);
    assert_eq!(handle.wait().as_ref().unwrap().text("id"), "x");
    let remembering = op("get", Effect::Read, {
        let handle = handle.clone();
        move || StartedOp { needs: vec![handle.clone()], ..done("A") }.remembering()
    });
    assert!(run.start(remembering).wait().is_ok());
}

#[test]
fn what_reaches_too_far_is_not_played_and_hides_what_comes_after() {
    let known = || Some(gives(json!({"id": "x"})));
    // One that runs alone.
    let run = ScriptedRun::new(Mode::Plan);
    assert!(matches!(run.start(played("A", OpOrder::Alone, known)).wait(), Ok(Value::NotKnown)));
    assert_eq!(words(&run.start(read("B"))), "the data of `kv/B` is only known after apply");
    // One on data that is not known any more.
    let run = ScriptedRun::new(Mode::Plan);
    run.end(played("A", OpOrder::Key, || None));
    assert!(matches!(run.start(played("A", OpOrder::Key, known)).wait(), Ok(Value::NotKnown)));
    assert_eq!(run.start(played("B", OpOrder::Key, known)).wait().as_ref().unwrap().text("id"), "x");
}

#[test]
fn a_method_that_is_not_played_hides_the_data_and_one_that_is_played_does_not() {
    let hidden = || Some("what `kv::load` does to `kv/A` is only known after apply".to_owned());
    let said_after = |change: fn(&mut StartedOp), is_played| {
        let run = ScriptedRun::new(Mode::Plan);
        let there = run.start(ensure("A"));
        let handle = there.clone();
        run.end(op("load", Effect::Ensure, move || {
            let result = OpResult { is_played, ..with_action(Action::Write) };
            let mut started = StartedOp { needs: vec![handle.clone()], ..ends("A", Ok(result)) };
            change(&mut started);
            started
        }));
        let next = run.start(method(&there, OpOrder::Key, OpResult::default));
        next.wait().as_ref().err().map(ToString::to_string)
    };
    assert_eq!(said_after(|_| {}, true), None);
    assert_eq!(said_after(|_| {}, false), hidden());
    let by_id = |started: &mut StartedOp| started.order = OpOrder::Alone;
    // What is played under a raw id says nothing of what has a name.
    assert_eq!(said_after(by_id, true), hidden());
    let of_a_name = |started: &mut StartedOp| {
        (started.order, started.is_remembering) = (OpOrder::Alone, true);
    };
    assert_eq!(said_after(of_a_name, true), None);
    // What does not look at the data, or is about the resource itself, hides none of it.
    assert_eq!(said_after(|started| started.is_blind = true, false), None);
    assert_eq!(said_after(|started| started.needs.clear(), false), None);
}

#[test]
fn a_failure_names_the_op_that_was_played_before_it() {
    let run = ScriptedRun::new(Mode::Plan);
    let there = run.start(ensure("A"));
    let notes = |failure: &Failure| failure.notes();
    let not_known = || {
        let there = there.clone();
        op("load", Effect::Ensure, move || {
            let started = ends("A", Err(Failure::not_known("it")));
            StartedOp { needs: vec![there.clone()], ..started }
        })
    };
    let before = run.start(not_known());
    assert_eq!(notes(before.wait().as_ref().unwrap_err()), Vec::<String>::new());
    run.scheduler.forget_failures();
    let write = method(&there, OpOrder::Key, || OpResult { is_played: true, ..with_action(Action::Write) });
    let _ = run.start_at(7, write).wait();
    let after = run.start(not_known());
    let said = ["`kv::load` at main.rhai:7:1 comes before it"];
    assert_eq!(notes(after.wait().as_ref().unwrap_err()), said);
}

#[test]
fn what_the_token_may_not_see_is_no_failure_of_a_blind_plan() {
    let denied = || {
        let error = crate::http::ApiError {
            endpoint: &READ,
            status: 403,
            items: Vec::new(),
            ray: None,
            retry_after: None,
            follows_loss: false,
        };
        Failure::rejected("A", error)
    };
    for (mode, is_blind, status) in [
        (Mode::Plan, true, Status::Skipped),
        (Mode::Plan, false, Status::Failed),
        (Mode::Apply, true, Status::Failed),
    ] {
        let run = ScriptedRun::of(mode, RunInfo { is_blind, ..RunInfo::default() }, None);
        let ended = run.end(op("get", Effect::Read, move || ends("A", Err(denied()))));
        assert_eq!(ended.status, status, "{mode:?} {is_blind}");
    }
}

#[test]
fn on_any_account_only_what_the_recipe_makes_is_known() {
    for is_on_any_account in [true, false] {
        let info = RunInfo { is_on_any_account, ..RunInfo::default() };
        let run = ScriptedRun::of(Mode::Plan, info, None);
        let found = run.start(read("A"));
        let said = found.wait().as_ref().err().map(ToString::to_string);
        let expected = is_on_any_account.then(|| "what `kv::get` gives depends on the account".to_owned());
        assert_eq!(said, expected);
        run.end(would("B", Effect::Ensure, Action::Create));
        assert!(run.start(read("B")).wait().is_ok());
    }
}

#[test]
fn a_call_that_sends_its_arguments_is_known_by_a_digest_of_them() {
    let run = ScriptedRun::new(Mode::Plan);
    let sends =
        || Op { shape: ReturnShape::Written("KvNamespace"), ..would("A", Effect::Ensure, Action::Write) };
    let args = vec![Value::from(json!({"a": 1}))];
    let handle = run.call(sends(), None, args.clone(), CallOrigin::default()).unwrap();
    assert_eq!(run.ended(&handle).foreseen.contents, Some(digest_of(&sends(), &args)));
    assert_eq!(run.end(would("A", Effect::Ensure, Action::Write)).foreseen.contents, None);
}

#[test]
fn a_run_would_do_something_as_soon_as_one_op_would() {
    let run = ScriptedRun::new(Mode::Plan);
    run.start(ensure("A"));
    assert!(!run.scheduler.would_do_anything());
    run.start(op("ensure", Effect::Ensure, || {
        StartedOp::new(Key::new("kv", "B"), |_| async {
            // It is asked for long before it is over.
            for _ in 0..10_000 {
                tokio::task::yield_now().await;
            }
            Ok(with_action(Action::Create))
        })
    }));
    assert!(run.scheduler.would_do_anything());
}

#[test]
fn a_run_that_only_asks_for_names_leaves_writes_out() {
    let run = ScriptedRun::new(Mode::Destroy);
    for effect in [Effect::Write, Effect::Delete] {
        let handle = run.start(op("put", effect, || fails("A")));
        let ended = run.ended(&handle);
        assert_eq!((ended.action, ended.status), (Action::None, Status::Done), "{effect:?}");
        assert!(matches!(handle.wait(), Ok(Value::NotKnown)));
    }
    assert_eq!(run.end(ensure("A")).action, Action::None);
    let on = HandleOrId::Handle(run.start(ensure("B")));
    let left_out = run.call(write("C"), Some(on), Vec::new(), CallOrigin::default()).unwrap();
    assert_eq!(left_out.key, Key::new("kv", "B"));
}

#[test]
fn what_is_not_there_has_no_data_to_be_asked_for() {
    let run = ScriptedRun::new(Mode::Destroy);
    let absent = run.start(would("A", Effect::Ensure, Action::Create));
    assert_eq!(run.ended(&absent).status, Status::Planned);
    let there = run.start(ensure("B"));
    assert_eq!(words(&run.start(read_of(&absent))), "`kv/A` is not there, so its data is not known");
    run.scheduler.forget_failures();
    assert!(run.start(read_of(&there)).wait().is_ok());
    assert!(run.start(read("A")).wait().is_ok(), "a look at whether it is there");
    assert!(run.start(method(&absent, OpOrder::Key, OpResult::default)).wait().is_ok());
    // In a run that writes it was made before.
    let run = ScriptedRun::new(Mode::Apply);
    let made = run.start(would("A", Effect::Ensure, Action::Create));
    assert!(run.start(read_of(&made)).wait().is_ok());
}
