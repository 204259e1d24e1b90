//! Pending files in one call, on a database without tables: the effect is that of one file per call.

use super::counted_migrations;
use super::simulation::{Finished, Simulation};
use larder::op::Mode;
use serde_json::Value as Json;
use std::path::Path;

/// The statements of each call that changed the database, by the files whose rows are in it.
fn calls(finished: &Finished) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for one in &finished.carried {
        let body: Json = serde_json::from_slice(&one.request.body).unwrap_or_default();
        let sql = body["sql"].as_str().unwrap_or_default();
        if one.request.endpoint.is_write() && sql.contains("INSERT INTO \"larder_migrations\"") {
            let names = sql.split("values ('").skip(1).filter_map(|rest| rest.split_once('\''));
            calls.push(names.map(|(name, _)| name.to_owned()).collect());
        }
    }
    calls
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    larder::system::files::make_folder(&folder.path().join("migrations")).unwrap();
    for (name, sql) in files {
        counted_migrations::write(folder.path(), name, sql);
    }
    folder
}

fn migrate(simulation: &Simulation, folder: &Path, options: &str) -> Finished {
    simulation.script(folder, Mode::Apply, &format!("d1::ensure(\"db\").migrate(\"migrations\"{options});"))
}

const A: (&str, &str) = ("1_a.sql", "CREATE TABLE a (x)");
const B: (&str, &str) = ("2_b.sql", "CREATE TABLE b (x); -- no more");

#[test]
fn files_go_in_one_call_where_there_is_no_table() {
    let folder = folder(&[A, B, ("3_c.sql", "INSERT INTO b VALUES (last_insert_rowid())")]);
    let simulation = Simulation::new(1);
    let finished = migrate(&simulation, folder.path(), "");
    assert_eq!((finished.report.exit, &finished.said), (0, &Vec::new()));
    assert_eq!(calls(&finished), [["1_a.sql", "2_b.sql", "3_c.sql"]]);
    assert_eq!(counted_migrations::applied(&simulation.account), ["1_a.sql", "2_b.sql", "3_c.sql"]);
    // The last row is the file's own in the ledger.
    let rows = super::invariants::rows(
        &simulation.account,
        &counted_migrations::database(&simulation.account),
        "SELECT x FROM b",
    );
    assert_eq!(rows.unwrap(), [serde_json::json!({"x": 3})]);
    // From then on there are tables.
    counted_migrations::write(folder.path(), "4_d.sql", "CREATE TABLE d (x)");
    counted_migrations::write(folder.path(), "5_e.sql", "CREATE TABLE e (x)");
    assert_eq!(calls(&migrate(&simulation, folder.path(), "")), [["4_d.sql"], ["5_e.sql"]]);
}

#[test]
fn a_pragma_goes_in_a_call_of_its_own() {
    let folder = folder(&[A, B, ("3_p.sql", "PRAGMA defer_foreign_keys = on"), ("4_d.sql", "SELECT 1")]);
    let finished = migrate(&Simulation::new(1), folder.path(), "");
    assert_eq!(finished.report.exit, 0);
    assert_eq!(calls(&finished), [vec!["1_a.sql", "2_b.sql"], vec!["3_p.sql"], vec!["4_d.sql"]]);
}

#[test]
fn what_one_call_is_refused_goes_file_by_file() {
    let folder = folder(&[A, B, ("3_c.sql", "INSERT INTO nowhere VALUES (1)"), ("4_d.sql", "SELECT 1")]);
    let simulation = Simulation::new(1);
    let finished = migrate(&simulation, folder.path(), ", #{ rehearse: false }");
    assert_eq!(finished.report.exit, 4, "{:?}", finished.said);
    let all = vec!["1_a.sql", "2_b.sql", "3_c.sql", "4_d.sql"];
    assert_eq!(calls(&finished), [all, vec!["1_a.sql"], vec!["2_b.sql"], vec!["3_c.sql"]]);
    assert_eq!(counted_migrations::applied(&simulation.account), ["1_a.sql", "2_b.sql"]);
    let notes = &finished.ended.last().unwrap().notes;
    assert_eq!(
        notes[..1],
        ["`1_a.sql ... 4_d.sql` were refused in one call, and are sent one by one".to_owned()],
        "{notes:?}"
    );
    assert!(notes.contains(&"`4_d.sql` was not sent".to_owned()), "{notes:?}");
}
