//! D1 cannot export databases with virtual tables: the error of `dump` explains how to dump the other tables.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use larder::system::files;

const TABLES: &str = "CREATE TABLE notes (x); INSERT INTO notes VALUES (1); CREATE TABLE f_more (y); \
                      CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('word');";

fn project(dump: &str) -> Project {
    Project::new(PLAIN)
        .recipe(&format!("let db = d1::ensure(\"jobs\");\ndb.execute(\"{TABLES}\");\nwait(db);\n{dump}\n"))
}

#[test]
fn an_error_of_dump_names_the_other_tables_and_no_shadow() {
    let output = project("db.dump(\"all.sql\");").run(&["run", "main", "-e", "dev", "--local"]).exit(4);
    output.kept("an error of dump names the other tables and no shadow");
}

#[test]
fn what_the_hint_says_works() {
    let project = project("db.dump(\"some.sql\", #{ tables: [\"notes\", \"f_more\"] });");
    project.run(&["run", "main", "-e", "dev", "--local"]).exit(0);
    let text = files::read_text(&project.path().join("some.sql"), 1 << 20).unwrap();
    kept("what the hint says works", &text);
}

#[test]
fn a_virtual_table_that_is_named_is_refused_before_the_export() {
    let output =
        project("db.dump(\"f.sql\", #{ tables: [\"f\"] });").run(&["run", "main", "-e", "dev", "--local"]);
    assert!(
        output.stderr.starts_with("error: can't dump `f` of `jobs`: it is a virtual table\n"),
        "{}",
        output.stderr
    );
}
