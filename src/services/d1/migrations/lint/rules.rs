//! Lint rules: what D1 refuses and SQLite accepts.
//!
//! **Invariant:** what is refused here is refused whether or not the files were rehearsed.

use super::super::files::tables::Tables;
use super::super::sql::kind::StatementKind;
use super::super::sql::lexer::unquoted;
use super::super::sql::pragma;
use super::super::sql::restrictions::PATTERN_BYTES_MAX;
use super::super::sql::script::Statement;
use super::catalog::Catalog;
use super::file::File;
use super::finding::{LintFinding, excerpt};
use super::grammar;
use super::limits::has_long_pattern;
use sqlite3_parser::dialect::TokenType;

/// The longest statement, in bytes (D1-17).
const STATEMENT_BYTES_MAX: usize = 100_000;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Linted {
    /// Keeps the files from being sent.
    pub refused: Vec<LintFinding>,
    pub notes: Vec<String>,
}

/// Looks at every pending file, in order.
pub fn lint(files: &[File], ledger: &Tables, mut catalog: Catalog) -> Linted {
    let mut linted = Linted::default();
    for file in files {
        catalog.begin_file();
        if file.script.statements().is_empty() {
            let words = "holds no statement, and will count as applied: what is added later is not run";
            linted.notes.push(format!("{}: {words}", file.path));
        }
        if let Some((line, column)) = file.script.open_comment() {
            let words = "this comment is never closed, what follows is not run";
            linted.notes.push(format!("{}:{line}:{column}: {words}", file.path));
        }
        let mut has_written = false;
        for statement in file.script.statements() {
            let finding =
                |(words, hint): (String, String)| LintFinding::at(&file.path, statement, words, hint);
            linted.refused.extend(touched(statement, ledger).map(finding));
            linted.refused.extend(refused_by_d1(file, statement));
            let remarks =
                [remark(&statement.kind, &catalog), pattern_kept(statement), counter(statement, has_written)];
            for words in remarks.into_iter().flatten() {
                linted.notes.push(format!("{}:{}:{}: {words}", file.path, statement.line, statement.column));
            }
            has_written |= matches!(
                statement.kind,
                StatementKind::Insert { .. } | StatementKind::Update { .. } | StatementKind::Delete { .. }
            );
            catalog.follow(&statement.kind);
        }
    }
    linted
}

/// What touches the ledger, which Larder refuses.
fn touched(statement: &Statement, ledger: &Tables) -> Option<(String, String)> {
    let name = mentioned(statement, |name| is_named(name, &ledger.wrangler, &ledger.larder))?;
    let hint = "leave it to Larder and wrangler: only a ledger that nothing else writes can be believed";
    let it = excerpt(&statement.text);
    Some((format!("{it} touches `{name}`, the ledger of the migrations"), hint.to_owned()))
}

/// What D1 refuses.
pub fn refused_by_d1(file: &File, statement: &Statement) -> Vec<LintFinding> {
    let impossible = impossible(statement);
    let mut found: Vec<LintFinding> = impossible
        .map(|(words, hint)| LintFinding::at(&file.path, statement, words, hint))
        .into_iter()
        .collect();
    if statement.kind == StatementKind::Unread {
        found.extend(grammar::check(file, statement));
    }
    found
}

fn impossible(statement: &Statement) -> Option<(String, String)> {
    let it = excerpt(&statement.text);
    let not_allowed = |hint: &str| Some((format!("D1 does not allow {it}"), hint.to_owned()));
    if statement.text.len() > STATEMENT_BYTES_MAX {
        let words = format!("{it} has {} bytes, D1 takes {STATEMENT_BYTES_MAX}", statement.text.len());
        return Some((words, "cut it into several statements".to_owned()));
    }
    if let Some(name) = mentioned(statement, is_internal) {
        let hint = "choose a name that does not begin with `_cf_`";
        return Some((format!("{it} touches `{name}`, which is Cloudflare's own"), hint.to_owned()));
    }
    if let Some(token) = statement.tokens.iter().find(|token| token.kind == Some(TokenType::TK_VARIABLE)) {
        let parameter = statement.word(token);
        return Some((
            format!("{it} asks for a value of `{parameter}`"),
            "write the value itself".to_owned(),
        ));
    }
    match &statement.kind {
        StatementKind::Transaction => not_allowed("leave it out: each file is one transaction already"),
        StatementKind::Attachment => not_allowed("leave it out: a migration sees one database"),
        StatementKind::Vacuum => not_allowed("leave it out: D1 looks after its files itself"),
        StatementKind::Temporary => not_allowed("make an ordinary table, and drop it in the same file"),
        StatementKind::Pragma { name, value } => {
            pragma::refusal(name, value.as_deref()).map(|why| (why, pragma::HINT.to_owned()))
        }
        _ => None,
    }
}

/// What is allowed, and may not be what was meant.
fn remark(kind: &StatementKind, catalog: &Catalog) -> Option<String> {
    match kind {
        StatementKind::Pragma { name, value } => pragma::remark(name, value.as_deref()).map(str::to_owned),
        StatementKind::Update { table, is_bounded: false } if catalog.is_live(table) => {
            Some(format!("this changes every row of `{table}`"))
        }
        StatementKind::DropTable { name } if catalog.is_live(name) && catalog.is_copied(name) => {
            Some(format!("`{name}` is rebuilt: its rows were copied before"))
        }
        _ => None,
    }
}

/// A pattern in what is made, which is no trouble before it is used.
fn pattern_kept(statement: &Statement) -> Option<String> {
    let makes = statement.text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("CREATE"));
    let is_kept = makes && has_long_pattern(statement);
    is_kept
        .then(|| format!("D1 refuses a pattern of more than {PATTERN_BYTES_MAX} bytes wherever it is used"))
}

/// A function that counts what was written before on the connection, the ledger's rows included.
fn counter(statement: &Statement, has_written: bool) -> Option<String> {
    let called = statement.tokens.windows(2).filter(|pair| pair[1].kind == Some(TokenType::TK_LP));
    let names = called.map(|pair| statement.word(&pair[0]).to_ascii_lowercase());
    let is_counter = |name: &String| match name.as_str() {
        "changes" | "last_insert_rowid" => !has_written,
        "total_changes" => true,
        _ => false,
    };
    names
        .into_iter()
        .find(is_counter)
        .map(|name| format!("`{name}()` counts the ledger's rows here, which are written before this file"))
}

/// A name in the statement, quoted or not, that is one of those looked for.
fn mentioned(statement: &Statement, is_looked_for: impl Fn(&str) -> bool) -> Option<String> {
    let tokens = &statement.tokens;
    let names = tokens.iter().filter(|token| token.kind == Some(TokenType::TK_ID));
    let strings = tokens.windows(2).filter_map(|pair| {
        // After these words SQLite takes a string for a name (SQL-6).
        let before = statement.word(&pair[0]).to_ascii_uppercase();
        let is_name =
            ["TABLE", "EXISTS", "INTO", "FROM", "UPDATE", "JOIN", "ON", "TO"].contains(&before.as_str());
        (is_name && pair[1].kind == Some(TokenType::TK_STRING)).then_some(&pair[1])
    });
    names.chain(strings).map(|token| unquoted(statement.word(token))).find(|name| is_looked_for(name))
}

fn is_named(name: &str, one: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(one) || name.eq_ignore_ascii_case(other)
}

fn is_internal(name: &str) -> bool {
    name.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("_cf_"))
}

#[cfg(test)]
mod tests {
    use super::super::super::sql::script::Script;
    use super::*;

    const SCHEMA: [(&str, &str); 2] =
        [("users", "CREATE TABLE users (id INTEGER PRIMARY KEY, name)"), ("logs", "CREATE TABLE logs (x)")];

    fn file(sql: &str) -> File {
        File { name: "1.sql".into(), path: "m/1.sql".into(), script: Script::new(sql) }
    }

    fn linted(sql: &str) -> Linted {
        lint(&[file(sql)], &Tables::named(None).unwrap(), Catalog::of_schema(SCHEMA))
    }

    /// The one finding, with its hint.
    fn refused(sql: &str) -> String {
        let refused = linted(sql).refused;
        let [finding] = &refused[..] else { panic!("{sql}: {refused:?}") };
        format!("{finding}; {}", finding.hint)
    }

    #[test]
    fn what_d1_does_not_take_is_refused() {
        let transaction = "leave it out: each file is one transaction already";
        let ledger =
            "leave it to Larder and wrangler: only a ledger that nothing else writes can be believed";
        let internal = "choose a name that does not begin with `_cf_`";
        for (sql, expected) in [
            ("SELECT 1;\n BEGIN;", format!("m/1.sql:2:2: D1 does not allow `BEGIN`; {transaction}")),
            ("commit transaction", format!("m/1.sql:1:1: D1 does not allow `commit transaction`; {transaction}")),
            ("END", format!("m/1.sql:1:1: D1 does not allow `END`; {transaction}")),
            ("ROLLBACK", format!("m/1.sql:1:1: D1 does not allow `ROLLBACK`; {transaction}")),
            ("SAVEPOINT a", format!("m/1.sql:1:1: D1 does not allow `SAVEPOINT a`; {transaction}")),
            ("RELEASE a", format!("m/1.sql:1:1: D1 does not allow `RELEASE a`; {transaction}")),
            (
                "ATTACH 'x' AS y",
                "m/1.sql:1:1: D1 does not allow `ATTACH 'x' AS y`; leave it out: a migration sees one database".into(),
            ),
            (
                "DETACH y",
                "m/1.sql:1:1: D1 does not allow `DETACH y`; leave it out: a migration sees one database".into(),
            ),
            (
                "VACUUM",
                "m/1.sql:1:1: D1 does not allow `VACUUM`; leave it out: D1 looks after its files itself".into(),
            ),
            (
                "CREATE TEMP TABLE x (a)",
                "m/1.sql:1:1: D1 does not allow `CREATE TEMP TABLE x (a)`; make an ordinary table, and drop it in the \
                 same file"
                    .into(),
            ),
            (
                "PRAGMA journal_mode = wal",
                format!("m/1.sql:1:1: D1 does not allow `PRAGMA journal_mode`; {}", pragma::HINT),
            ),
            (
                "SELECT * FROM [_CF_KV]",
                format!(
                    "m/1.sql:1:1: `SELECT * FROM [_CF_KV]` touches `_CF_KV`, which is Cloudflare's own; {internal}"
                ),
            ),
            (
                "DELETE FROM d1_migrations WHERE id = 1",
                format!(
                    "m/1.sql:1:1: `DELETE FROM d1_migrations WHERE id = 1` touches `d1_migrations`, the ledger of the \
                     migrations; {ledger}"
                ),
            ),
            (
                "DROP TABLE 'larder_migrations'",
                format!(
                    "m/1.sql:1:1: `DROP TABLE 'larder_migrations'` touches `larder_migrations`, the ledger of the \
                     migrations; {ledger}"
                ),
            ),
            (
                "SELECT 1;\nSELECT\n  nme, FROM users",
                "m/1.sql:3:8: `SELECT nme, FROM users` can't be read: near \"FROM\": syntax error; correct the file: \
                 nothing of it was sent"
                    .into(),
            ),
        ] {
            assert_eq!(refused(sql), expected);
        }
        let long = format!("INSERT INTO logs VALUES ('{}')", "x".repeat(100_000));
        let begin = &long[..60];
        assert_eq!(
            refused(&long),
            format!(
                "m/1.sql:1:1: `{begin}...` has 100028 bytes, D1 takes 100000; cut it into several statements"
            )
        );
        assert_eq!(
            refused("DELETE FROM logs WHERE x = ?1"),
            "m/1.sql:1:1: `DELETE FROM logs WHERE x = ?1` asks for a value of `?1`; write the value itself"
        );
    }

    #[test]
    fn what_is_fine_is_not_refused() {
        for sql in [
            "",
            "CREATE TABLE t (a); INSERT INTO t VALUES ('d1_migrations', '_cf_x', 'BEGIN');",
            "PRAGMA defer_foreign_keys = on",
            "ALTER TABLE users ADD COLUMN c INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE users ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP",
            "DELETE FROM users",
            "INSERT INTO logs VALUES (1); INSERT INTO logs VALUES (last_insert_rowid()), (changes())",
        ] {
            assert_eq!(linted(sql).refused, [], "{sql}");
        }
    }

    #[test]
    fn what_is_odd_is_told() {
        for (sql, note) in [
            (
                "-- nothing",
                "m/1.sql: holds no statement, and will count as applied: what is added later is not run",
            ),
            ("SELECT 1; /* open", "m/1.sql:1:11: this comment is never closed, what follows is not run"),
            (
                "PRAGMA foreign_keys = OFF",
                "m/1.sql:1:1: `foreign_keys` can't be switched off inside a transaction: this has no effect, `ON DELETE \
                 CASCADE` fires",
            ),
            ("UPDATE logs SET x = 1", "m/1.sql:1:1: this changes every row of `logs`"),
            (
                "CREATE VIEW v AS SELECT * FROM logs WHERE x LIKE '%12345678901234567890123456789012345678901234567890'",
                "m/1.sql:1:1: D1 refuses a pattern of more than 50 bytes wherever it is used",
            ),
            (
                "SELECT last_insert_rowid()",
                "m/1.sql:1:1: `last_insert_rowid()` counts the ledger's rows here, which are written before this file",
            ),
        ] {
            assert_eq!(linted(sql).notes, [note]);
        }
    }
}
