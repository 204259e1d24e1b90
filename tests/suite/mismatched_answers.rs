//! Answers about another resource than the one that was asked for, from a server that is not the local account.

use super::stub_api::{Answer, Asked, Holds, KINDS, Kind, StandIn, report, run, run_binary, yes};
use larder::events::{Action, Evidence, Status};
use serde_json::{Value as Json, json};

const OTHER_ID: &str = "ffffffff-2222-4333-8444-ffffffffffff";

/// A thing as it would be called if it were another one.
fn another(kind: Kind, thing: &Json) -> Json {
    let mut other = thing.clone();
    other[kind.id] = json!(OTHER_ID);
    other[kind.name] = json!("name-b");
    other
}

/// A yes about that, after the true one has taken effect.
fn instead(kind: Kind, holds: &mut Holds, asked: &Asked) -> Option<Answer> {
    let (status, body) = holds.answer(asked);
    assert_eq!(status, 200, "{} {}", asked.method, asked.path);
    let result = serde_json::from_slice::<Json>(&body).unwrap()["result"].take();
    Some(yes(&another(kind, &result), &Json::Null))
}

/// Whether something was asked about what the answer was about.
fn asks_other(stand_in: &StandIn) -> usize {
    stand_in.look(|holds| holds.count(|line| line.contains("ffff") || line.contains("/name-b")))
}

#[test]
fn a_create_that_is_answered_with_another_is_looked_for() {
    for kind in KINDS {
        let stand_in = StandIn::new(move |asked, holds| {
            asked.is("POST", kind.collection).then(|| instead(kind, holds, asked)).flatten()
        });
        let finished = run(&stand_in, &format!("let made = {}; made.id", kind.ensures));
        assert_eq!(finished.report.exit, 0, "{}: {:?}", kind.service, finished.said);
        let op = finished.report.ops().next().unwrap();
        assert_eq!(
            (op.action, op.status, op.evidence),
            (Action::Create, Status::Done, Some(Evidence::Probe)),
            "{}",
            kind.service
        );
        let there = stand_in.look(|holds| holds.of(kind));
        assert_eq!((there.len(), &there[0][kind.name]), (1, &json!("name-a")), "{}", kind.service);
        assert_eq!(op.id.as_deref(), there[0][kind.id].as_str(), "{}", kind.service);
        assert_eq!(asks_other(&stand_in), 0, "{}", kind.service);
    }
}

/// The binary, and what a database is asked.
#[test]
fn two_creates_with_swapped_answers_are_each_what_they_are() {
    let stand_in = StandIn::new(|asked, holds| {
        if !asked.is("POST", "/d1/database") {
            return None;
        }
        // Whoever comes first is answered as if it were the other, which is there by then.
        let other = if asked.body["name"] == "A" { "B" } else { "A" };
        holds.make(KINDS[4], &asked.body);
        let there = holds.of(KINDS[4]).into_iter().find(|thing| thing["name"] == other);
        let other = there.unwrap_or_else(|| json!({ "name": other, "uuid": OTHER_ID }));
        Some(yes(&other, &Json::Null))
    });
    let script = "let a = d1::ensure(\"A\");\nlet b = d1::ensure(\"B\");\na.query(\"SELECT 1 AS n\", []);\noutput(\"a\", a.id);\noutput(\"b\", b.id);\n";
    let (project, output) = run_binary(&stand_in, script);
    output.exit(0);
    let there = stand_in.look(|holds| holds.of(KINDS[4]));
    let id = |name: &str| there.iter().find(|thing| thing["name"] == name).unwrap()["uuid"].clone();
    assert_eq!(there.len(), 2);
    assert_eq!(report(&project)["outputs"], json!({ "a": id("A"), "b": id("B") }));
    let asked = format!("POST /d1/database/{}/query", id("A").as_str().unwrap());
    assert_eq!(stand_in.look(|holds| holds.count(|line| line.ends_with("/query"))), 1);
    assert_eq!(stand_in.look(|holds| holds.count(|line| line == asked)), 1);
}

/// The name is right, and the id is that of another.
#[test]
fn a_create_that_is_answered_with_the_id_of_another_is_looked_for() {
    let stand_in = StandIn::new(|asked, holds| {
        if !asked.is("POST", "/d1/database") {
            return None;
        }
        let mut made = holds.make(KINDS[4], &asked.body);
        made["uuid"] = holds.of(KINDS[4])[0]["uuid"].clone();
        Some(yes(&made, &Json::Null))
    });
    stand_in.look(|holds| holds.make(KINDS[4], &json!({ "name": "first" })));
    let finished = run(&stand_in, "d1::ensure(\"second\").id");
    let id = stand_in.look(|holds| holds.of(KINDS[4])[1]["uuid"].clone());
    assert_eq!((finished.report.exit, finished.value), (0, Some(id.to_string())), "{:?}", finished.said);
}

/// Where the list says nothing of it either, it is not known, and nothing is done with what the answer was about.
#[test]
fn what_no_list_shows_is_unknown() {
    for kind in KINDS {
        let stand_in = StandIn::new(move |asked, _| {
            let other = another(kind, &asked.body);
            asked.is("POST", kind.collection).then(|| yes(&other, &Json::Null))
        });
        let script = format!("let made = {}; made.id", kind.ensures);
        let finished = run(&stand_in, &script);
        let op = finished.report.ops().next().unwrap();
        assert_eq!(
            (finished.report.exit, op.status),
            (5, Status::Unknown),
            "{}: {:?}",
            kind.service,
            finished.said
        );
        assert_eq!(
            finished.said[0],
            "it is not known whether `name-a` was written: the answer is about `name-b`, not about `name-a`"
        );
        assert_eq!(asks_other(&stand_in), 0, "{}", kind.service);
    }
}

/// Settings that differ from what the recipe asks for, for the kinds that have some.
fn changed() -> [(Kind, Json, &'static str, &'static str); 3] {
    [
        (
            KINDS[1],
            json!({ "name": "name-a", "storage_class": "InfrequentAccess" }),
            r#"r2::ensure("name-a", #{ storage_class: "Standard" }).name"#,
            "/r2/buckets/name-a",
        ),
        (
            KINDS[3],
            json!({ "id": "name-a", "cache_ttl": 60, "collect_logs": true }),
            r#"ai_gateway::ensure("name-a", #{ cache_ttl: 3600 }).name"#,
            "/ai-gateway/gateways/name-a",
        ),
        (
            KINDS[4],
            json!({ "name": "name-a", "read_replication": { "mode": "disabled" } }),
            r#"d1::ensure("name-a", #{ read_replication: "auto" }).name"#,
            "/d1/database/11111111-2222-4333-8444-000000000001",
        ),
    ]
}

#[test]
fn an_update_that_is_answered_with_another_is_no_answer() {
    for (kind, before, script, path) in changed() {
        let stand_in = StandIn::new(move |asked, holds| {
            let is_update = ["PATCH", "PUT"].contains(&asked.method.as_str()) && asked.path == path;
            is_update.then(|| instead(kind, holds, asked)).flatten()
        });
        stand_in.look(|holds| holds.make(kind, &before));
        let finished = run(&stand_in, script);
        let op = finished.report.ops().next().unwrap();
        // The header of a bucket's class is none of what the stand-in reads: there it stays as it was.
        let ended = if kind.service == "r2" { (5, Status::Unknown) } else { (0, Status::Done) };
        assert_eq!((finished.report.exit, op.status), ended, "{}: {:?}", kind.service, finished.said);
        assert_eq!(op.action, Action::Update, "{}", kind.service);
        assert_eq!(asks_other(&stand_in), 0, "{}", kind.service);
    }
}

/// What is read to be written back is not that of another.
#[test]
fn a_replacement_does_not_start_from_another() {
    let (kind, before, script, path) = changed()[1].clone();
    let stand_in = StandIn::new(move |asked, holds| {
        asked.is("GET", path).then(|| instead(kind, holds, asked)).flatten()
    });
    stand_in.look(|holds| holds.make(kind, &before));
    let (_, output) = run_binary(&stand_in, script);
    output.exit(1).stderr(
        "\
error: can't read the gateway for `name-a`: the answer is about `name-b`, not about `name-a`
 --> recipes/main.rhai:1:13
  |
1 | ai_gateway::ensure(\"name-a\", #{ cache_ttl: 3600 }).name
  |             ^^^^^^
exit 1: nothing was changed
",
    );
    assert_eq!(stand_in.look(|holds| holds.count(|line| line.starts_with("PUT"))), 0);
    assert_eq!(stand_in.look(|holds| holds.of(kind)), [before]);
}

#[test]
fn a_deletion_that_is_answered_with_another_is_no_answer() {
    let stand_in = StandIn::new(|asked, _| {
        asked
            .is("DELETE", "/ai-gateway/gateways/name-a")
            .then(|| yes(&json!({ "id": "name-b" }), &Json::Null))
    });
    stand_in.look(|holds| holds.make(KINDS[3], &json!({ "id": "name-a" })));
    let finished = run(&stand_in, "ai_gateway::delete(\"name-a\");");
    assert_eq!((finished.report.exit, finished.report.changed), (5, true), "{:?}", finished.said);
}

/// A bookmark of before this one is that of another database.
#[test]
fn a_restore_that_is_answered_with_another_history_is_unknown() {
    let [older, now, to] = ["00000001", "00000005", "00000003"]
        .map(|begin| format!("{begin}-00000000-00004c8e-{}", "a".repeat(32)));
    for (previous, exit) in [(older, 5), (now.clone(), 0)] {
        let bookmark = now.clone();
        let stand_in = StandIn::new(move |asked, _| match asked.path.rsplit('/').next()? {
            "bookmark" => Some(yes(&json!({ "bookmark": bookmark }), &Json::Null)),
            "restore" => {
                Some(yes(&json!({ "bookmark": bookmark, "previous_bookmark": previous }), &Json::Null))
            }
            _ => None,
        });
        stand_in.look(|holds| holds.make(KINDS[4], &json!({ "name": "name-a" })));
        let finished = run(&stand_in, &format!("d1::ensure(\"name-a\").restore(\"{to}\");"));
        assert_eq!(finished.report.exit, exit, "{:?}", finished.said);
    }
}

#[test]
fn a_bucket_of_another_jurisdiction_is_not_the_one_that_was_asked_for() {
    let stand_in = StandIn::new(|asked, holds| {
        asked.is("POST", "/r2/buckets").then(|| {
            let mut made = holds.make(KINDS[1], &asked.body);
            made["jurisdiction"] = json!("default");
            yes(&made, &Json::Null)
        })
    });
    let finished = run(&stand_in, "r2::ensure(\"name-a\", #{ jurisdiction: \"eu\" });");
    let op = finished.report.ops().next().unwrap();
    assert_eq!((op.action, op.evidence), (Action::Create, Some(Evidence::Probe)), "{:?}", finished.said);
}

#[test]
fn a_list_that_contradicts_itself_is_told() {
    let thing = |kind: Kind, name: &str, id: &str| {
        let mut thing = json!({});
        thing[kind.id] = json!(id);
        if kind.name != kind.id {
            thing[kind.name] = json!(name);
        }
        thing
    };
    for kind in KINDS {
        let unnamed = json!({ "created_at": "2026-11-28T00:00:00Z" });
        let mut lists =
            vec![(json!([thing(kind, "a", "a"), unnamed]), format!("missing field `{}`", kind.id))];
        lists.push((
            json!([thing(kind, "a", "a"), thing(kind, "b", "")]),
            "item 2 of the list has no id".into(),
        ));
        if kind.name != kind.id {
            let missing = json!([{ kind.id: "1" }]);
            lists.push((missing, format!("missing field `{}`", kind.name)));
            lists.push((json!([thing(kind, "", "1")]), "item 1 of the list has no name".into()));
            let twice = json!([thing(kind, "a", "1"), thing(kind, "b", "2"), thing(kind, "a", "3")]);
            lists.push((twice, "the list has `a` twice, with the ids `1` and `3`".into()));
            let shared = json!([thing(kind, "a", "1"), thing(kind, "b", "1")]);
            lists.push((shared, "the list has the id `1` twice, as `a` and as `b`".into()));
        }
        for (list, told) in lists {
            let stand_in = StandIn::new(move |asked, _| {
                let result = if kind.service == "r2" { json!({ "buckets": list }) } else { list.clone() };
                asked.is("GET", kind.collection).then(|| yes(&result, &Json::Null))
            });
            let (_, output) = run_binary(&stand_in, kind.ensures);
            output.kept(&format!("a list that contradicts itself is told: {}, {told}", kind.service));
            assert_eq!(stand_in.look(|holds| holds.count(|line| line.starts_with("POST"))), 0);
        }
    }
}
