//! A run that is held to a plan.

use super::*;

fn listed_write(text: &str) -> Planned {
    let args = [Value::from(json!(text))];
    let contents = Some(digest(&contents(&write("A"), None, &args)));
    Planned { contents, ..planned("put", "A", Action::Write) }
}

fn put(run: &ScriptedRun, text: &str) -> Arc<Pending> {
    run.call(write("A"), None, vec![Value::from(json!(text))], CallOrigin::default()).unwrap()
}

#[test]
fn a_raw_write_is_sent_only_as_it_was_planned() {
    let run = ScriptedRun::held(Mode::Apply, Permit::new(vec![listed_write("one"), listed_write("two")]));
    assert!(put(&run, "one").wait().is_ok());
    let said = "`kv::put` of `A` is not what was planned: it would send something else";
    assert_eq!(words(&put(&run, "three")), said);
    let said = "the plan does not list this `kv::put`, which would write";
    run.scheduler.forget_failures();
    assert_eq!(words(&put(&run, "one")), said);
    // What only reads needs no leave.
    assert!(run.start(read("B")).wait().is_ok());
}

#[test]
fn what_a_create_gives_stands_for_what_the_plan_made_up() {
    let made_up = Planned { id: Some("made-up".into()), ..planned("ensure", "A", Action::Create) };
    let uses = planned("get", "of made-up", Action::Update);
    let run = ScriptedRun::held(Mode::Apply, Permit::new(vec![made_up, uses]));
    let left = || run.context().permit.as_ref().unwrap().left().len();
    let real = || OpResult { value: Value::from(json!({"id": "real"})), ..with_action(Action::Create) };
    run.end(op("ensure", Effect::Ensure, move || ends("A", Ok(real()))));
    assert_eq!(left(), 1);
    run.end(read("of real"));
    assert_eq!(left(), 0);
}

#[test]
fn what_is_there_already_is_noted() {
    let run = ScriptedRun::held(Mode::Apply, Permit::new(vec![planned("ensure", "A", Action::Create)]));
    assert_eq!(run.end(ensure("A")).notes, ["there already, as planned"]);
}

#[test]
fn what_has_moved_is_kept_by_a_run_that_only_plans() {
    let list = || Permit::new(vec![planned("ensure", "A", Action::Create)]);
    let moved = |mode| {
        let run = ScriptedRun::held(mode, list());
        let handle = run.start_at(5, would("A", Effect::Ensure, Action::Update));
        run.ended(&handle);
        let moved = run.context().permit.as_ref().unwrap().moved();
        moved.into_iter().map(|finding| (finding.at, finding.message)).collect::<Vec<_>>()
    };
    let said =
        "`kv::ensure` of `A` is not what was planned: the plan would create it, and now it would update it";
    assert_eq!(moved(Mode::Plan), [(at(5), said.to_owned())]);
    assert_eq!(moved(Mode::Apply), []);
}
