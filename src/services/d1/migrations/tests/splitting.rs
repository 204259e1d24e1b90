//! The splitter, the rewriting for D1 and the rehearsal, compared with SQLite: running the pieces equals running
//! the whole.

use crate::services::d1::migrations::ledger::guard::GuardedCall;
use crate::services::d1::migrations::ledger::object::Object;
use crate::services::d1::migrations::lint::catalog::Catalog;
use crate::services::d1::migrations::lint::file::File;
use crate::services::d1::migrations::lint::gate::Gate;
use crate::services::d1::migrations::lint::rules::lint;
use crate::services::d1::migrations::rehearse::database::RehearsalDatabase;
use crate::services::d1::migrations::sql::compound::{Rewrite, fit};
use crate::services::d1::migrations::sql::lexer::lex;
use crate::services::d1::migrations::sql::script::Script;
use crate::services::d1::migrations::{Ledger, Migration, Stamp, Tables};
use proptest::prelude::*;
use rusqlite::{Batch, Connection, fallible_iterator::FallibleIterator as _};
use sqlite3_parser::dialect::TokenType;

const CORPUS: &str = include_str!("corpus.txt");
const SETUP: &str = "CREATE TABLE t (a, b); CREATE TABLE u (id INTEGER PRIMARY KEY);";

/// How many statements SQLite ran, whether the last failed, and the schema and rows after it.
#[derive(Debug, PartialEq)]
struct Ran {
    count: usize,
    failed: bool,
    state: Vec<String>,
}

fn open() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(SETUP).unwrap();
    database
}

/// Runs statements as SQLite cuts them from `sql`.
fn run(database: &Connection, sql: &str) -> (usize, bool) {
    let mut batch = Batch::new(database, sql);
    let mut count = 0;
    loop {
        let mut statement = match batch.next() {
            Ok(Some(statement)) => statement,
            Ok(None) => return (count, false),
            Err(_) => return (count, true),
        };
        count += 1;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().transpose() {
            if row.is_err() {
                return (count, true);
            }
        }
    }
}

fn state(database: &Connection) -> Vec<String> {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut all = texts("SELECT type || ' ' || name || ' ' || ifnull(sql, '') FROM sqlite_schema ORDER BY 1");
    all.extend(texts("SELECT 'temp ' || name || ' ' || ifnull(sql, '') FROM sqlite_temp_schema ORDER BY 1"));
    for table in ["t", "u", "x", "w"] {
        if database.table_exists(None, table).unwrap() {
            let columns =
                texts(&format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')"));
            let rows = format!(
                "SELECT '{table} ' || concat_ws(',', {}) FROM {table} ORDER BY 1",
                columns.join(", ")
            );
            all.extend(texts(&rows));
        }
    }
    all
}

fn whole(sql: &str) -> Ran {
    let database = open();
    let (count, failed) = run(&database, sql);
    Ran { count, failed, state: state(&database) }
}

fn pieces(sql: &str) -> Ran {
    let database = open();
    let (mut count, mut failed) = (0, false);
    for statement in Script::new(sql).statements() {
        let (ran, fails) = run(&database, &statement.text);
        assert!(ran <= 1, "{:?} of {sql:?} is {ran} statements", statement.text);
        count += ran;
        if fails {
            failed = true;
            break;
        }
    }
    Ran { count, failed, state: state(&database) }
}

/// What is left out between the pieces.
fn check_gaps(sql: &str) {
    let mut copied = 0;
    let mut gaps = Vec::new();
    for statement in Script::new(sql).statements() {
        assert_eq!(statement.text, sql[statement.span.clone()]);
        gaps.push(&sql[copied..statement.span.start]);
        copied = statement.span.end;
    }
    gaps.push(&sql[copied..]);
    for gap in gaps {
        let tokens = lex(gap).all;
        assert!(tokens.iter().all(|token| token.kind == Some(TokenType::TK_SEMI)), "{gap:?} of {sql:?}");
    }
}

fn corpus() -> Vec<(&'static str, String)> {
    let files = CORPUS.split("==== ").skip(1).map(|file| {
        let (name, sql) = file.split_once('\n').unwrap();
        let sql = sql.strip_suffix('\n').unwrap();
        (name, sql.replace("<CR>", "\r").replace("<FF>", "\u{c}").replace("<BOM>", "\u{feff}"))
    });
    files.collect()
}

#[test]
fn the_pieces_of_each_file_do_what_the_file_does() {
    let corpus = corpus();
    assert!(corpus.len() >= 120, "{}", corpus.len());
    for (name, sql) in corpus {
        check_gaps(&sql);
        assert_eq!(pieces(&sql), whole(&sql), "{name}: {sql}");
        let windows = sql.replace('\n', "\r\n");
        assert_eq!(pieces(&windows), whole(&windows), "{name}, with Windows' line ends");
    }
}

#[test]
fn what_is_sent_in_place_of_a_file_does_what_the_file_does() {
    let mut changed = Vec::new();
    for (name, sql) in corpus() {
        let (fitted, before) = (fit(&Script::new(sql.as_str())), whole(&sql));
        let after = whole(fitted.sql.text());
        assert_eq!((after.count, after.failed), (before.count, before.failed), "{name}");
        let rows =
            |ran: Ran| ran.state.into_iter().filter(|line| !line.contains("TRIGGER")).collect::<Vec<_>>();
        assert_eq!(rows(after), rows(before), "{name}");
        assert_eq!(fit(&fitted.sql).sql, fitted.sql, "{name}");
        changed.extend(fitted.changed.into_iter().map(|(.., rewrite)| rewrite));
    }
    let of = |wanted| changed.iter().filter(|rewrite| **rewrite == wanted).count();
    assert_eq!((of(Rewrite::Enclosed), of(Rewrite::Raised)), (5, 1));
}

#[test]
fn a_rehearsal_without_rows_ends_as_the_database_does() {
    let ledger = Tables::named(None).unwrap();
    let objects: Vec<Object> = ["t", "u"]
        .into_iter()
        .zip(SETUP.split("; "))
        .map(|(name, sql)| Object {
            kind: "table".into(),
            name: name.into(),
            table: name.into(),
            sql: sql.into(),
        })
        .collect();
    let (mut compared, mut failed) = (0, 0);
    for (name, sql) in corpus() {
        let file = File { name: name.into(), path: name.into(), script: Script::new(sql.as_str()) };
        if !lint(std::slice::from_ref(&file), &ledger, Catalog::default()).refused.is_empty() {
            continue;
        }
        let migration = Migration { name: name.into(), sql: file.script.clone(), sha256: String::new() };
        let stamp = Stamp { run: "01J", version: "0.1.0" };
        let call = GuardedCall::of(&ledger, &Ledger::default(), &[&migration], &[], &stamp);
        let mut stage = RehearsalDatabase::build(&objects, &ledger).unwrap();
        stage.furnish(&objects, &[], &Ledger::default()).unwrap();
        let rehearsed = stage.run(Gate::default(), &[call], &[file]).unwrap();
        let database = open();
        database.execute_batch("BEGIN").unwrap();
        let fails = run(&database, &sql).1 || database.execute_batch("COMMIT").is_err();
        assert_eq!(!rehearsed.refused.is_empty(), fails, "{name}: {rehearsed:?}");
        compared += 1;
        failed += usize::from(fails);
    }
    assert!(compared >= 100 && failed >= 5, "{compared} {failed}");
}

/// Statements, pieces of statements and things that a splitter might stumble over.
fn fragments() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        6 => prop::sample::select(vec![
            "INSERT INTO t VALUES (1, 2)", "INSERT INTO u VALUES (7)", "CREATE TABLE x (a)", "DELETE FROM t", "SELECT 1",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO u DEFAULT VALUES; END",
            "CREATE TRIGGER s AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; END",
            "INSERT INTO t VALUES ('a;b', CASE WHEN 1 THEN 2 END)",
        ]),
        4 => prop::sample::select(vec![";", ";\n", "; ;", ";\r\n", ";\u{feff}"]),
        2 => prop::sample::select(vec![
            " ", "\n", "-- c;\n", "/* c; */", "/*/;*/", "'s;'", "\"n;\"", "[b;]", "`k;`", "END", "BEGIN", "CASE", "TRIGGER",
            "CREATE", "EXPLAIN", "'", "\"", "`", "[", "/*", "--", "x'3B'", "{", "$a", "\u{feff}", "ü", "1x", "\\", "(", ")",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN", "TEMP",
        ]),
    ];
    prop::collection::vec(one, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pieces_of_any_text_do_what_the_text_does(sql in fragments()) {
        check_gaps(&sql);
        prop_assert_eq!(pieces(&sql), whole(&sql));
    }

    #[test]
    fn numbers_beside_anything_are_cut_as_sqlite_does(
        number in prop::sample::select(vec!["1", "1.5", "1e3", "0x1f", ".5", "1e", "0x"]),
        beside in prop::sample::select(vec!["\u{feff}", "ü", "a", "_", "$", ".", "\u{a0}", "'", ";", "--\n"]),
    ) {
        let sql = format!("SELECT {number}{beside}; SELECT 2;");
        check_gaps(&sql);
        prop_assert_eq!(pieces(&sql), whole(&sql));
    }

    #[test]
    fn any_text_can_be_read(sql in "\\PC{0,60}") {
        check_gaps(&sql);
    }
}
