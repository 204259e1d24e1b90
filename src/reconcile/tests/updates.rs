//! `ensure` of something that is there.

use super::*;
use crate::events::{Action, Cost, Evidence, Foreseen};

const PATCH: &str = r#"PATCH /things/i-1 {"size":2}"#;
const GET: &str = "GET /things/A";

fn listed(rest: Json) -> ScriptedReply {
    yes(json!([thing(rest)]))
}

fn sized(size: i64) -> ScriptedReply {
    yes(thing(json!({ "size": size })))
}

/// Of a thing of the size 1, which is to have 2.
fn grown(replies: Vec<ScriptedReply>) -> (ScriptedServer, Result<OpResult, Failure>) {
    let stage = ScriptedServer::new([listed(json!({"size": 1}))].into_iter().chain(replies));
    let ended = stage.ensure::<Thing>("A", json!({"size": 2}));
    (stage, ended)
}

#[test]
fn what_differs_is_updated_and_seen_from_then_on() {
    let (stage, done) = grown(vec![sized(2)]);
    let done = done.unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Update), None));
    assert_eq!((&done.changes[..], &done.notes[..]), (&[change("/size", 1, 2)][..], &[][..]));
    assert_eq!(value(&done), thing(json!({"size": 2})));
    let asked = [("/size".to_owned(), json!(2))].into();
    assert_eq!(done.foreseen, Foreseen { asked, ..Foreseen::default() });
    assert_eq!(stage.sent(), ["GET /things", PATCH]);
    assert_eq!(stage.ensure::<Thing>("A", json!({"size": 2})).unwrap().action, None);
    assert_eq!(stage.sent(), [""; 0]);
}

#[test]
fn an_update_that_the_plan_does_not_list_is_not_sent() {
    let stage = with(ScriptedServer::new([listed(json!({"size": 1}))]), forbidden);
    let failure = stage.ensure::<Thing>("A", json!({"size": 2})).unwrap_err();
    assert_eq!(failure.to_string(), "the plan does not list this `a write`, which would update it");
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn what_the_server_keeps_or_chooses_is_noted() {
    let (stage, done) = grown(vec![sized(1)]);
    assert_eq!(done.unwrap().notes, ["the server keeps `size` at 1"]);
    stage.sent();
    let stage = ScriptedServer::new([listed(json!({"where": "west"}))]);
    let done = stage.ensure::<Thing>("A", json!({"region": "east"})).unwrap();
    let note = r#"`region` is "west", not "east" as asked: the server chooses it at creation"#;
    assert_eq!((done.action, &done.notes[..]), (None, &[note.to_owned()][..]));
    stage.sent();
}

#[test]
fn what_is_never_returned_is_sent_with_other_updates_or_where_that_is_asked() {
    let asked = json!({"secret": "s"});
    let hidden = change("/secret", "(not returned)", "(not compared)");
    let run = |rewrite_secrets, options: &Json, replies: Vec<ScriptedReply>| {
        let stage = ScriptedServer::new([listed(json!({"size": 1}))].into_iter().chain(replies));
        let stage = with(stage, |context| context.run.rewrite_secrets = rewrite_secrets);
        let done = stage.ensure::<Thing>("A", options.clone()).unwrap();
        stage.sent();
        (done.action, done.changes, done.notes)
    };
    let note = vec!["not compared, because the API never returns it: secret".to_owned()];
    assert_eq!(run(false, &asked, vec![]), (None, vec![], note));
    assert_eq!(run(true, &asked, vec![sized(1)]), (Some(Action::Update), vec![hidden.clone()], vec![]));
    assert_eq!(run(true, &json!({"size": 1}), vec![]), (None, vec![], vec![]));
    let both = json!({"secret": "s", "size": 2});
    let changes = vec![change("/size", 1, 2), hidden];
    assert_eq!(run(false, &both, vec![sized(2)]), (Some(Action::Update), changes, vec![]));
    // What was just created has it.
    let stage = ScriptedServer::new([none(), none(), sized(1)]);
    let stage = with(stage, |context| context.run.rewrite_secrets = true);
    let done = stage.ensure::<Thing>("A", asked).unwrap();
    assert_eq!((done.action, done.notes), (Some(Action::Create), vec![]));
    stage.sent();
}

#[test]
fn what_can_not_be_changed_is_a_conflict_and_nothing_is_sent() {
    let stage = ScriptedServer::new([listed(json!({"kind": "a", "size": 1, "tags": {"x": "1"}}))]);
    let options = json!({"kind": "b", "size": 2, "tags": {"x": "2", "y": "3"}});
    let failure = stage.ensure::<Thing>("A", options).unwrap_err();
    let Failure::Conflict { kind, key: of, changes } = failure else { panic!("{failure:?}") };
    assert_eq!((kind, of), ("Thing", key("A")));
    assert_eq!(changes, [change("/kind", "a", "b"), change("/tags/x", "1", "2")]);
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn an_update_whose_answer_is_lost_is_looked_for_and_sent_once_more() {
    let lost = || ScriptedReply::Lost;
    let probes = |times: usize| (0..times).map(|_| sized(1));
    let lines = |parts: &[(&str, usize)]| -> Vec<String> {
        parts.iter().flat_map(|(line, times)| vec![(*line).to_owned(); *times]).collect()
    };
    let list = ("GET /things", 1);
    // Seen by the second probe.
    let (stage, done) = grown(vec![lost(), sized(1), sized(2)]);
    let done = done.unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Update), Some(Evidence::Probe)));
    assert_eq!((value(&done), &done.notes[..]), (thing(json!({"size": 2})), &[][..]));
    assert_eq!(stage.sent(), lines(&[list, (PATCH, 1), (GET, 2)]));
    assert_eq!(waited_ms(&stage), 200);
    // Answered the second time.
    let (stage, done) = grown([lost()].into_iter().chain(probes(4)).chain([sized(2)]).collect());
    assert_eq!(done.unwrap().evidence, None);
    assert_eq!(stage.sent(), lines(&[list, (PATCH, 1), (GET, 4), (PATCH, 1)]));
    assert_eq!(waited_ms(&stage), 1_000);
    // Refused or lost the second time.
    for second in [lost(), no(400, 9)] {
        let late = [second, sized(1), sized(2)];
        let (stage, done) = grown([lost()].into_iter().chain(probes(4)).chain(late).collect());
        assert_eq!(done.unwrap().evidence, Some(Evidence::Probe));
        assert_eq!(stage.sent(), lines(&[list, (PATCH, 1), (GET, 4), (PATCH, 1), (GET, 2)]));
        assert_eq!(waited_ms(&stage), 1_500);
    }
    // Never seen.
    let never = [lost()].into_iter().chain(probes(4)).chain([lost()]).chain(probes(7)).collect();
    let (stage, failure) = grown(never);
    let said = "it is not known whether `A` was written: the answer to the update was lost, and the old values are \
                still there";
    assert_eq!(partly(failure.unwrap_err()), (said.to_owned(), Action::Update, vec![]));
    stage.sent();
    // Not to be read.
    for before in [0, 1] {
        let (stage, failure) =
            grown([lost()].into_iter().chain(probes(before)).chain([no(403, 9)]).collect());
        let said = "it is not known whether `A` was written: the connection broke";
        assert_eq!(partly(failure.unwrap_err()), (said.to_owned(), Action::Update, vec![]));
        stage.sent();
    }
}

#[test]
fn a_refused_update_fails() {
    let (stage, failure) = grown(vec![no(400, 9)]);
    assert_eq!(failure.unwrap_err().to_string(), "can't change the thing for `A`: no");
    assert_eq!(stage.sent(), ["GET /things", PATCH]);
}

#[test]
fn what_would_be_updated_is_planned() {
    let listed = listed(json!({"size": 1, "config": {"limit": 5, "other": true}, "secret": {"set": true}}));
    let stage = ScriptedServer::of(Mode::Plan, [listed]);
    let asked = json!({"size": 2, "limit": 6, "secret": "s"});
    let done = stage.ensure::<Thing>("A", asked).unwrap();
    assert_eq!((done.action, done.evidence, &done.notes[..]), (Some(Action::Update), None, &[][..]));
    let hidden = change("/secret", "(not returned)", "(not compared)");
    assert_eq!(done.changes, [change("/size", 1, 2), change("/limit", 5, 6), hidden]);
    let fields =
        |size, limit| [("/size".to_owned(), json!(size)), ("/limit".to_owned(), json!(limit))].into();
    let foreseen = Foreseen {
        asked: fields(2, 6),
        observed: fields(1, 5),
        cost: Cost::writes(1),
        ..Foreseen::default()
    };
    assert_eq!(done.foreseen, foreseen);
    let rest = json!({
        "size": 2, "limit": 6, "config": {"limit": 6, "other": true}, "secret": {"set": true}
    });
    assert_eq!(value(&done), thing(rest));
    assert!(inventory(&stage).is_planned(&key("A")));
    let next = stage.ensure::<Thing>("A", json!({"size": 2})).unwrap();
    assert_eq!((next.action, next.foreseen.observed), (None, fields(2, 6)));
    assert_eq!(stage.sent(), ["GET /things"]);
}
