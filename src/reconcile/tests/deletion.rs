//! `delete`, and what `destroy` does.

use super::*;
use crate::events::{Action, Cost, Event, Evidence, Foreseen, OpFinished, Recorder};
use crate::op::Guard;

const DELETE_A: &str = "DELETE /things/i-1";
const EMPTY: &str = "DELETE /things/i-1/parts";

static LIST_PARTS: Endpoint =
    endpoint("GET", "/accounts/{account_id}/things/{id}/parts", Class::Read, "list the parts");
static DELETE_PARTS: Endpoint =
    endpoint("DELETE", "/accounts/{account_id}/things/{id}/parts", Class::Delete, "delete the parts");

impl Removable for Thing {
    async fn content(client: &Client, _: &Key, live: &Live) -> Result<Option<String>, ReadError> {
        client.read(LIST_PARTS.call().path("id", &live.id)).await
    }

    async fn empty(context: &Context, key: &Key, live: &Live) -> Result<usize, Failure> {
        match context.client.write(DELETE_PARTS.call().path("id", &live.id)).await {
            Outcome::Applied(count) => Ok(count),
            Outcome::Rejected(error) => Err(Failure::rejected(&key.name, error)),
            Outcome::NotSent(trouble) | Outcome::Unknown(trouble) => {
                Err(Failure::of_trouble(&key.name, trouble))
            }
        }
    }
}

static REMOVAL: Removal = Removal::of::<Thing>(&[]);

fn listed() -> ScriptedReply {
    yes(json!([thing(json!({"size": 1}))]))
}

fn lost(times: usize) -> impl Iterator<Item = ScriptedReply> {
    (0..times).map(|_| ScriptedReply::Lost)
}

fn server(replies: impl IntoIterator<Item = ScriptedReply>) -> ScriptedServer {
    ScriptedServer::new([listed()].into_iter().chain(replies))
}

fn delete(stage: &ScriptedServer) -> Result<OpResult, Failure> {
    block_on(super::super::delete::delete::<Thing>(&stage.context, &key("A")))
}

/// What is said of a deletion that was answered so.
fn said(replies: Vec<ScriptedReply>) -> (Option<Action>, Option<Evidence>, Vec<String>) {
    let stage = server(replies);
    let done = delete(&stage).unwrap();
    stage.sent();
    assert_eq!((value(&done), done.foreseen), (Json::Null, Foreseen::default()));
    (done.action, done.evidence, done.notes)
}

#[test]
fn what_is_deleted_is_gone_from_then_on() {
    assert_eq!(said(vec![yes(json!({}))]), (Some(Action::Delete), Some(Evidence::Response), vec![]));
    let stage = server([yes(json!({})), no(404, 3)]);
    stage.context.client.has_made(&CREATE, &["i-1", "A"]);
    delete(&stage).unwrap();
    let again = delete(&stage).unwrap();
    assert_eq!(
        (again.action, again.evidence, &again.notes[..]),
        (None, None, &["already gone".to_owned()][..])
    );
    // It is not waited for until it can be read.
    assert!(block_on(Thing::probe(&stage.context.client, &key("A"))).unwrap().is_none());
    assert_eq!(stage.sent(), ["GET /things", DELETE_A, "GET /things/A"]);
}

#[test]
fn what_is_gone_was_deleted_by_this_run_only_where_an_answer_was_lost() {
    let gone = || no(404, 3);
    assert_eq!(said(vec![gone()]), (None, None, vec!["already gone".to_owned()]));
    let by_this = (Some(Action::Delete), Some(Evidence::Probe), vec![]);
    assert_eq!(said(lost(1).chain([gone()]).collect()), by_this);
    assert_eq!(said(lost(4).chain([gone()]).collect()), by_this);
}

#[test]
fn a_deletion_that_is_refused_or_in_doubt_fails() {
    let failure = |replies: Vec<ScriptedReply>| {
        let stage = server(replies);
        let failure = delete(&stage).unwrap_err();
        stage.sent();
        (failure.kind(), failure.to_string())
    };
    assert_eq!(failure(vec![no(400, 9)]), ("rejected", "can't delete the thing for `A`: no".into()));
    let in_doubt = || ("unknown", "it is not known whether `A` was written: the connection broke".to_owned());
    assert_eq!(failure(lost(4).chain([yes(thing(json!({})))]).collect()), in_doubt());
    assert_eq!(failure(lost(4).chain([no(403, 9)]).collect()), in_doubt());
}

#[test]
fn a_deletion_needs_leave_of_the_guard_and_of_the_plan() {
    let closed = |context: &mut Context| {
        context.run.guard = Guard::Closed { environment: "production".into() };
    };
    let stage = with(server([]), closed);
    let refused = delete(&stage).unwrap_err().to_string();
    assert_eq!(refused, "`production` is protected: can't delete `A` without a confirmation");
    assert_eq!(stage.sent(), ["GET /things"]);
    let stage = with(server([]), forbidden);
    let refused = delete(&stage).unwrap_err().to_string();
    assert_eq!(refused, "the plan does not list this `a write`, which would delete it");
    assert_eq!(stage.sent(), ["GET /things"]);
    // `destroy` is confirmed as a whole.
    let stage = with(ScriptedServer::of(Mode::Destroy, [listed()]), closed);
    assert_eq!(delete(&stage).unwrap().action, Some(Action::Delete));
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn a_deletion_is_planned_with_what_is_there() {
    let stage = ScriptedServer::of(Mode::Plan, [listed()]);
    let done = delete(&stage).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Delete), None));
    assert_eq!(value(&done), json!({"id": "i-1"}));
    let observed = [("/size".to_owned(), json!(1))].into();
    assert_eq!(done.foreseen, Foreseen { observed, cost: Cost::writes(1), ..Foreseen::default() });
    assert_eq!(delete(&stage).unwrap().notes, ["already gone"]);
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn what_is_in_it_is_looked_at_before_it_is_destroyed() {
    let look = |replies: Vec<ScriptedReply>, name| {
        let stage = ScriptedServer::new(replies);
        let seen = block_on((REMOVAL.look)(stage.context.clone(), key(name)));
        stage.sent();
        seen.map_err(|failure| failure.to_string())
    };
    let there =
        |content: Option<&str>| Ok(Presence::There { id: "i-1".into(), content: content.map(str::to_owned) });
    assert_eq!(look(vec![listed()], "B"), Ok(Presence::Gone));
    assert_eq!(look(vec![listed(), yes("2 parts")], "A"), there(Some("2 parts")));
    assert_eq!(look(vec![listed(), yes(Json::Null)], "A"), there(None));
    assert_eq!(look(vec![listed(), no(404, 3)], "A"), Ok(Presence::Gone));
    let words = "nobody knows what: can't list the parts for `A`: no";
    assert_eq!(look(vec![listed(), no(400, 9)], "A"), there(Some(words)));
    assert_eq!(look(vec![no(400, 9)], "A"), Err("can't list the things for `A`: no".into()));
}

#[test]
fn every_key_of_a_name_space_is_listed() {
    let two = || yes(json!([{"id": "i-1", "name": "A"}, {"id": "i-2", "name": "B"}]));
    let stage = ScriptedServer::new([two()]);
    let keys = block_on((REMOVAL.all)(stage.context.clone(), Some("eu".into()))).unwrap();
    let in_eu = |name| Key { jurisdiction: Some("eu".into()), ..key(name) };
    assert_eq!(keys, ["A", "B"].map(in_eu));
    assert_eq!(stage.sent(), ["GET /things?in=eu"]);
    let stage = ScriptedServer::new([no(400, 9)]);
    let failure = block_on((REMOVAL.all)(stage.context.clone(), None)).unwrap_err();
    assert_eq!(failure.to_string(), "can't list the things for `things`: no");
}

#[test]
fn the_arguments_of_a_destruction_are_its_name_its_data_and_its_place() {
    let of = |key: &Key, data| Value::List(Removal::arguments(key, data)).to_json().unwrap();
    assert_eq!(of(&key("A"), DataPolicy::Kept), json!(["A", false]));
    let in_eu = Key { jurisdiction: Some("eu".into()), ..key("A") };
    assert_eq!(of(&in_eu, DataPolicy::Lost), json!(["A", true, {"jurisdiction": "eu"}]));
}

/// What is said of a destruction, and what was sent for it.
fn destroyed(data: DataPolicy, replies: Vec<ScriptedReply>) -> (Result<String, String>, Vec<String>) {
    let events = Arc::new(Recorder::default());
    let stage = with(server(replies), |context| context.events = events.clone());
    let run = Started::new(&stage);
    let handle = run.start(Removal::of::<Thing>(&[]).op, Removal::arguments(&key("A"), data)).unwrap();
    let ended = handle.wait().as_ref().map_err(ToString::to_string);
    let finished = events.events().into_iter().find_map(|event| match event {
        Event::OpFinished(finished) => Some(finished),
        _ => None,
    });
    let OpFinished { action, evidence, notes, .. } = finished.unwrap();
    let said = ended.map(|_| format!("{action:?} {evidence:?} {notes:?}"));
    (said, stage.sent()[1..].to_vec())
}

#[test]
fn data_is_taken_out_only_where_it_may_be_lost() {
    let answer = || yes(json!({}));
    let deleted = || Ok("Delete Some(Response) []".to_owned());
    let (said, sent) = destroyed(DataPolicy::Kept, vec![answer()]);
    assert_eq!((said, sent), (deleted(), vec![DELETE_A.to_owned()]));
    let (said, sent) = destroyed(DataPolicy::Lost, vec![yes(2), answer()]);
    assert_eq!((said, sent), (deleted(), vec![EMPTY.to_owned(), DELETE_A.to_owned()]));
    let (said, sent) = destroyed(DataPolicy::Lost, vec![no(400, 9)]);
    assert_eq!((said, sent), (Err("can't delete the parts for `A`: no".into()), vec![EMPTY.to_owned()]));
}

#[test]
fn what_was_emptied_and_is_gone_then_was_deleted_by_this_run() {
    let gone = || no(404, 3);
    let emptied = "Delete Some(Probe) [\"emptied by this run, and gone when it was to be deleted\"]";
    assert_eq!(destroyed(DataPolicy::Lost, vec![yes(1), gone()]).0, Ok(emptied.to_owned()));
    let by_another = Ok("None None [\"already gone\"]".to_owned());
    assert_eq!(destroyed(DataPolicy::Lost, vec![yes(0), gone()]).0, by_another);
    assert_eq!(destroyed(DataPolicy::Kept, vec![gone()]).0, by_another);
}

#[test]
fn what_has_to_be_emptied_by_nobody_was_emptied_by_nobody() {
    let stage = ScriptedServer::new([]);
    let (of, live) = (Key::new("kv", "A"), serde_json::from_value(thing(json!({"title": "A"}))).unwrap());
    let namespace = crate::services::kv::resource::Namespace::empty(&stage.context, &of, &live);
    assert_eq!(block_on(namespace).unwrap(), 0);
}
