//! The four ops of every kind, as a script starts them.

use super::*;
use crate::op::{Doc, HandleOrName};

const DOC: Doc = Doc { summary: "", params: &[], example: "", result: "" };

pub(super) fn ensure() -> Op {
    Op::ensure::<Thing>(&[], DOC)
}

fn find() -> Op {
    Op::find::<Thing>(&[], DOC)
}

fn list() -> Op {
    Op::list::<Thing>(&[], DOC)
}

fn handles(value: &Value) -> Vec<(String, bool)> {
    let of = |value: &Value| match value {
        Value::Handle(pending) => (pending.key.to_string(), pending.is_planned()),
        other => panic!("{other:?}"),
    };
    match value {
        Value::List(items) => items.iter().map(of).collect(),
        one => vec![of(one)],
    }
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_sent() {
    let stage = ScriptedServer::new([]);
    let run = Started::new(&stage);
    let refused = |asked| run.start(ensure(), args(asked)).unwrap_err();
    assert_eq!(
        refused(json!(["a thing"])).to_string(),
        "`a thing` is no valid Thing name: a thing has no blank"
    );
    let failure = refused(json!(["A", {"size": -1}]));
    assert!(matches!(failure, Failure::Option { index: 1, .. }), "{failure:?}");
    assert_eq!(stage.sent(), [""; 0]);
}

#[test]
fn an_ensure_is_known_by_its_options() {
    let stage = ScriptedServer::new([yes(json!([thing(json!({"size": 1}))]))]);
    let run = Started::new(&stage);
    let first = run.start(ensure(), args(json!(["A", {"size": 1}]))).unwrap();
    assert!(Arc::ptr_eq(&first, &run.start(ensure(), args(json!(["A", {"size": 1}]))).unwrap()));
    assert_eq!(run.start(ensure(), args(json!(["A", {"size": 2}]))).unwrap_err().kind(), "twice");
    assert!(first.wait().is_ok());
    stage.sent();
}

#[test]
fn what_is_planned_is_found_and_listed_as_planned() {
    let stage = ScriptedServer::of(Mode::Plan, [yes(json!([thing(json!({}))])), none()]);
    let run = Started::new(&stage);
    let (a, b) = (("things/A".to_owned(), false), ("things/B".to_owned(), true));
    run.start(ensure(), args(json!(["B"]))).unwrap();
    let listed = run.start(list(), Vec::new()).unwrap();
    assert_eq!(handles(listed.wait().as_ref().unwrap()), [a.clone(), b.clone()]);
    let found = |name: &str| run.start(find(), args(json!([name]))).unwrap();
    assert_eq!(handles(found("A").wait().as_ref().unwrap()), [a]);
    assert_eq!(handles(found("B").wait().as_ref().unwrap()), [b]);
    assert!(matches!(found("C").wait(), Ok(Value::Unit)));
    stage.sent();
}

#[test]
fn a_list_comes_after_what_was_asked_for_before_it() {
    let slow = [ScriptedReply::Lost, no(404, 3), no(404, 3), yes(json!({"id": "i-2", "name": "B"}))];
    let there = [yes(json!([thing(json!({}))])), none()];
    let stage = ScriptedServer::new(there.into_iter().chain(slow));
    let run = Started::new(&stage);
    run.start(ensure(), args(json!(["B"]))).unwrap();
    let listed = run.start(list(), Vec::new()).unwrap();
    let names = ["things/A", "things/B"].map(|name| (name.to_owned(), false));
    assert_eq!(handles(listed.wait().as_ref().unwrap()), names);
    stage.sent();
}

#[test]
fn a_key_is_that_of_a_handle_of_the_kind_or_that_of_a_name() {
    let place = Place { jurisdiction: Some("eu".into()) };
    let of = |named| named_key::<Thing>(&named, &place).map_err(|failure| failure.to_string());
    let in_eu = Key { jurisdiction: Some("eu".into()), ..key("A") };
    assert_eq!(of(HandleOrName::Name("A".into())), Ok(in_eu));
    let handle = |kind| HandleOrName::Handle(Pending::found(kind, key("A"), Value::Unit));
    assert_eq!(of(handle("Thing")), Ok(key("A")));
    let said = "argument 1 must be a Thing or a name, not a R2Bucket";
    assert_eq!(of(handle("R2Bucket")), Err(said.into()));
}
