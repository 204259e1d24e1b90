//! What a run knows of the account without asking again.

use super::super::lookup::look;
use super::super::rows::Rows;
use super::*;

fn two() -> ScriptedReply {
    yes(json!([{"id": "i-1", "name": "A"}, {"id": "i-2", "name": "B"}]))
}

fn names(all: &[Live]) -> Vec<&str> {
    all.iter().map(|live| live.name.as_str()).collect()
}

fn find(stage: &ScriptedServer, key: &Key) -> Result<Option<Live>, ReadError> {
    block_on(inventory(stage).find(&stage.context, key))
}

#[test]
fn a_name_space_is_listed_once() {
    let stage = ScriptedServer::new([two(), none()]);
    let inventory = inventory(&stage);
    assert_eq!(names(&block_on(inventory.all(&stage.context, None)).unwrap()), ["A", "B"]);
    assert_eq!(find(&stage, &key("A")).unwrap(), Some(live(json!({}))));
    assert_eq!(find(&stage, &key("C")).unwrap(), None);
    let in_eu = Key { jurisdiction: Some("eu".into()), ..key("A") };
    assert_eq!(find(&stage, &in_eu).unwrap(), None);
    assert_eq!(stage.sent(), ["GET /things", "GET /things?in=eu"]);
}

#[test]
fn a_listing_that_failed_is_raised_by_each_op_that_needs_it() {
    let stage = ScriptedServer::new([no(400, 9)]);
    for _ in 0..2 {
        assert!(find(&stage, &key("A")).is_err());
        assert!(block_on(inventory(&stage).all(&stage.context, None)).is_err());
    }
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn what_the_run_does_and_plans_is_laid_over_the_listing() {
    let stage = ScriptedServer::new([two()]);
    let inventory = inventory(&stage);
    find(&stage, &key("A")).unwrap();
    inventory.note(&key("A"), Some(&live(json!({"size": 1}))));
    assert_eq!(find(&stage, &key("A")).unwrap(), Some(live(json!({"size": 1}))));
    assert!(!inventory.is_planned(&key("A")));
    inventory.plan(&key("C"), &live(json!({"id": "i-3", "name": "C"})));
    assert!(inventory.is_planned(&key("C")));
    inventory.note(&key("B"), None);
    assert_eq!(names(&block_on(inventory.all(&stage.context, None)).unwrap()), ["A", "C"]);
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn an_id_is_known_by_the_name_that_has_it_now() {
    let stage = ScriptedServer::new([two()]);
    let inventory = inventory(&stage);
    let of = |id: &str, name: &str| live(json!({"id": id, "name": name}));
    assert_eq!(inventory.other_name(&key("A"), &of("i-2", "A")), None, "before it is listed");
    find(&stage, &key("A")).unwrap();
    assert_eq!(inventory.other_name(&key("A"), &of("i-2", "A")), Some("B".into()));
    assert_eq!(inventory.other_name(&key("A"), &of("i-1", "A")), None);
    assert_eq!(inventory.other_name(&key("A"), &of("i-9", "A")), None);
    // `B` is another now, and gone then.
    inventory.note(&key("B"), Some(&of("i-3", "B")));
    assert_eq!(inventory.other_name(&key("A"), &of("i-2", "A")), None);
    assert_eq!(inventory.other_name(&key("A"), &of("i-3", "A")), Some("B".into()));
    inventory.note(&key("B"), None);
    assert_eq!(inventory.other_name(&key("A"), &of("i-3", "A")), None);
    stage.sent();
}

#[test]
fn every_name_space_is_listed_ahead() {
    let stage = ScriptedServer::new([none(), none()]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    prefetch::<Thing>(&stage.context, runtime.handle(), &std::collections::BTreeSet::new());
    runtime.block_on(async {
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(stage.sent(), ["GET /things", "GET /things?in=eu"]);
}

#[test]
fn what_a_kind_has_is_listed_by_id_and_name() {
    let stage = ScriptedServer::new([two()]);
    let all = block_on(listed::<Thing>(stage.context.clone())).unwrap();
    let all: Vec<(String, String)> = all.into_iter().map(|one| (one.id, one.name)).collect();
    assert_eq!(all, [("i-1".into(), "A".into()), ("i-2".into(), "B".into())]);
    assert_eq!(stage.sent(), ["GET /things"]);
}

#[test]
fn a_listing_that_contradicts_itself_is_refused() {
    let of = |all: &[(&str, &str)]| {
        let all = all.iter().map(|(id, name)| live(json!({"id": id, "name": name}))).collect();
        match Rows::<Thing>::of(all) {
            Ok(rows) => Ok(rows.by_name.into_keys().collect::<Vec<_>>().join(" ")),
            Err(ReadError::Failed(trouble)) => Err((trouble.detail, trouble.endpoint.unwrap().doing)),
            Err(ReadError::Rejected(error)) => panic!("{error:?}"),
        }
    };
    let refused = |words: &str| Err((words.to_owned(), "list the things"));
    assert_eq!(of(&[("1", "A"), ("2", "B")]), Ok("A B".into()));
    assert_eq!(of(&[("1", "A"), ("1", "A")]), Ok("A".into()), "the same twice, as pages may have it");
    assert_eq!(of(&[("1", "A"), ("", "B")]), refused("item 2 of the list has no id"));
    assert_eq!(of(&[("1", "")]), refused("item 1 of the list has no name"));
    let twice = refused("the list has `A` twice, with the ids `1` and `2`");
    assert_eq!(of(&[("1", "A"), ("2", "A")]), twice);
    let twice = refused("the list has the id `1` twice, as `A` and as `B`");
    assert_eq!(of(&[("1", "A"), ("1", "B")]), twice);
}

#[test]
fn what_can_not_be_told_of_one_is_looked_for_in_the_list() {
    let one = |replies: Vec<ScriptedReply>| {
        let stage = ScriptedServer::new(replies);
        let found = block_on(look::<Thing>(&stage.context.client, &key("A")));
        let found = found.map(|live| live.map(|live| live.name)).map_err(|_| "failed");
        (found, stage.sent().len())
    };
    let found = || Ok(Some("A".to_owned()));
    assert_eq!(one(vec![yes(thing(json!({})))]), (found(), 1));
    assert_eq!(one(vec![no(404, 3)]), (Ok(None), 1));
    assert_eq!(one(vec![no(400, 9)]), (Err("failed"), 1));
    assert_eq!(one((0..4).map(|_| ScriptedReply::Lost).collect()), (Err("failed"), 4));
    // Of another name, or of no form.
    assert_eq!(one(vec![yes(json!({"id": "A", "name": "B"})), two()]), (found(), 2));
    assert_eq!(one(vec![yes(json!(["?"])), two()]), (found(), 2));
    assert_eq!(one(vec![yes(json!(["?"])), none()]), (Ok(None), 2));
}
