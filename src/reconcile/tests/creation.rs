//! `ensure` of something that is not there.

use super::*;
use crate::events::{Action, Evidence, Foreseen};
use crate::op::{Permit, Planned};

const LISTED: [&str; 2] = ["GET /things", "GET /things?in=eu"];
const POST: &str = r#"POST /things {"name":"A"}"#;
const GET: &str = "GET /things/A";

fn lines(parts: &[(&str, usize)]) -> Vec<String> {
    let all = LISTED.map(|line| (line, 1)).into_iter().chain(parts.iter().copied());
    all.flat_map(|(line, times)| vec![line.to_owned(); times]).collect()
}

/// A server on which nothing is.
fn empty(replies: impl IntoIterator<Item = ScriptedReply>) -> ScriptedServer {
    ScriptedServer::new([none(), none()].into_iter().chain(replies))
}

fn absent(times: usize) -> impl Iterator<Item = ScriptedReply> {
    (0..times).map(|_| no(404, 3))
}

fn lost() -> ScriptedReply {
    ScriptedReply::Lost
}

#[test]
fn what_is_created_is_there_from_then_on() {
    let stage = empty([yes(thing(json!({"size": 1})))]);
    let done = stage.ensure::<Thing>("A", json!({"size": 1, "secret": "s"})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Response)));
    assert_eq!((done.changes, done.notes), (vec![], Vec::<String>::new()));
    let asked = [("/size".to_owned(), json!(1))].into();
    assert_eq!(done.foreseen, Foreseen { asked, ..Foreseen::default() });
    assert_eq!(stage.sent()[2..], [r#"POST /things {"name":"A","secret":"s","size":1}"#]);

    let again = stage.ensure::<Thing>("A", json!({})).unwrap();
    assert_eq!((again.action, value(&again)), (None, thing(json!({"size": 1}))));
    assert_eq!(stage.sent(), [""; 0]);
    let paths = stage.context.extension::<NewPaths>();
    for path in ["/things/i-1", "/things/A/part"] {
        assert_eq!(paths.of(None, path), Foreseeable::New);
    }
}

#[test]
fn what_is_created_is_waited_for_where_it_can_not_be_read_yet() {
    let stage = empty([yes(thing(json!({}))), no(404, 3), yes(thing(json!({})))]);
    stage.ensure::<Thing>("A", json!({})).unwrap();
    assert!(block_on(Thing::probe(&stage.context.client, &key("A"))).unwrap().is_some());
    assert_eq!(stage.sent(), lines(&[(POST, 1), (GET, 2)]));
}

#[test]
fn nothing_is_created_that_the_plan_does_not_list() {
    let stage = with(empty([]), forbidden);
    let failure = stage.ensure::<Thing>("A", json!({})).unwrap_err();
    assert_eq!(failure.to_string(), "the plan does not list this `a write`, which would create it");
    assert_eq!(stage.sent(), LISTED);
}

#[test]
fn what_follows_a_create_needs_no_leave_of_its_own() {
    let list = Planned {
        service: "things".into(),
        op: "ensure".into(),
        kind: "Thing".into(),
        logical: None,
        resource: "A".into(),
        jurisdiction: None,
        action: Action::Create,
        id: None,
        changes: vec![change("/size", Json::Null, 2)],
        observed: [].into(),
        entries: [].into(),
        contents: None,
        folder: None,
        migrations: vec![],
        cost: crate::events::Cost::default(),
        at: crate::events::Site::default(),
    };
    let replies = [yes(thing(json!({"size": 1}))), yes(thing(json!({"size": 2})))];
    let stage = with(empty(replies), |context| context.permit = Some(Permit::new(vec![list])));
    let run = Started::new(&stage);
    let handle = run.start(super::ops::ensure(), args(json!(["A", {"size": 2}]))).unwrap();
    assert_eq!(handle.wait().as_ref().unwrap().to_json(), Some(thing(json!({"size": 2}))));
    assert_eq!(stage.sent()[3..], [r#"PATCH /things/i-1 {"size":2}"#]);
}

#[test]
fn a_create_whose_answer_is_lost_is_probed_for_and_sent_once_more() {
    // Found by a probe.
    let stage = empty([lost()].into_iter().chain(absent(1)).chain([yes(thing(json!({})))]));
    let done = stage.ensure::<Thing>("A", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Probe)));
    assert_eq!(done.notes, ["the answer to the create was lost; it is there"]);
    assert_eq!(stage.sent(), lines(&[(POST, 1), (GET, 2)]));
    assert_eq!(waited_ms(&stage), 200);
    // Answered the second time.
    let stage = empty([lost()].into_iter().chain(absent(4)).chain([yes(thing(json!({})))]));
    let done = stage.ensure::<Thing>("A", json!({})).unwrap();
    assert_eq!((done.evidence, done.notes), (Some(Evidence::Response), vec![]));
    assert_eq!(stage.sent(), lines(&[(POST, 1), (GET, 4), (POST, 1)]));
    assert_eq!(waited_ms(&stage), 1_000);
}

#[test]
fn what_becomes_of_a_second_create_is_probed_for_as_long_as_it_is_in_doubt() {
    for (second, probes, ms) in [
        (lost(), 7, 31_000),
        // It may be there by the first, or the input may be wrong.
        (no(400, 2), 7, 31_000),
        // It is there.
        (no(400, 1), 10, 76_000),
    ] {
        let stage = empty([lost()].into_iter().chain(absent(4)).chain([second]).chain(absent(probes)));
        let failure = stage.ensure::<Thing>("A", json!({})).unwrap_err();
        let said = "it is not known whether `A` was written: the connection broke";
        assert_eq!(partly(failure), (said.to_owned(), Action::Create, vec![]));
        assert_eq!(stage.sent(), lines(&[(POST, 1), (GET, 4), (POST, 1), (GET, probes)]));
        assert_eq!(waited_ms(&stage), ms);
    }
    let found = [lost(), yes(thing(json!({})))];
    let stage = empty([lost()].into_iter().chain(absent(4)).chain(found));
    assert_eq!(stage.ensure::<Thing>("A", json!({})).unwrap().evidence, Some(Evidence::Probe));
    stage.sent();
}

#[test]
fn a_create_is_not_sent_again_where_it_can_not_be_probed_for() {
    let stage = empty([lost(), no(403, 9)]);
    let failure = stage.ensure::<Thing>("A", json!({})).unwrap_err();
    assert_eq!(failure.kind(), "unknown");
    assert_eq!(stage.sent(), lines(&[(POST, 1), (GET, 1)]));
}

#[test]
fn an_answer_about_another_is_no_answer() {
    for (answer, said) in [
        (json!({"id": "i-2", "name": "A"}), "the answer has the id `i-2`, which is that of `B`"),
        (json!({"name": "A"}), "the answer has no id"),
        (json!({"id": "i-1"}), "the answer is about ``, not about `A`"),
        (
            thing(json!({"jurisdiction": "us"})),
            "the answer is about the jurisdiction `us`, not about `default`",
        ),
    ] {
        let others = yes(json!([{"id": "i-2", "name": "B"}]));
        let stage = ScriptedServer::new([others, none(), yes(answer), no(403, 9)]);
        let failure = stage.ensure::<Thing>("A", json!({})).unwrap_err();
        assert_eq!(partly(failure).0, format!("it is not known whether `A` was written: {said}"));
        stage.sent();
    }
    let fine = thing(json!({"jurisdiction": "EU", "kind": "a kind"}));
    let stage = ScriptedServer::new([none(), none(), yes(fine)]);
    let done = stage.ensure::<Thing>("A", json!({"jurisdiction": "eu"})).unwrap();
    assert_eq!(done.evidence, Some(Evidence::Response));
}

#[test]
fn a_refusal_is_doubted_as_far_as_it_may_mean_that_it_is_there() {
    for (status, code, probes, ms) in [(400, 9, 0, 0), (400, 2, 4, 3_500), (400, 1, 10, 75_000)] {
        let stage = empty([no(status, code)].into_iter().chain(absent(probes)));
        let failure = stage.ensure::<Thing>("A", json!({})).unwrap_err();
        assert_eq!((failure.kind(), failure.code()), ("rejected", Some(code)));
        assert_eq!(stage.sent(), lines(&[(POST, 1), (GET, probes)]));
        assert_eq!(waited_ms(&stage), ms);
    }
}

#[test]
fn what_somebody_else_has_created_is_brought_to_what_is_asked() {
    let stage = empty([no(400, 1), yes(thing(json!({"size": 1}))), yes(thing(json!({"size": 2})))]);
    let done = stage.ensure::<Thing>("A", json!({"size": 2})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Update), None));
    assert_eq!(done.changes, [change("/size", 1, 2)]);
    assert_eq!(done.notes, ["created by somebody else at the same moment"]);
    stage.sent();
    // And is no failure of a create where that can't be.
    let stage = empty([no(400, 1), yes(thing(json!({"kind": "a"})))]);
    let failure = stage.ensure::<Thing>("A", json!({"kind": "b"})).unwrap_err();
    assert_eq!(failure.to_string(), "Thing `A` exists and can't be changed: `kind` is \"a\", not \"b\"");
    assert!(matches!(failure, Failure::Conflict { .. }));
    stage.sent();
}

#[test]
fn what_was_created_is_reported_whatever_becomes_of_the_rest() {
    let stage = empty([yes(thing(json!({"size": 1}))), no(400, 9)]);
    let failure = stage.ensure::<Thing>("A", json!({"size": 2})).unwrap_err();
    let said = "can't change the thing for `A`: no";
    assert_eq!(partly(failure), (said.to_owned(), Action::Create, vec!["it was created".to_owned()]));
    stage.sent();
    // Nothing is added to what says it already.
    let stage = empty([yes(thing(json!({"size": 1}))), lost(), no(403, 9)]);
    let failure = stage.ensure::<Thing>("A", json!({"size": 2})).unwrap_err();
    let said = "it is not known whether `A` was written: the connection broke";
    assert_eq!(partly(failure), (said.to_owned(), Action::Create, vec![]));
    stage.sent();
}

#[test]
fn an_update_that_is_answered_is_not_lost_although_the_create_was() {
    let stage = empty([lost(), yes(thing(json!({"size": 1}))), yes(thing(json!({"size": 1})))]);
    let done = stage.ensure::<Thing>("A", json!({"size": 2})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Probe)));
    let notes = ["the answer to the create was lost; it is there", "the server keeps `size` at 1"];
    assert_eq!(done.notes, notes);
    stage.sent();
}

#[test]
fn the_same_name_in_another_name_space_is_a_conflict() {
    let conflict = |from: &str, to: &str| {
        let said =
            format!("Thing `A` exists and can't be changed: `jurisdiction` is \"{from}\", not \"{to}\"");
        Some(said)
    };
    let of = |replies: Vec<ScriptedReply>, options: Json| {
        let stage = ScriptedServer::new(replies);
        let ended = stage.ensure::<Thing>("A", options).err().map(|failure| failure.to_string());
        stage.sent();
        ended
    };
    let there = || yes(json!([thing(json!({}))]));
    assert_eq!(of(vec![none(), there()], json!({})), conflict("eu", "default"));
    assert_eq!(of(vec![none(), there()], json!({"jurisdiction": "eu"})), conflict("default", "eu"));
    // An account that has no such name space has nothing there.
    assert_eq!(of(vec![none(), no(400, 9), yes(thing(json!({})))], json!({})), None);
    let broken = [none()].into_iter().chain((0..4).map(|_| lost())).collect();
    assert_eq!(of(broken, json!({})), Some("can't list the things for `A`: the connection broke".into()));
}

#[test]
fn what_would_be_created_is_planned() {
    let asked = json!({"size": 1, "secret": "s"});
    let plan = |name| {
        let stage = ScriptedServer::of(Mode::Plan, [none(), none()]);
        let done = stage.ensure::<Thing>(name, asked.clone()).unwrap();
        assert_eq!(stage.sent(), LISTED);
        (stage, done)
    };
    let (stage, done) = plan("A");
    let id = hex32(&key("A"));
    assert_eq!((done.action, done.evidence, done.notes), (Some(Action::Create), None, vec![]));
    assert_eq!(
        done.changes,
        [change("/size", Json::Null, 1), change("/secret", Json::Null, "(not returned)")]
    );
    let planned = [("/size".to_owned(), json!(1))].into();
    let cost = crate::events::Cost::writes(1);
    assert_eq!(done.foreseen, Foreseen { asked: planned, cost, ..Foreseen::default() });
    assert_eq!(done.value.text("id"), id);
    let placeholders = stage.context.extension::<Placeholders>();
    assert!(placeholders.contains(&id) && !placeholders.contains("A"));
    assert_eq!(stage.context.extension::<NewPaths>().of(None, "/things/A"), Foreseeable::New);
    assert!(inventory(&stage).is_planned(&key("A")));
    assert_eq!(stage.ensure::<Thing>("A", json!({})).unwrap().action, None);
    // An id that is the name is known.
    let (stage, done) = plan("the-id");
    assert_eq!(done.value.text("id"), "the-id");
    assert!(!stage.context.extension::<Placeholders>().contains("the-id"));
}

#[test]
fn a_run_that_asks_for_names_takes_what_is_there_as_it_is() {
    let stage = ScriptedServer::of(Mode::Destroy, [yes(json!([thing(json!({"kind": "a"}))]))]);
    let found = stage.ensure::<Thing>("A", json!({"kind": "b"})).unwrap();
    assert_eq!((found.action, value(&found)), (None, thing(json!({"kind": "a"}))));
    let absent = stage.ensure::<Thing>("B", json!({})).unwrap();
    assert_eq!((absent.action, absent.value.text("id")), (Some(Action::Create), hex32(&key("B")).as_str()));
    assert_eq!(stage.sent(), ["GET /things"]);
}
