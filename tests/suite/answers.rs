//! Answers that are about something else, that come from something on the way, and that come too early, from a server that
//! is not the local account.

use super::lab::{Finished, Lab, Terms};
use super::project::{Output, PLAIN, Project, ops};
use super::stand_in::{Answer, Asked, Holds, KINDS, Kind, StandIn, no, yes};
use larder::events::{Action, Evidence, Status};
use larder::op::Mode;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

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

/// Runs a script in this process, against a stand-in.
fn run(stand_in: &StandIn, script: &str) -> Finished {
    let (lab, folder) = (Lab::new(1), tempfile::tempdir().unwrap());
    let terms = Terms { road: Arc::new(stand_in.clone()), ..lab.terms(Mode::Apply) };
    lab.script_on(terms, folder.path(), script)
}

/// Runs it with the binary.
fn run_binary(stand_in: &StandIn, script: &str) -> (Project, Output) {
    let project = stand_in.serves(Project::new(PLAIN).recipe(script));
    let output = project.run(&["run", "main", "-e", "dev", "--report", "report.json"]);
    (project, output)
}

fn report(project: &Project) -> Json {
    let text = larder::system::files::read_text(&project.path().join("report.json"), 1 << 20).unwrap();
    serde_json::from_str(&text).unwrap()
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
    output.exit(1).stderr_has(
        "error: can't read the gateway for `name-a`: the answer is about `name-b`, not about `name-a`\n --> recipes/main.rhai:1:13\n",
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
            let output = output.exit(1).stderr_has(&told).stderr_has(" --> recipes/main.rhai:1:");
            output.stderr_has("error: can't list the ");
            assert_eq!(stand_in.look(|holds| holds.count(|line| line.starts_with("POST"))), 0);
        }
    }
}

/// What something on the way answers with.
fn pages() -> Vec<Answer> {
    let page = b"<html>blocked by gateway</html>".to_vec();
    let mut pages: Vec<Answer> =
        [302, 307, 400, 401, 403, 404, 407, 409, 410, 429, 451].map(|status| (status, page.clone())).into();
    pages.extend([304, 400, 403, 404].map(|status| (status, Vec::new())));
    pages.extend([403, 404].map(|status| (status, br#"{"message":"Forbidden"}"#.to_vec())));
    pages
}

#[test]
fn a_page_after_a_create_that_took_effect_decides_nothing() {
    for (kind, page) in KINDS.into_iter().flat_map(|kind| pages().into_iter().map(move |page| (kind, page))) {
        let status = page.0;
        let stand_in = StandIn::new(move |asked, holds| {
            asked.is("POST", kind.collection).then(|| {
                holds.answer(asked);
                page.clone()
            })
        });
        let finished = run(&stand_in, kind.ensures);
        let op = finished.report.ops().next().unwrap();
        let ended = (finished.report.exit, op.action, op.evidence);
        assert_eq!(
            ended,
            (0, Action::Create, Some(Evidence::Probe)),
            "{} {status}: {:?}",
            kind.service,
            finished.said
        );
        assert_eq!(stand_in.look(|holds| holds.count(|line| line.starts_with("POST"))), 1, "{status}");
    }
}

#[test]
fn a_page_before_a_create_that_did_not_is_tried_again() {
    for page in pages() {
        let status = page.0;
        let mut struck = false;
        let stand_in = StandIn::new(move |asked, _| {
            let strikes = !struck && asked.method == "POST";
            struck |= strikes;
            strikes.then(|| page.clone())
        });
        let finished = run(&stand_in, KINDS[0].ensures);
        assert_eq!(
            (finished.report.exit, finished.report.summary.create),
            (0, 1),
            "{status}: {:?}",
            finished.said
        );
        assert_eq!(stand_in.look(|holds| holds.of(KINDS[0]).len()), 1, "{status}");
    }
}

#[test]
fn a_page_after_a_raw_write_leaves_it_unknown() {
    for page in pages() {
        let status = page.0;
        let stand_in = StandIn::new(move |asked, _| asked.path.ends_with("/query").then(|| page.clone()));
        stand_in.look(|holds| holds.make(KINDS[4], &json!({ "name": "name-a" })));
        let finished = run(&stand_in, "d1::ensure(\"name-a\").execute(\"DELETE FROM t\");");
        assert_eq!(
            (finished.report.exit, finished.report.changed),
            (5, true),
            "{status}: {:?}",
            finished.said
        );
    }
}

/// On the binary: nobody says that nothing was changed, and what answers is told.
#[test]
fn pages_all_the_way_are_told_as_such() {
    let stand_in = StandIn::new(|asked, holds| {
        (asked.method == "POST").then(|| {
            holds.answer(asked);
            (403, b"<html>blocked</html>".to_vec())
        })
    });
    let (project, output) = run_binary(&stand_in, KINDS[0].ensures);
    let output = output.exit(0);
    assert!(!output.stderr.contains("nothing was changed"), "{}", output.stderr);
    assert_eq!(report(&project)["changed"], true);
    let blocked = StandIn::new(|_, _| Some((403, b"<html>blocked</html>".to_vec())));
    let (_, output) = run_binary(&blocked, KINDS[0].ensures);
    output.exit(1).stderr_has(
        "error: can't list the namespaces for `name-a`: HTTP status 403 with a page of HTML\n --> recipes/main.rhai:1:5\n",
    ).stderr_has("something on the way to the API answers in its place, or refuses requests from here: try another network");
}

/// What is below a thing says that it is not there, for so many requests after it was made.
fn young(kind: Kind, mut left: usize) -> StandIn {
    let status = if kind.service == "kv" { 400 } else { 404 };
    StandIn::new(move |asked, _| {
        let is_below = asked.path.strip_prefix(kind.collection).is_some_and(|rest| rest.starts_with('/'));
        let hides = is_below && left > 0;
        left -= usize::from(hides);
        hides.then(|| no(status, kind.missing))
    })
}

/// A thing that is made, and what is done with it at once.
fn uses() -> [(Kind, &'static str); 5] {
    [
        (KINDS[0], r#"kv::ensure("name-a").put("k", "v");"#),
        (KINDS[1], r#"let b = r2::ensure("name-a", #{ storage_class: "InfrequentAccess" });"#),
        (
            KINDS[2],
            r#"vectorize::ensure("name-a", #{ dimensions: 3, metric: "cosine", metadata_indexes: #{ url: "string" } });"#,
        ),
        (KINDS[3], r#"ai_gateway::ensure("name-a");"#),
        (KINDS[4], r#"d1::ensure("name-a").query("SELECT 1 AS n", [])[0].n"#),
    ]
}

#[test]
fn what_was_just_made_may_take_a_moment_to_be_seen() {
    for (kind, script) in uses() {
        let stand_in = young(kind, 5);
        let finished = run(&stand_in, script);
        assert_eq!(finished.report.exit, 0, "{}: {:?}", kind.service, finished.said);
        assert_eq!(finished.report.summary.create, 1, "{}", kind.service);
        assert!(finished.took < Duration::from_secs(30), "{}: {:?}", kind.service, finished.took);
    }
}

#[test]
fn a_moment_is_thirty_seconds_and_what_was_made_is_reported() {
    for (kind, script) in [uses()[0], uses()[2], uses()[4]] {
        let finished = run(&young(kind, usize::MAX), script);
        let report = &finished.report;
        assert_eq!((report.exit, report.changed), (4, true), "{}: {:?}", kind.service, finished.said);
        let created: Vec<Action> = report.ops().map(|op| op.action).collect();
        assert!(created.contains(&Action::Create), "{}: {created:?}", kind.service);
        let took = finished.took.as_secs();
        assert!((29..=35).contains(&took), "{}: {took} s", kind.service);
    }
}

/// What this run has not made is not waited for, and neither is what is missing in what it has made.
#[test]
fn what_is_not_there_is_told_at_once() {
    let stand_in = young(KINDS[4], usize::MAX);
    stand_in.look(|holds| holds.make(KINDS[4], &json!({ "name": "name-a" })));
    let finished = run(&stand_in, r#"d1::ensure("name-a").query("SELECT 1 AS n", []);"#);
    assert_eq!((finished.report.exit, finished.took), (1, Duration::ZERO), "{:?}", finished.said);
    let stand_in = StandIn::new(|asked, _| asked.path.contains("/values/").then(|| no(404, 10009)));
    let finished = run(&stand_in, r#"kv::ensure("name-a").get("k")"#);
    assert_eq!((finished.report.exit, finished.took), (0, Duration::ZERO), "{:?}", finished.said);
}

#[test]
fn the_binary_waits_for_a_database_that_it_has_just_made() {
    let script = "let db = d1::ensure(\"A\");\noutput(\"n\", db.query(\"SELECT 1 AS n\", [])[0].n);\n";
    let (project, output) = run_binary(&young(KINDS[4], 2), script);
    output.exit(0);
    let report = report(&project);
    assert_eq!((&report["outputs"], &report["summary"]["create"]), (&json!({ "n": 1 }), &json!(1)));
    assert_eq!(ops(&report).len(), 1);
}
