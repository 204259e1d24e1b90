//! What is there, in every name space, as people look at it.

use super::*;

static BROWSING: Browsing = Browsing::of::<Thing>();

fn all(replies: Vec<ScriptedReply>) -> (ScriptedServer, Result<Vec<ExistingResource>, ReadError>) {
    let stage = ScriptedServer::new(replies);
    let all = block_on((BROWSING.all)(stage.context.clone()));
    assert_eq!(stage.sent(), ["GET /things", "GET /things?in=eu"]);
    (stage, all)
}

fn one(rest: Json) -> ExistingResource {
    all(vec![yes(json!([thing(rest)])), none()]).1.unwrap().remove(0)
}

#[test]
fn every_name_space_that_the_account_has_is_looked_through() {
    let there = |id: &str| yes(json!([{"id": id, "name": "A"}, {"id": id, "name": "A"}]));
    let keys = |found: Vec<ExistingResource>| -> Vec<(Option<String>, String)> {
        found.into_iter().map(|one| (one.key.jurisdiction, one.id)).collect()
    };
    let eu = || Some("eu".to_owned());
    let twice =
        [(None, "1".to_owned()), (None, "1".to_owned()), (eu(), "2".to_owned()), (eu(), "2".to_owned())];
    assert_eq!(keys(all(vec![there("1"), there("2")]).1.unwrap()), twice);
    assert_eq!(keys(all(vec![there("1"), no(400, 9)]).1.unwrap()), twice[..2]);
    assert!(all(vec![no(400, 9), there("2")]).1.is_err());
}

#[test]
fn what_is_never_returned_whole_is_not_shown() {
    let shown = |rest| one(rest).value.to_json().unwrap();
    let hidden = json!({"size": 1, "secret": "(set, not shown)"});
    assert_eq!(shown(json!({"size": 1, "secret": "a part"})), thing(hidden));
    assert_eq!(shown(json!({"secret": null})), thing(json!({"secret": null})));
    assert_eq!(shown(json!({})), thing(json!({})));
    assert_eq!((BROWSING.never_returned)(), ["secret"]);
}

#[test]
fn what_is_set_and_never_returned_is_said_of_what_is_described() {
    let said = |secret: Json| (BROWSING.described)(&one(json!({ "secret": secret }))).not_returned;
    for set in [json!("s"), json!(false), json!(["s"]), json!({"a": 1})] {
        assert_eq!(said(set), ["secret"]);
    }
    for nothing in [Json::Null, json!([]), json!({})] {
        assert_eq!(said(nothing), [""; 0]);
    }
}

#[test]
fn one_is_read_whole_and_described() {
    let (_, found) = all(vec![none(), yes(json!([thing(json!({}))]))]);
    let found = found.unwrap().remove(0);
    let stage = ScriptedServer::new([yes(thing(json!({"size": 1, "secret": "s"})))]);
    let whole = block_on((BROWSING.whole)(stage.context.clone(), found)).unwrap();
    assert_eq!(stage.sent(), ["GET /things/A"]);
    assert_eq!(whole.key, Key { jurisdiction: Some("eu".into()), ..key("A") });
    let described = (BROWSING.described)(&whole);
    assert_eq!(described.options.map(Json::Object), Some(json!({"jurisdiction": "eu", "size": 1})));
    assert_eq!((described.left_out, described.not_returned), (vec![], vec!["secret"]));
}

#[test]
fn where_its_data_must_stay_its_name_space_says_or_it_itself() {
    for (own, known) in [("us", Some("us")), ("default", None), ("", None)] {
        assert_eq!(one(json!({"jurisdiction": own})).jurisdiction(), known);
    }
    assert_eq!(one(json!({})).jurisdiction(), None);
    let (_, found) = all(vec![none(), yes(json!([thing(json!({}))]))]);
    assert_eq!(found.unwrap()[0].jurisdiction(), Some("eu"));
}
