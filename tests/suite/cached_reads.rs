//! Responses that a dry run has read are reused by the run that follows, and when they are not.

use super::project::{PLAIN, Project};
use super::simulation::Simulation;
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::op::Mode;
use larder::reconcile::Resource as _;
use larder::services::r2::resource::Bucket;
use larder::system::{Clock, files};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const BUCKETS: &str = "GET /r2/buckets";

/// An account with a namespace that has two keys, and a database with a row.
fn stocked(folder: &Path) -> Simulation {
    let simulation = Simulation::new(1);
    let stock = r#"
        let ns = kv::ensure("A"); ns.put("k", "old"); ns.put("other", "old");
        let db = d1::ensure("jobs"); db.execute("CREATE TABLE t (x)"); db.execute("INSERT INTO t VALUES (1)");
        r2::ensure("files");"#;
    assert_eq!(simulation.script(folder, Mode::Apply, stock).report.exit, 0);
    simulation
}

/// The second of two passes over a stocked account; its script's value, and what it sent.
fn second(scripts: [&str; 2]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let simulation = stocked(folder.path());
    let second = simulation.passes(folder.path(), scripts, |_| ());
    assert_eq!((second.report.exit, &*second.said), (0, [].as_slice()), "{scripts:?}");
    (second.value.unwrap_or_default(), second.sent)
}

fn count(sent: &[String], request: &str) -> usize {
    sent.iter().filter(|one| one.starts_with(request)).count()
}

#[test]
fn an_answer_is_given_once_and_counted_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = stocked(folder.path());
    let get = r#"let ns = kv::find("A"); ns.get("k"); ns.get("k");"#;
    let more = format!(r#"{get} ns.get("k"); ns.get("other")"#);
    let second = simulation.passes(folder.path(), [get, &more], |_| ());
    assert_eq!(second.value.as_deref(), Some("\"old\""));
    let values = |sent: &[String]| {
        sent.iter().map(|one| one.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(&second.sent), ["k", "other"]);
    assert_eq!((second.report.requests.reads, second.report.requests.writes), (2, 0));
}

#[test]
fn an_answer_is_given_for_30_s_whatever_waited() {
    let folder = tempfile::tempdir().unwrap();
    let get = r#"kv::find("A").get("k")"#;
    for (wait, sent) in [(30_000, 0), (30_001, 2)] {
        let simulation = stocked(folder.path());
        let pass = |clock: &dyn Clock| drop(clock.sleep(Duration::from_millis(wait)));
        assert_eq!(simulation.passes(folder.path(), [get, get], pass).sent.len(), sent, "{wait} ms");
    }
}

#[test]
fn nothing_is_handed_on_to_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = stocked(folder.path());
    let get = r#"kv::find("A").get("k")"#;
    assert_eq!(simulation.passes(folder.path(), [get, get], |_| ()).sent, Vec::<String>::new());
    assert_eq!(simulation.passes(folder.path(), ["1", get], |_| ()).sent.len(), 2);
}

/// An update of a value: it is read anew, the one beside it is not.
#[test]
fn what_this_run_has_written_to_is_read_anew() {
    let read = r#"let ns = kv::find("A"); ns.get("k"); ns.get("other"); ns.keys()"#;
    let (value, sent) = second([
        read,
        r#"let ns = kv::find("A"); ns.put("k", "new"); [ns.get("k"), ns.get("other"), ns.keys().len]"#,
    ]);
    assert_eq!(value, r#"["new", "old", 2]"#);
    assert_eq!((count(&sent, "GET"), count(&sent, "PUT")), (2, 1), "{sent:?}");
    assert!(sent[1].ends_with("/values/k") && sent[2].ends_with("/keys"), "{sent:?}");
}

#[test]
fn a_create_and_a_delete_make_their_list_go() {
    let read = r#"kv::list(); cf::get("/storage/kv/namespaces"); cf::get("/r2/buckets")"#;
    let list = r#"[cf::get("/storage/kv/namespaces").len, cf::get("/r2/buckets").buckets.len]"#;
    for (write, namespaces) in [(r#"kv::ensure("B");"#, 2), (r#"kv::delete("A");"#, 0)] {
        let (value, sent) = second([read, &format!("{write} {list}")]);
        assert_eq!(value, format!("[{namespaces}, 1]"), "{write}");
        assert_eq!(count(&sent, BUCKETS), 0, "{sent:?}");
    }
}

#[test]
fn a_write_to_a_database_makes_all_that_was_read_of_it_go() {
    let read = r#"d1::find("jobs").query("SELECT count(*) AS n FROM t")"#;
    let write = format!(r#"d1::find("jobs").execute("INSERT INTO t VALUES (2)"); {read}"#);
    let (value, sent) = second([read, &write]);
    assert_eq!(value, r#"[#{"n": 2}]"#);
    assert_eq!(sent.len(), 2, "{sent:?}");
}

/// `cf::` may change anything, and so may what names a database by its id.
#[test]
fn a_raw_write_makes_everything_go() {
    let read = r#"cf::get("/r2/buckets"); d1::find("jobs").id"#;
    let raw = r#"cf::post("/storage/kv/namespaces", #{ title: "RAW" });"#;
    let (_, sent) = second([read, &format!(r#"{raw} cf::get("/r2/buckets");"#)]);
    assert_eq!(count(&sent, BUCKETS), 1, "{sent:?}");
    let by_id = r#"let id = d1::find("jobs").id; d1::execute(id, "INSERT INTO t VALUES (2)"); cf::get("/r2/buckets");"#;
    let (_, sent) = second([read, by_id]);
    assert_eq!(count(&sent, BUCKETS), 1, "{sent:?}");
    // The same through a handle leaves what has nothing to do with it.
    let by_handle = r#"d1::find("jobs").execute("INSERT INTO t VALUES (2)"); cf::get("/r2/buckets");"#;
    let (_, sent) = second([read, by_handle]);
    assert_eq!(count(&sent, BUCKETS), 0, "{sent:?}");
}

#[test]
fn a_database_that_is_made_anew_under_its_name_is_read_anew() {
    let read = r#"d1::find("jobs").query("SELECT count(*) AS n FROM t")"#;
    let anew = r#"d1::delete("jobs"); let db = d1::ensure("jobs"); db.execute("CREATE TABLE t (x)");
        db.query("SELECT count(*) AS n FROM t")"#;
    let (value, sent) = second([read, anew]);
    assert_eq!(value, r#"[#{"n": 0}]"#);
    assert_eq!(count(&sent, "POST /d1/database/"), 2, "{sent:?}");
}

/// By somebody else, between the passes: what was listed is stale, and the id is no longer there.
#[test]
fn a_database_that_somebody_else_has_made_anew_is_not_taken_for_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = stocked(folder.path());
    let read = r#"d1::find("jobs").query("SELECT count(*) AS n FROM t")"#;
    let write = r#"d1::find("jobs").execute("INSERT INTO t VALUES (2)")"#;
    let again = r#"d1::delete("jobs"); d1::ensure("jobs").execute("CREATE TABLE t (x)")"#;
    let renew =
        |_: &dyn Clock| assert_eq!(simulation.script(folder.path(), Mode::Apply, again).report.exit, 0);
    let refused = simulation.passes(folder.path(), [read, write], renew);
    assert_eq!((refused.report.exit, refused.report.changed), (1, false), "{:?}", refused.said);
    // 30 s later the list is asked for again.
    let late = simulation.passes(folder.path(), [read, &format!("{write}; {read}")], |clock| {
        renew(clock);
        drop(clock.sleep(Duration::from_secs(31)));
    });
    assert_eq!((late.report.exit, late.value.as_deref()), (0, Some(r#"[#{"n": 1}]"#)), "{:?}", late.said);
}

/// The ledger and the look at the table are from the dry run; the guard row is not.
#[test]
fn a_table_that_is_filled_between_the_passes_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, sql: &str| {
        files::make_folder(&folder.path().join("m")).unwrap();
        files::write_whole(&folder.path().join("m").join(name), sql.as_bytes()).unwrap();
    };
    let simulation = Simulation::new(1);
    write("0001_a.sql", "CREATE TABLE a (x);\n");
    let migrate = r#"d1::ensure("jobs").migrate("m")"#;
    assert_eq!(simulation.script(folder.path(), Mode::Apply, migrate).report.exit, 0);
    write("0002_b.sql", "DROP TABLE a;\n");
    let fill = r#"d1::find("jobs").execute("INSERT INTO a VALUES (1)")"#;
    let filled =
        |_: &dyn Clock| assert_eq!(simulation.script(folder.path(), Mode::Apply, fill).report.exit, 0);
    let refused = simulation.passes(folder.path(), [migrate, migrate], filled);
    assert_eq!((refused.report.exit, refused.report.changed), (1, false), "{:?}", refused.said);
    assert_eq!(refused.report.requests.writes, 1);
    let rows = simulation.script(folder.path(), Mode::Apply, r#"d1::find("jobs").query("SELECT x FROM a")"#);
    assert_eq!(rows.value.as_deref(), Some(r#"[#{"x": 1}]"#));
    // Without rows it is dropped, with what the dry run has seen.
    let empty = r#"d1::find("jobs").execute("DELETE FROM a")"#;
    assert_eq!(simulation.script(folder.path(), Mode::Apply, empty).report.exit, 0);
    let applied = simulation.passes(folder.path(), [migrate, migrate], |_| ());
    assert_eq!((applied.report.exit, applied.report.summary.apply), (0, 1), "{:?}", applied.said);
    // The bookmark, the guarded call, the ledger after it.
    let below = |one: &String| one.splitn(5, '/').nth(4).unwrap_or_default().to_owned();
    assert_eq!(
        applied.sent.iter().map(below).collect::<Vec<_>>(),
        ["time_travel/bookmark", "query", "query"]
    );
}

/// Nothing is said of a ledger that this run may have changed.
#[test]
fn the_ledger_is_read_anew_where_this_run_has_written_to_its_database() {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    files::write_whole(&folder.path().join("m/0001_a.sql"), b"CREATE TABLE a (x);\n").unwrap();
    let simulation = stocked(folder.path());
    let migrate = r#"d1::find("jobs").migrate("m")"#;
    assert_eq!(simulation.script(folder.path(), Mode::Apply, migrate).report.exit, 0);
    assert_eq!(simulation.passes(folder.path(), [migrate, migrate], |_| ()).sent, Vec::<String>::new());
    let gone = r#"let db = d1::find("jobs"); db.execute("DROP TABLE a");
        db.execute("DELETE FROM d1_migrations"); db.execute("DELETE FROM larder_migrations"); db.migrate("m").applied"#;
    let applied = simulation.passes(folder.path(), [migrate, gone], |_| ());
    assert_eq!(
        (applied.report.exit, applied.value.as_deref()),
        (0, Some(r#"["0001_a.sql"]"#)),
        "{:?}",
        applied.said
    );
}

/// The way back leads to the moment before the first file, not to one in the dry run.
#[test]
fn the_bookmark_is_asked_for_when_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    files::write_whole(&folder.path().join("m/0001_a.sql"), b"CREATE TABLE a (x);\n").unwrap();
    let simulation = stocked(folder.path());
    let bookmark = r#"cf::get("/d1/database/" + d1::find("jobs").id + "/time_travel/bookmark").bookmark"#;
    let write = r#"d1::find("jobs").execute("INSERT INTO t VALUES (2)")"#;
    let more =
        |_: &dyn Clock| assert_eq!(simulation.script(folder.path(), Mode::Apply, write).report.exit, 0);
    // By itself it is a reading like others.
    assert_eq!(simulation.passes(folder.path(), [bookmark, bookmark], |_| ()).sent, Vec::<String>::new());
    let migrated =
        simulation.passes(folder.path(), [bookmark, r#"d1::find("jobs").migrate("m").bookmark"#], more);
    let back = format!(
        r#"let db = d1::find("jobs"); db.restore({}); db.query("SELECT count(*) AS n FROM t")"#,
        migrated.value.unwrap()
    );
    assert_eq!(simulation.script(folder.path(), Mode::Apply, &back).value.as_deref(), Some(r#"[#{"n": 2}]"#));
}

/// The list of before has no such namespace, and would have it made twice.
#[test]
fn a_probe_for_a_lost_create_asks_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = stocked(folder.path());
    let listed = "/storage/kv/namespaces?order=title&direction=asc&page=1&per_page=1000";
    let read = format!(r#"kv::find("N"); cf::get("{listed}"); cf::get("{listed}")"#);
    // The first request is the account check.
    let lose = |_: &dyn Clock| {
        let strike = FaultTarget::Request(simulation.account.history().last().unwrap().sequence + 2);
        simulation.account.inject(Fault { kind: FaultKind::Reset, effect: FaultEffect::Applied, strike });
    };
    let made = simulation.passes(folder.path(), [&read, r#"kv::ensure("N").title"#], lose);
    simulation.account.heal();
    assert_eq!((made.report.exit, made.value.as_deref()), (0, Some("\"N\"")), "{:?}", made.said);
    assert_eq!((made.report.summary.create, count(&made.sent, "POST")), (1, 1), "{:?}", made.sent);
}

/// Whatever the network does to the second pass, what it says is so, and a run after it finishes the work.
#[test]
fn a_run_that_was_handed_a_reading_is_finished_by_running_it_again() {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    files::write_whole(
        &folder.path().join("m/0001_a.sql"),
        b"CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n",
    )
    .unwrap();
    let work = r#"let ns = kv::find("A"); if ns.get("k") != "new" { ns.put("k", "new"); }
        kv::ensure("B"); r2::ensure("more"); d1::find("jobs").migrate("m");"#;
    let found = r#"[kv::find("A").get("k"), kv::list().len, r2::list().len, d1::find("jobs").query("SELECT x FROM a")]"#;
    let mut wrong = Vec::new();
    for (kind, effect) in [
        (FaultKind::Reset, FaultEffect::NotApplied),
        (FaultKind::Reset, FaultEffect::Applied),
        (FaultKind::Page(502), FaultEffect::Applied),
        (FaultKind::Truncated, FaultEffect::Applied),
        (FaultKind::Throttled(1), FaultEffect::NotApplied),
        (FaultKind::Denied, FaultEffect::NotApplied),
    ] {
        for number in 1..=9 {
            let simulation = stocked(folder.path());
            let strike = |_: &dyn Clock| {
                let strike =
                    FaultTarget::Request(simulation.account.history().last().unwrap().sequence + number);
                simulation.account.inject(Fault { kind, effect, strike });
            };
            let struck = simulation.passes(folder.path(), [work, work], strike).report;
            simulation.account.heal();
            let now = || simulation.script(folder.path(), Mode::Apply, found).value;
            let all = Some(r#"["new", 2, 2, [#{"x": 1}]]"#.to_owned());
            let is_true = struck.exit != 0 || now() == all;
            let again = simulation.script(folder.path(), Mode::Apply, work).report;
            let twice = simulation.script(folder.path(), Mode::Apply, work).report;
            if !is_true || again.exit != 0 || twice.changed || now() != all {
                wrong.push(format!(
                    "{kind:?} {effect:?} at {number}: {} {} {:?}",
                    struck.exit,
                    again.exit,
                    now()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What another run has applied in between is in the ledger that the guard row compares.
#[test]
fn a_file_that_somebody_else_has_applied_between_the_passes_is_applied_once() {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    files::write_whole(
        &folder.path().join("m/0001_a.sql"),
        b"CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n",
    )
    .unwrap();
    let simulation = Simulation::new(1);
    assert_eq!(simulation.script(folder.path(), Mode::Apply, r#"d1::ensure("jobs")"#).report.exit, 0);
    let migrate = r#"d1::ensure("jobs").migrate("m")"#;
    let other =
        |_: &dyn Clock| assert_eq!(simulation.script(folder.path(), Mode::Apply, migrate).report.exit, 0);
    let late = simulation.passes(folder.path(), [migrate, migrate], other);
    assert_eq!((late.report.exit, late.report.changed), (0, false), "{:?}", late.said);
    let rows = simulation.script(folder.path(), Mode::Apply, r#"d1::find("jobs").query("SELECT x FROM a")"#);
    assert_eq!(rows.value.as_deref(), Some(r#"[#{"x": 1}]"#));
}

/// A script that polls sleeps in the dry run, and not again while it is shown what was there.
#[test]
fn sleep_takes_its_time_once() {
    let poll = r#"let ns = kv::find("A"); ns.get("k"); sleep(2); ns.get("k"); sleep(2); ns.get("k");"#;
    let folder = tempfile::tempdir().unwrap();
    let [two, four, ms] = [2_000, 4_000, 0].map(Duration::from_millis);
    let took = |second: &str| stocked(folder.path()).passes(folder.path(), [poll, second], |_| ()).took;
    assert_eq!(took(poll), [four, ms]);
    // Another length, more of them than before, one after a write, one after a read that no pass before has made.
    assert_eq!(took(&poll.replace("sleep(2)", "sleep(1)")), [four, two]);
    assert_eq!(took(&format!("{poll} sleep(2);")), [four, two]);
    assert_eq!(took(&poll.replacen("sleep(2)", r#"wait(ns.put("x", "1")); sleep(2)"#, 1)), [four, four]);
    assert_eq!(took(&poll.replacen("sleep(2)", r#"ns.get("other"); sleep(2)"#, 1)), [four, two]);
}

/// What a served account was asked since `before`, but for what was written.
fn reads(project: &Project, before: usize) -> Vec<String> {
    let history = project.account().history();
    let reads = history[before..].iter().filter(|one| !one.changed);
    reads.map(|one| format!("{} {}?{} {}", one.method, one.path, one.query, one.body)).collect()
}

/// Of these, what was asked more than once. Buckets are listed in each jurisdiction, which is a header.
fn twice(asked: &[String]) -> Vec<&String> {
    let mut seen = BTreeSet::new();
    let buckets = asked.iter().filter(|one| one.contains("/r2/buckets?"));
    assert!(buckets.count() <= Bucket::SCOPES.len(), "{asked:#?}");
    asked.iter().filter(|one| !one.contains("/r2/buckets?") && !seen.insert(*one)).collect()
}

/// With a wrangler config its bindings are compared before a run, with a dry run.
#[test]
fn a_hundred_reads_of_a_script_are_a_hundred_requests() {
    let project = Project::new(&PLAIN.replace("[naming]", "wrangler = \"wrangler.toml\"\n[naming]"))
        .file("wrangler.toml", "[env.development]\nkv_namespaces = [{ binding = \"CACHE\", id = \"ID\" }]\n")
        .recipe(
            "let ns = kv::ensure(\"CACHE\");\nlet found = 0;\n\
             for number in 0..100 { if ns.get(`k${number}`) == \"v\" { found += 1; } }\n\
             output(\"found\", found);\nns.put(\"done\", \"yes\");\n",
        )
        .served();
    let made = project.api("POST", "/storage/kv/namespaces", &json!({ "title": "CACHE" }));
    let id = made["id"].as_str().unwrap();
    let config = larder::system::files::read_text(&project.path().join("wrangler.toml"), 1 << 20).unwrap();
    project.write("wrangler.toml", &config.replace("\"ID\"", &format!("\"{id}\"")));
    for key in ["k3", "k70"] {
        project.api("PUT", &format!("/storage/kv/namespaces/{id}/values/{key}"), &json!("v"));
    }
    let before = project.account().history().len();
    let report = project.report(&["run", "main", "-e", "development"]);
    assert_eq!((&report["exit"], &report["summary"]["write"]), (&json!(0), &json!(1)));
    let asked = reads(&project, before);
    assert_eq!(asked.iter().filter(|one| one.contains("/values/")).count(), 100);
    assert_eq!(twice(&asked), Vec::<&String>::new());
    assert_eq!(report["requests"]["reads"], json!(asked.len()));
}

#[test]
fn a_run_with_nothing_to_do_asks_for_nothing_twice() {
    let project = Project::example().served();
    project.run(&["run", "-e", "development"]).exit(0);
    for command in ["run", "plan"] {
        let before = project.account().history().len();
        project.run(&[command, "-e", "development"]).exit(0);
        let asked = reads(&project, before);
        assert_eq!((twice(&asked), asked.is_empty()), (Vec::new(), false), "{command}");
    }
    let before = project.account().history().len();
    project.run(&["destroy", "-e", "development", "--with-data", "--yes"]).exit(0);
    let asked = reads(&project, before);
    assert_eq!(twice(&asked), Vec::<&String>::new());
}
