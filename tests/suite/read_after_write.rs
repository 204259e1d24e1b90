//! Resources that a run has just created and that reads do not show yet, on a server that is not the local account.

use super::project::ops;
use super::stub_api::{KINDS, Kind, StandIn, no, report, run, run_binary};
use larder::events::Action;
use serde_json::json;
use std::time::Duration;

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

/// Once it is removed, it is not waited for.
#[test]
fn what_was_made_and_removed_is_gone_at_once() {
    let mut is_lost = false;
    let stand_in = StandIn::new(move |asked, holds| {
        let strikes = !is_lost && asked.method == "DELETE";
        is_lost |= strikes;
        strikes.then(|| {
            holds.answer(asked);
            (502, Vec::new())
        })
    });
    let finished = run(&stand_in, r#"let bucket = r2::ensure("name-a"); r2::delete(bucket);"#);
    assert_eq!(
        (finished.report.exit, stand_in.look(|holds| holds.of(KINDS[1]).len())),
        (0, 0),
        "{:?}",
        finished.said
    );
    assert!(finished.took < Duration::from_secs(5), "{:?}", finished.took);
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
