//! Builds the guarded SQL: migrations and their ledger rows as one atomic call.
//!
//! The guard row comes first. It can only be written if both tables have exactly the rows that this run last saw, and if the
//! tables that must be empty are: else its `before` is NULL, which the table refuses, and the whole call is rolled back. So
//! a resend, a gap, a rival, an unseen row of wrangler's, or rows that a statement would lose unasked all leave the database
//! as it was, and a file that ends in an open comment or without a semicolon can't swallow its own record (D1-7, A1).
//!
//! **Invariant:** nothing stands between the rows and the file that could end the statement list early.

use super::super::files::folder::Migration;
use super::super::files::tables::Tables;
use super::super::sql::quoted::{identifier, literal};
use super::rows::Ledger;

/// D1 documents 32 arguments for a function (D1-19); one is NULL, so that there are always two.
const ASKED_TOGETHER_MAX: usize = 30;

/// What the ledger says about the run.
#[derive(Clone, Debug)]
pub struct Stamp<'a> {
    pub run: &'a str,
    pub version: &'a str,
}

/// A piece of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardedPart {
    /// The tables of the ledger, as far as they are missing, and the rows of the file.
    Ledger,
    /// The file's own text.
    File,
}

/// The SQL that applies files to a database, once: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardedCall {
    /// In the order in which they are sent: what it is, the name of the file, the SQL.
    pub parts: Vec<(GuardedPart, String, String)>,
}

impl GuardedCall {
    /// Applies `files` to a database whose ledger is `seen` if the tables in `empty` have no rows.
    ///
    /// The rows of each file stand right before its statements. One file is sent as it is; of several only the statements
    /// are taken, each with one semicolon, so that none can reach into the next.
    pub fn of(tables: &Tables, seen: &Ledger, files: &[&Migration], empty: &[String], stamp: &Stamp) -> Self {
        let mut before = guard(tables, seen, empty);
        // A ledger of a thousand rows is not copied for a call of one file: nothing looks at what comes after the last.
        let mut later: Option<Ledger> = None;
        let mut parts = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let now = later.as_ref().unwrap_or(seen);
            let mut sql: Vec<String> = Vec::new();
            sql.extend(now.wrangler.is_none().then(|| tables.create_wrangler()));
            sql.extend(now.larder.is_none().then(|| tables.create_larder()));
            sql.push(insert_larder(tables, now, &file.name, &file.sha256, &before, stamp));
            sql.push(seen.shape.insert(tables, &file.name));
            parts.push((GuardedPart::Ledger, file.name.clone(), sql.join("\n")));
            let is_alone = files.len() == 1;
            let text = if is_alone { file.sql.text().to_owned() } else { file.sql.through_last_statement() };
            parts.push((GuardedPart::File, file.name.clone(), text));
            if number + 1 < files.len() {
                let now = later.get_or_insert_with(|| seen.clone());
                now.record(file, stamp.run);
                before = now.count().to_string();
            }
        }
        GuardedCall { parts }
    }

    /// As it is sent.
    pub fn text(&self) -> String {
        self.parts.iter().map(|(.., sql)| sql.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// How many rows wrangler's table has; NULL where either table is not as it was seen, or one in `empty` has rows.
///
/// Number, last row id and last name of both are compared: a row that was taken away and replaced shows there.
pub fn guard(tables: &Tables, seen: &Ledger, empty: &[String]) -> String {
    let (wrangler, larder) = (identifier(&tables.wrangler), identifier(&tables.larder));
    let (count, rows) = (seen.count(), seen.rows());
    let last = |id: Option<i64>| id.map_or_else(|| "NULL".to_owned(), |id| id.to_string());
    let name = |name: Option<&String>| literal(name.map(String::as_str).unwrap_or_default());
    // The number that SQLite has given to the last row of this run's is not known.
    let is_row_known = seen.last_row.is_some() || count == 0;
    let mut conditions = vec![
        if is_row_known {
            let id = last(seen.last_row);
            format!("(SELECT count(*), max(rowid) FROM {wrangler}) IS ({count}, {id})")
        } else {
            format!("(SELECT count(*) FROM {wrangler}) = {count}")
        },
        format!(
            "ifnull((SELECT name FROM {wrangler} ORDER BY rowid DESC LIMIT 1), '') = {}",
            name(seen.applied().last())
        ),
        format!(
            "(SELECT count(*), max(seq) FROM {larder}) IS ({}, {})",
            rows.len(),
            last(rows.last().map(|row| row.seq))
        ),
        format!(
            "ifnull((SELECT name FROM {larder} ORDER BY seq DESC LIMIT 1), '') = {}",
            name(rows.last().map(|row| &row.name))
        ),
    ];
    for tables in empty.chunks(ASKED_TOGETHER_MAX) {
        let first = |table: &String| format!("(SELECT 1 FROM {} LIMIT 1)", identifier(table));
        let asked: Vec<String> = tables.iter().map(first).collect();
        conditions.push(format!("coalesce({}, NULL) IS NULL", asked.join(", ")));
    }
    // A subquery, not `CASE ... END`, which D1's splitter is known to trip over (D1-9).
    format!("(SELECT {count} WHERE {})", conditions.join(" AND "))
}

/// Whether these words of the database are the guard's: it alone gives `before` no value.
pub fn is_refusal(tables: &Tables, said: &str) -> bool {
    said.contains(&format!("NOT NULL constraint failed: {}.before", tables.larder))
}

/// Adds Larder's row, the next one after `seen`, with `before` as an expression.
pub fn insert_larder(
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
        seen.last_seq().saturating_add(1),
        literal(name),
        literal(sha256),
        literal(stamp.run),
        literal(stamp.version)
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::sql::script::Script;
    use super::*;
    use rusqlite::Connection;

    const REFUSED: &str = "NOT NULL constraint failed: larder_migrations.before";

    fn migration(name: &str, sql: &str) -> Migration {
        Migration { name: name.into(), sql: Script::new(sql), sha256: "5e".into() }
    }

    fn call(seen: &Ledger, files: &[Migration], empty: &[String]) -> String {
        let stamp = Stamp { run: "01J", version: "0.1.0" };
        let files: Vec<&Migration> = files.iter().collect();
        GuardedCall::of(&Tables::named(None).unwrap(), seen, &files, empty, &stamp).text()
    }

    fn send(database: &Connection, sql: &str) -> String {
        let transaction = database.unchecked_transaction().unwrap();
        match transaction.execute_batch(sql) {
            Ok(()) => transaction.commit().map_or_else(|error| error.to_string(), |()| "applied".into()),
            Err(error) => error.to_string(),
        }
    }

    fn text(database: &Connection, sql: &str) -> String {
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_exact_text() {
        let tables = Tables::named(None).unwrap();
        let mut ledger = Ledger { wrangler: Some(Vec::new()), larder: Some(Vec::new()), ..Ledger::default() };
        ledger.record(&migration("0001_init.sql", ""), "01J");
        ledger.last_row = Some(7);
        let sql = call(&ledger, &[migration("it's.sql", "SELECT 1;")], &["a".into(), "b \"c".into()]);
        assert_eq!(
            sql,
            "INSERT INTO \"larder_migrations\" (seq, name, sha256, before, run, version)\n\
             VALUES (2, 'it''s.sql', '5e', (SELECT 1 WHERE (SELECT count(*), max(rowid) FROM \"d1_migrations\") IS (1, 7) \
             AND ifnull((SELECT name FROM \"d1_migrations\" ORDER BY rowid DESC LIMIT 1), '') = '0001_init.sql' \
             AND (SELECT count(*), max(seq) FROM \"larder_migrations\") IS (1, 1) \
             AND ifnull((SELECT name FROM \"larder_migrations\" ORDER BY seq DESC LIMIT 1), '') = '0001_init.sql' \
             AND coalesce((SELECT 1 FROM \"a\" LIMIT 1), (SELECT 1 FROM \"b \"\"c\" LIMIT 1), NULL) IS NULL), '01J', '0.1.0');\n\
             INSERT INTO \"d1_migrations\" (name)\nvalues ('it''s.sql');\nSELECT 1;"
        );
        let fresh = call(&Ledger::default(), &[migration("1.sql", "")], &[]);
        let begins = format!("{}\n{}\nINSERT INTO", tables.create_wrangler(), tables.create_larder());
        assert!(fresh.starts_with(&begins), "{fresh}");
    }

    #[test]
    fn all_files_are_one_call_and_none_reaches_into_the_next() {
        let database = Connection::open_in_memory().unwrap();
        let files = [
            migration("a", "CREATE TABLE t (x) /* open"),
            migration("b", "-- nothing"),
            migration("c", "INSERT INTO t SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1; -- ;"),
            migration("d", "INSERT INTO t SELECT count(*) FROM larder_migrations"),
        ];
        let sql = call(&Ledger::default(), &files, &[]);
        assert!(
            sql.ends_with("values ('d');\nINSERT INTO t SELECT count(*) FROM larder_migrations;"),
            "{sql}"
        );
        assert_eq!(send(&database, &sql), "applied");
        assert_eq!(send(&database, &sql), REFUSED);
        // The rows of each file are there when it runs, and those of the next are not.
        assert_eq!(text(&database, "SELECT group_concat(x) FROM t"), "c,4");
        assert_eq!(
            text(&database, "SELECT group_concat(seq || name || before) FROM larder_migrations"),
            "1a0,2b1,3c2,4d3"
        );
        assert_eq!(text(&database, "SELECT group_concat(name) FROM d1_migrations"), "a,b,c,d");
    }

    #[test]
    fn one_file_is_sent_as_it_is_and_of_two_only_the_statements() {
        let database = Connection::open_in_memory().unwrap();
        let open = || migration("a", "CREATE TABLE t (x); /* open");
        let alone = call(&Ledger::default(), &[open()], &[]);
        assert!(alone.ends_with("values ('a');\nCREATE TABLE t (x); /* open"), "{alone}");
        let second = migration("b", "INSERT INTO t VALUES (1); -- end");
        let two = call(&Ledger::default(), &[open(), second], &[]);
        assert!(two.ends_with("values ('b');\nINSERT INTO t VALUES (1);"), "{two}");
        assert_eq!(send(&database, &two), "applied");
        assert_eq!(text(&database, "SELECT group_concat(name) FROM d1_migrations"), "a,b");
    }

    #[test]
    fn only_what_was_seen_lets_it_through() {
        let database = Connection::open_in_memory().unwrap();
        let mut seen = Ledger::default();
        let first = migration("a", "CREATE TABLE ta (x)");
        let one = |seen: &Ledger, name: &str, sql: &str| call(seen, &[migration(name, sql)], &[]);
        let sql = call(&seen, std::slice::from_ref(&first), &[]);
        assert_eq!(send(&database, &sql), "applied");
        assert_eq!(send(&database, &sql), REFUSED, "a resend");
        seen.record(&first, "01J");

        let mut gap = seen.clone();
        gap.record(&migration("b", ""), "01J");
        assert_eq!(send(&database, &one(&gap, "c", "")), REFUSED, "a gap");

        assert!(send(&database, &one(&seen, "b", "CREATE TABLE tb (x); nonsense")).contains("syntax error"));
        let open = one(&seen, "b", "CREATE TABLE tb (x); /* open");
        assert_eq!(send(&database, &open), "applied", "an open comment");
        seen.record(&migration("b", ""), "01J");

        send(&database, "INSERT INTO d1_migrations (name) VALUES ('w')");
        let third = |seen: &Ledger| one(seen, "c", "CREATE TABLE tc (x)");
        assert_eq!(send(&database, &third(&seen)), REFUSED, "an unseen row");
        seen.wrangler.as_mut().unwrap().push("w".into());
        seen.last_row = Some(3);
        let swapped =
            "DELETE FROM d1_migrations WHERE name = 'w'; INSERT INTO d1_migrations (name) VALUES ('w')";
        let renamed = "UPDATE d1_migrations SET name = 'v' WHERE name = 'w'";
        let other = "UPDATE larder_migrations SET name = 'v' WHERE name = 'b'";
        for rival in [swapped, renamed, other] {
            let rolled_back = format!("BEGIN; {rival}; SAVEPOINT s; {}", third(&seen));
            assert_eq!(database.execute_batch(&rolled_back).unwrap_err().to_string(), REFUSED, "{rival}");
            database.execute_batch("ROLLBACK").unwrap();
        }
        assert_eq!(send(&database, &third(&seen)), "applied");

        let count = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM d1_migrations"), 4);
        assert_eq!(count("SELECT count(*) FROM larder_migrations"), 3);
        assert_eq!(count("SELECT count(*) FROM sqlite_master WHERE name IN ('ta', 'tb', 'tc')"), 3);
    }

    #[test]
    fn rows_in_a_table_that_must_be_empty_roll_it_back() {
        let database = Connection::open_in_memory().unwrap();
        let names: Vec<String> = (0..65).map(|index| format!("t {index}")).collect();
        for name in &names {
            database.execute_batch(&format!("CREATE TABLE \"{name}\" (x)")).unwrap();
        }
        for filled in ["t 0", "t 29", "t 30", "t 64"] {
            database.execute_batch(&format!("INSERT INTO \"{filled}\" VALUES (NULL)")).unwrap();
            let sql = call(&Ledger::default(), &[migration("a", "SELECT 1")], &names);
            assert_eq!(send(&database, &sql), REFUSED, "{filled}");
            database.execute_batch(&format!("DELETE FROM \"{filled}\"")).unwrap();
        }
        let sql = call(&Ledger::default(), &[migration("a", "SELECT 1")], &names);
        assert_eq!(send(&database, &sql), "applied");
    }
}
