//! What D1 says when it can't do something just now, with the code and the status of a failing statement: it is no fault of
//! the file, and the report says what is so.

use super::jobs_database::{applied, applies, behind, count, live, run};
use super::project::Project;
use super::proxy::{Seen, Verdict};

const A: (&str, &str) = ("0001_a.sql", "CREATE TABLE a (x);\n");
const B: (&str, &str) = ("0002_b.sql", "CREATE TABLE b (x);\n");

const OVERLOADED: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"D1 DB is overloaded. Requests queued for too long."}]}"#;
const EXPORT: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"Currently processing a long-running export."}]}"#;
const RESET: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"D1 DB reset because its code was updated."}]}"#;

/// The first `times` requests that are meant are answered like this.
fn answered(
    project: Project,
    status: u16,
    body: &'static str,
    mut times: usize,
    is_meant: fn(&Seen) -> bool,
) -> Project {
    behind(project, move |_, seen| {
        if times > 0 && is_meant(seen) {
            times -= 1;
            return Verdict::Answer(status, body);
        }
        Verdict::Pass
    })
}

#[test]
fn a_file_is_sent_again_while_the_database_is_busy() {
    // More often than one request is repeated.
    for (status, body, times) in
        [(400, OVERLOADED, 5), (500, OVERLOADED, 1), (400, EXPORT, 1), (503, EXPORT, 1)]
    {
        let project = answered(live(A, "", &[B]), status, body, times, applies);
        run(&project)
            .exit(0)
            .kept(&format!("a file is sent again while the database is busy: {status}, {body}"));
        assert_eq!((applied(&project).len(), count(&project, "b")), (2, 0));
    }
}

#[test]
fn reads_of_a_busy_database_are_repeated() {
    for body in [OVERLOADED, RESET] {
        let is_read = |seen: &Seen| seen.is("POST", "/query", "SELECT");
        let project = answered(live(A, "", &[B]), 400, body, 2, is_read);
        run(&project).exit(0);
        assert_eq!(applied(&project).len(), 2);
    }
}

/// It may have run: a raw write is not sent again, and nobody says that it failed.
#[test]
fn a_statement_that_a_reset_may_have_run_is_unknown() {
    let is_insert = |seen: &Seen| seen.is("POST", "/query", "INSERT INTO a VALUES");
    let recipe = "d1::ensure(\"jobs\").execute(\"INSERT INTO a VALUES (1)\");\n";
    for (body, exit) in [(RESET, 5), (OVERLOADED, 1)] {
        let project = live(A, "", &[]);
        project.write("recipes/main.rhai", recipe);
        let project = answered(project, 400, body, usize::MAX, is_insert);
        let output = run(&project).exit(exit);
        let hint = "the service is busy and has not begun it: run again in a moment, which goes on where this one stopped";
        assert_eq!(output.stderr.contains(hint), exit == 1, "{}", output.stderr);
        assert_eq!(count(&project, "a"), 0);
    }
}

/// A text that only quotes one of D1's is a failing statement.
#[test]
fn a_statement_that_fails_is_no_busy_database() {
    let body = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"no such column: Network connection lost.: SQLITE_ERROR"}]}"#;
    let project = answered(live(A, "", &[B]), 400, body, usize::MAX, applies);
    let output = run(&project).exit(1);
    output.kept("a statement that fails is no busy database");
}
