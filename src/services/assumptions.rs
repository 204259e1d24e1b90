//! Tests for a service that differs from what is assumed: nothing is created twice, and
//! nothing false is reported.

use super::ai_gateway::resource::Gateway;
use super::kv::resource::Namespace;
use super::scripted_server::{ScriptedReply, ScriptedServer, no, page, refused, yes};
use super::vectorize::resource::Index;
use crate::events::{Action, Evidence, Status};
use serde_json::{Value as Json, json};

/// An answer that is lost is probed for so often before the create is sent once more.
const EARLY: usize = 4;
/// And so often when nothing more is sent.
const PROBES: usize = 7;
/// And so often where the server has said that it is there.
const CERTAIN: usize = 10;

fn namespace(title: &str) -> Json {
    json!({"id": format!("{:032x}", title.bytes().map(u32::from).sum::<u32>()), "title": title})
}

fn namespaces(titles: &[&str]) -> Json {
    titles.iter().map(|title| namespace(title)).collect()
}

fn times(reply: fn() -> ScriptedReply, times: usize) -> impl Iterator<Item = ScriptedReply> {
    (0..times).map(move |_| reply())
}

fn posts(sent: &[String]) -> usize {
    sent.iter().filter(|line| line.starts_with("POST")).count()
}

/// A4: a new object is listed within 30 s.
#[test]
fn a_list_that_never_shows_what_is_new_ends_as_unknown() {
    let none = || yes(json!([]));
    let script = [none(), ScriptedReply::Lost].into_iter().chain(times(none, EARLY));
    let script = script.chain([no(400, 10014)]).chain(times(none, CERTAIN));
    let stage = ScriptedServer::new(script);
    let failure = stage.ensure::<Namespace>("A", json!({})).unwrap_err();
    assert_eq!(failure.status(), Status::Unknown, "{failure}");
    assert_eq!(posts(&stage.sent()), 2);

    // An answer that came says enough: nothing is listed again.
    let stage = ScriptedServer::new([none(), yes(namespace("A"))]);
    let done = stage.ensure::<Namespace>("A", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Create), Some(Evidence::Response)));
    stage.sent();

    // The next run is told that it is there, and says so when it sees it: too late here.
    let script = [none(), no(400, 10014)].into_iter().chain(times(none, CERTAIN));
    let stage = ScriptedServer::new(script);
    let failure = stage.ensure::<Namespace>("A", json!({})).unwrap_err();
    assert_eq!((failure.kind(), failure.code()), ("rejected", Some(10014)));
    assert_eq!(
        failure.hint().unwrap(),
        "it is there, and no list or read shows it: run again in a minute; if that stays so, give the token the permission to read it"
    );
    assert_eq!(posts(&stage.sent()), 1);
}

/// A5: a gateway can be read after its create timed out.
#[test]
fn a_gateway_that_can_t_be_read_after_its_create_ends_as_unknown() {
    let timeout = || refused(504, 7001, "Gateway timeout");
    let absent = || no(404, 7002);
    let script = [yes(json!([])), timeout()].into_iter().chain(times(absent, EARLY));
    let script = script.chain([no(400, 7001)]).chain(times(absent, PROBES));
    let stage = ScriptedServer::new(script);
    let failure = stage.ensure::<Gateway>("gw", json!({})).unwrap_err();
    assert_eq!(failure.status(), Status::Unknown, "{failure}");
    assert_eq!(posts(&stage.sent()), 2);
}

/// A7: the status and the code of an index that is there already.
#[test]
fn a_duplicate_is_known_by_its_words_under_any_code() {
    let live = || json!({"name": "docs", "config": {"dimensions": 768, "metric": "cosine"}});
    let words = "vectorize.index.duplicate_name - Index name \"docs\"";
    for (status, code) in [(400, 3002), (409, 3002), (400, 3999), (409, 0), (422, 1), (400, 0)] {
        let stage = ScriptedServer::new([yes(json!([])), refused(status, code, words), yes(live())]);
        let done = stage.ensure::<Index>("docs", json!({"dimensions": 768, "metric": "cosine"})).unwrap();
        assert_eq!((done.action, done.notes.len()), (None, 1), "{status} {code}");
        assert_eq!(stage.sent().len(), 3);
    }
    // Other words are no duplicate.
    let stage = ScriptedServer::new([yes(json!([])), refused(400, 3999, "dimensions are too large")]);
    let failure = stage.ensure::<Index>("docs", json!({"dimensions": 768, "metric": "cosine"})).unwrap_err();
    assert_eq!(failure.kind(), "rejected");
    stage.sent();
}

/// A9: the size of a page, and an order that stays while a list is read.
#[test]
fn a_list_is_read_to_its_end_whatever_the_size_of_its_pages() {
    let shorter = |titles: &[&str], info: Json| page(namespaces(titles), info);
    // The server gives two where a thousand are asked for; with and without a total.
    for total in [json!({"per_page": 2, "total_count": 3}), json!({"per_page": 2})] {
        let stage = ScriptedServer::new([shorter(&["X", "Y"], total.clone()), shorter(&["A"], total)]);
        assert_eq!(stage.ensure::<Namespace>("A", json!({})).unwrap().action, None);
        assert_eq!(posts(&stage.sent()), 0);
    }
    // Something moved from the second page to the first between the two: the server says that it is there.
    let info = || json!({"per_page": 2, "total_count": 3});
    let moved = [shorter(&["X", "Y"], info()), shorter(&["Z"], info()), no(400, 10014)];
    let again = shorter(&["A", "X", "Y"], json!({"per_page": 1000, "total_count": 3}));
    let stage = ScriptedServer::new(moved.into_iter().chain([again]));
    let done = stage.ensure::<Namespace>("A", json!({})).unwrap();
    assert_eq!((done.action, done.evidence), (None, None));
    assert_eq!(posts(&stage.sent()), 1);
}

/// A10: a token without a permission is refused, and does not see an empty list.
#[test]
fn an_empty_list_for_want_of_a_permission_creates_nothing_twice() {
    let denied = || refused(403, 10000, "Authentication error");
    let stage = ScriptedServer::new([yes(json!([])), denied()]);
    let failure = stage.ensure::<Namespace>("A", json!({})).unwrap_err();
    assert_eq!((failure.kind(), failure.code()), ("denied", Some(10000)));
    assert_eq!(posts(&stage.sent()), 1);
    // One that may write and sees nothing: the service's own rule keeps the name from being there twice.
    let script = [yes(json!([])), no(400, 10014)].into_iter().chain(times(|| yes(json!([])), CERTAIN));
    let stage = ScriptedServer::new(script);
    assert_eq!(stage.ensure::<Namespace>("A", json!({})).unwrap_err().code(), Some(10014));
    assert_eq!(posts(&stage.sent()), 1);
}
