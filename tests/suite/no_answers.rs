//! Responses without an envelope, with misleading status codes, from a server that is not the local account.

use super::stub_api::{Answer, KINDS, StandIn, report, run, run_binary};
use larder::events::{Action, Evidence};
use serde_json::json;

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
    output.kept("pages all the way are told as such, 2");
    assert_eq!(report(&project)["changed"], true);
    let blocked = StandIn::new(|_, _| Some((403, b"<html>blocked</html>".to_vec())));
    let (_, output) = run_binary(&blocked, KINDS[0].ensures);
    output.exit(1).kept("pages all the way are told as such");
}
