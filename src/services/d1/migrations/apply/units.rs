//! Decides which pending files go in one call.
//!
//! A database without tables has nothing that a file could lose or meet there. So files may go together, each with its
//! rows right before its statements: a call takes effect whole or not at all, and where one is refused they go one by one.
//!
//! **Invariant:** a file with a `PRAGMA`, or one that needs an import, goes in a call of its own, and so does every file
//! where the database has a table.

use super::super::files::folder::{Atomic, Migration, Migrations};
use super::super::ledger::rows::Ledger;
use super::super::sql::compound::{QUERY_BYTES_MAX, needs_import};
use super::super::sql::kind::StatementKind;

/// Bytes of a call beside the files and their rows: the ledger's tables and the guard.
const FRAME_BYTES: usize = 3_000;

/// Bytes of a file's two rows beside its name and the names of the tables.
const ROWS_BYTES: usize = 400;

/// How pending files are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batching {
    /// As many in one call as fit.
    Together,
    /// One by one.
    Apart,
}

impl Batching {
    /// At the beginning, with the ledger as it was read.
    pub fn of(ledger: &Ledger) -> Self {
        if ledger.is_empty_database { Batching::Together } else { Batching::Apart }
    }
}

/// How many of `pending`, from the first, are the next call.
pub fn next(migrations: &Migrations, pending: &[&Migration], pace: Batching) -> usize {
    if migrations.atomic == Atomic::All {
        return pending.len();
    }
    if pace == Batching::Apart {
        return pending.len().min(1);
    }
    let mut bytes = FRAME_BYTES;
    let fits = |file: &&&Migration| {
        bytes += bytes_of(migrations, file);
        bytes <= QUERY_BYTES_MAX && !is_alone(file)
    };
    pending.iter().take_while(fits).count().max(pending.len().min(1))
}

/// How many calls `pending` takes if none is refused.
pub fn count(migrations: &Migrations, pending: &[&Migration], pace: Batching) -> usize {
    let (mut rest, mut calls) = (pending, 0);
    while !rest.is_empty() {
        rest = &rest[next(migrations, rest, pace)..];
        calls += 1;
    }
    calls
}

/// What a file adds to a call, at most: its name stands there twice, and a quote in it is doubled.
fn bytes_of(migrations: &Migrations, file: &Migration) -> usize {
    let tables = migrations.tables.wrangler.len() + migrations.tables.larder.len();
    file.sql.text().len() + 4 * file.name.len() + 2 * tables + ROWS_BYTES
}

fn is_alone(file: &Migration) -> bool {
    let is_pragma = |kind: &StatementKind| matches!(kind, StatementKind::Pragma { .. });
    file.sql.statements().iter().any(|statement| is_pragma(&statement.kind))
        || needs_import(&file.sql).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::super::files::folder::fixture;
    use super::super::super::files::tables::Tables;
    use super::super::super::ledger::guard::{GuardedCall, Stamp};
    use super::super::super::sql::script::Script;
    use super::*;

    fn migrations(files: &[&str]) -> Migrations {
        let names: Vec<String> = (1..=files.len()).map(|number| format!("{number:04}_it's.sql")).collect();
        let mut migrations = fixture::migrations(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for (file, sql) in migrations.files.iter_mut().zip(files) {
            file.sql = Script::new(*sql);
        }
        migrations
    }

    /// The sizes of the calls.
    fn sizes(migrations: &Migrations, pace: Batching) -> Vec<usize> {
        let pending: Vec<&Migration> = migrations.files.iter().collect();
        let (mut rest, mut sizes) = (&pending[..], Vec::new());
        while !rest.is_empty() {
            sizes.push(next(migrations, rest, pace));
            rest = &rest[sizes[sizes.len() - 1]..];
        }
        assert_eq!(count(migrations, &pending, pace), sizes.len());
        sizes
    }

    #[test]
    fn files_go_together_where_there_is_no_table() {
        let plain = migrations(&["CREATE TABLE a (x);", "CREATE TABLE b (x);", "-- nothing"]);
        assert_eq!(sizes(&plain, Batching::Together), [3]);
        assert_eq!(sizes(&plain, Batching::Apart), [1, 1, 1]);
        for pace in [Batching::Together, Batching::Apart] {
            assert_eq!(next(&plain, &[], pace), 0);
        }
        assert_eq!(sizes(&Migrations { atomic: Atomic::All, ..plain }, Batching::Apart), [3]);
    }

    #[test]
    fn a_pragma_or_an_import_goes_alone() {
        let long = format!("-- {}\nSELECT 1;", "x".repeat(QUERY_BYTES_MAX));
        let all = migrations(&[
            "SELECT 1;",
            "SELECT 2;",
            "PRAGMA defer_foreign_keys = on;",
            "SELECT 4;",
            &long,
            &long,
            "SELECT 7;",
            "SELECT 8;",
        ]);
        assert_eq!(sizes(&all, Batching::Together), [2, 1, 1, 1, 1, 2]);
        let odd = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN end THEN 1 ELSE end END; END;";
        assert_eq!(sizes(&migrations(&["SELECT 1;", odd, "SELECT 3;"]), Batching::Together), [1, 1, 1]);
    }

    #[test]
    fn a_call_has_at_most_so_many_bytes() {
        let text = format!("CREATE TABLE t (x); -- {}", "y".repeat(900));
        let many = migrations(&vec![text.as_str(); 200]);
        let pending: Vec<&Migration> = many.files.iter().collect();
        let first = next(&many, &pending, Batching::Together);
        let run = "0".repeat(26);
        let stamp = Stamp { run: &run, version: "10.10.10" };
        let bytes = |files: &[&Migration]| {
            GuardedCall::of(&many.tables, &Ledger::default(), files, &[], &stamp).text().len()
        };
        assert!(first > 30 && bytes(&pending[..first]) <= QUERY_BYTES_MAX, "{first}");
        let tiny = migrations(&vec![""; 400]);
        let pending: Vec<&Migration> = tiny.files.iter().collect();
        let first = next(&tiny, &pending, Batching::Together);
        assert!(first > 80 && bytes(&pending[..first]) <= QUERY_BYTES_MAX, "{first}");
    }

    #[test]
    fn long_names_count_as_they_are_quoted_and_a_call_is_nearly_full() {
        let quotes = "'".repeat(600);
        let long_files: Vec<String> = (100..200).map(|number| format!("{number}{quotes}.sql")).collect();
        let short_files: Vec<String> = (100..200).map(|number| format!("{number}.sql")).collect();
        let long_table = "\"".repeat(300);
        for (names, table) in [(&long_files, None), (&short_files, Some(long_table.as_str()))] {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut all = Migrations { tables: Tables::named(table).unwrap(), ..fixture::migrations(&names) };
            for file in &mut all.files {
                (file.sql, file.sha256) = (Script::new("SELECT 1"), "0".repeat(64));
            }
            let pending: Vec<&Migration> = all.files.iter().collect();
            let stamp = Stamp { run: &"0".repeat(26), version: "10.10.10" };
            let bytes = |files: &[&Migration]| {
                GuardedCall::of(&all.tables, &Ledger::default(), files, &[], &stamp).text().len()
            };
            let first = next(&all, &pending, Batching::Together);
            let (this, larger) = (bytes(&pending[..first]), bytes(&pending[..=first]));
            assert!(this <= QUERY_BYTES_MAX && larger > QUERY_BYTES_MAX * 9 / 10, "{this} {larger}");
        }
    }
}
