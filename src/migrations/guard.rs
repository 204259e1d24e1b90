//! One migration as one atomic call.
//!
//! The guard row comes first. It can only be written if both tables have exactly the rows that this run last saw: else
//! its `before` is NULL, which the table refuses, and the whole call is rolled back. So a resend, a gap, a rival or an
//! unseen row of wrangler's all leave the database as it was, and a file that ends in an open comment or without a
//! semicolon can't swallow its own record (reliability notes 3.3).
//!
//! **Invariant:** nothing stands between the rows and the file that could end the statement list early.

use super::files::Migration;
use super::ledger::{Ledger, Tables, identifier, literal};
use super::statements::read;

/// What the ledger says about the run.
#[derive(Clone, Debug)]
pub struct Stamp<'a> {
    /// The run's id.
    pub run: &'a str,
    /// Larder's version.
    pub version: &'a str,
}

/// The SQL that applies `migration` to a database whose ledger is `seen`, once.
pub fn call(tables: &Tables, seen: &Ledger, migration: &Migration, stamp: &Stamp) -> String {
    let mut sql = String::new();
    if seen.wrangler.is_none() {
        sql = tables.create_wrangler() + "\n";
    }
    if seen.larder.is_none() {
        sql.push_str(&tables.create_larder());
        sql.push('\n');
    }
    sql.push_str(&insert_larder(
        tables,
        seen,
        &migration.name,
        &migration.sha256,
        &guard(tables, seen),
        stamp,
    ));
    let row = tables.insert_wrangler(&seen.shape, &migration.name);
    format!("{sql}\n{row}\n{}", migration.sql)
}

/// The SQL that applies all of `files` in one transaction, once.
///
/// The rows come first, as with one file; of each text only the statements are taken, each with one semicolon, so that none
/// can reach into the next.
pub(super) fn call_all(tables: &Tables, seen: &Ledger, files: &[&Migration], stamp: &Stamp) -> String {
    let [first, rest @ ..] = files else { return String::new() };
    let bare = Migration { sql: String::new(), ..(*first).clone() };
    let mut sql = call(tables, seen, &bare, stamp);
    let mut now = seen.clone();
    now.record(first, stamp.run);
    for file in rest {
        let before = now.count().to_string();
        sql.push_str(&insert_larder(tables, &now, &file.name, &file.sha256, &before, stamp));
        sql.push('\n');
        sql.push_str(&tables.insert_wrangler(&seen.shape, &file.name));
        sql.push('\n');
        now.record(file, stamp.run);
    }
    for file in files {
        if let Some(last) = read(&file.sql).statements.last() {
            sql.push_str(&file.sql[..last.span.end]);
            sql.push_str(";\n");
        }
    }
    sql
}

/// How many rows wrangler's table has, or NULL where either table is not as it was seen.
pub(super) fn guard(tables: &Tables, seen: &Ledger) -> String {
    let (wrangler, larder) = (identifier(&tables.wrangler), identifier(&tables.larder));
    let (count, seq) = (seen.count(), seen.last_seq());
    // A subquery, not `CASE ... END`, which D1's splitter is known to trip over (Cloudflare API notes 16, 16).
    format!(
        "(SELECT {count} WHERE (SELECT count(*) FROM {wrangler}) = {count} AND (SELECT ifnull(max(seq), 0) FROM {larder}) = {seq})"
    )
}

/// Adds Larder's row, the next one after `seen`, with `before` as an expression.
pub(super) fn insert_larder(
    tables: &Tables,
    seen: &Ledger,
    name: &str,
    sha256: &str,
    before: &str,
    stamp: &Stamp,
) -> String {
    format!(
        "INSERT INTO {} (seq, name, sha256, before, run, version)\nVALUES ({}, {}, {}, {before}, {}, {});",
        identifier(&tables.larder),
        seen.last_seq() + 1,
        literal(name),
        literal(sha256),
        literal(stamp.run),
        literal(stamp.version)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn migration(name: &str, sql: &str) -> Migration {
        Migration { name: name.into(), sql: sql.into(), sha256: "5e".into() }
    }

    fn stamp() -> Stamp<'static> {
        Stamp { run: "01J", version: "0.1.0" }
    }

    fn send(database: &Connection, sql: &str) -> String {
        let transaction = database.unchecked_transaction().unwrap();
        match transaction.execute_batch(sql) {
            Ok(()) => transaction.commit().map_or_else(|error| error.to_string(), |()| "applied".into()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_exact_text() {
        let tables = Tables::named(None).unwrap();
        let mut ledger = Ledger { wrangler: Some(Vec::new()), larder: Some(Vec::new()), ..Ledger::default() };
        ledger.record(&migration("0001_init.sql", ""), "01J");
        let sql = call(&tables, &ledger, &migration("it's.sql", "SELECT 1;"), &stamp());
        assert_eq!(
            sql,
            "INSERT INTO \"larder_migrations\" (seq, name, sha256, before, run, version)\n\
             VALUES (2, 'it''s.sql', '5e', (SELECT 1 WHERE (SELECT count(*) FROM \"d1_migrations\") = 1 AND (SELECT ifnull(max(seq), 0) FROM \"larder_migrations\") = 1), '01J', '0.1.0');\n\
             INSERT INTO \"d1_migrations\" (name)\nvalues ('it''s.sql');\nSELECT 1;"
        );
        let fresh = call(&tables, &Ledger::default(), &migration("1.sql", ""), &stamp());
        let begins = format!("{}\n{}\nINSERT INTO", tables.create_wrangler(), tables.create_larder());
        assert!(fresh.starts_with(&begins), "{fresh}");
    }

    #[test]
    fn all_files_are_one_call_and_none_reaches_into_the_next() {
        let database = Connection::open_in_memory().unwrap();
        let tables = Tables::named(None).unwrap();
        let files = [
            migration("a", "CREATE TABLE t (x) /* open"),
            migration("b", "-- nothing"),
            migration("c", "INSERT INTO t VALUES ('c'); -- ;"),
            migration("d", "INSERT INTO t VALUES ('d')"),
        ];
        let files: Vec<&Migration> = files.iter().collect();
        let sql = call_all(&tables, &Ledger::default(), &files, &stamp());
        assert!(
            sql.ends_with(
                "\nCREATE TABLE t (x);\nINSERT INTO t VALUES ('c');\nINSERT INTO t VALUES ('d');\n"
            ),
            "{sql}"
        );
        assert_eq!(send(&database, &sql), "applied");
        assert_eq!(send(&database, &sql), "NOT NULL constraint failed: larder_migrations.before");
        let text = |sql| database.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("SELECT group_concat(x) FROM t"), "c,d");
        assert_eq!(
            text("SELECT group_concat(seq || name || before) FROM larder_migrations"),
            "1a0,2b1,3c2,4d3"
        );
        assert_eq!(text("SELECT group_concat(name) FROM d1_migrations"), "a,b,c,d");
    }

    #[test]
    fn only_what_was_seen_lets_it_through() {
        let database = Connection::open_in_memory().unwrap();
        let tables = Tables::named(None).unwrap();
        let mut seen = Ledger::default();
        let first = migration("a", "CREATE TABLE ta (x)");
        let sql = call(&tables, &seen, &first, &stamp());
        assert_eq!(send(&database, &sql), "applied");
        let refused = "NOT NULL constraint failed: larder_migrations.before";
        assert_eq!(send(&database, &sql), refused, "a resend");
        seen.record(&first, "01J");

        let mut gap = seen.clone();
        gap.record(&migration("b", ""), "01J");
        assert_eq!(send(&database, &call(&tables, &gap, &migration("c", ""), &stamp())), refused, "a gap");

        let broken = call(&tables, &seen, &migration("b", "CREATE TABLE tb (x); nonsense"), &stamp());
        assert!(send(&database, &broken).contains("syntax error"));
        let open = call(&tables, &seen, &migration("b", "CREATE TABLE tb (x); /* open"), &stamp());
        assert_eq!(send(&database, &open), "applied", "an open comment");
        seen.record(&migration("b", ""), "01J");

        send(&database, "INSERT INTO d1_migrations (name) VALUES ('w')");
        let third = migration("c", "CREATE TABLE tc (x)");
        assert_eq!(send(&database, &call(&tables, &seen, &third, &stamp())), refused, "an unseen row");
        seen.wrangler.as_mut().unwrap().push("w".into());
        assert_eq!(send(&database, &call(&tables, &seen, &third, &stamp())), "applied");

        let count = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM d1_migrations"), 4);
        assert_eq!(count("SELECT count(*) FROM larder_migrations"), 3);
        assert_eq!(count("SELECT count(*) FROM sqlite_master WHERE name IN ('ta', 'tb', 'tc')"), 3);
    }
}
