//! Recognises statements whose effect does not depend on existing rows.
//!
//! **Invariant:** a statement that could fail for a row, or lose one, is none of them.

use sqlite3_parser::ast::{
    AlterTableBody, Cmd, ColumnConstraint, ColumnDefinition, CreateTableBody, Expr, Literal, Stmt,
};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator as _};

/// Whether it makes something new, adds a column that any row can have, or gives something another name.
pub fn is_rowless(text: &str) -> bool {
    if text.contains('\0') {
        // The grammar's crate panics at a name that holds one.
        return false;
    }
    let arena = Bump::new();
    let Ok(Some(Cmd::Stmt(statement))) = Parser::new(&arena, text.as_bytes()).next() else { return false };
    match &statement {
        Stmt::CreateTable { temporary, body, .. } => {
            !temporary && matches!(body, CreateTableBody::ColumnsAndConstraints { .. })
        }
        Stmt::CreateView { temporary, .. } | Stmt::CreateTrigger { temporary, .. } => !temporary,
        // With one row in a table, an index over columns can't meet two that are alike.
        Stmt::CreateIndex { columns, where_clause, .. } => {
            where_clause.is_none() && columns.iter().all(|column| is_column(&column.expr))
        }
        Stmt::AlterTable(_, AlterTableBody::RenameTo(_) | AlterTableBody::RenameColumn { .. }) => true,
        Stmt::AlterTable(_, AlterTableBody::AddColumn(column)) => is_for_any_row(column),
        _ => false,
    }
}

fn is_column(expression: &Expr) -> bool {
    match expression {
        Expr::Id(_) | Expr::Name(_) => true,
        Expr::Collate(inner, _) => is_column(inner),
        _ => false,
    }
}

fn is_for_any_row(column: &ColumnDefinition) -> bool {
    let constraints = || column.constraints.iter().map(|named| &named.constraint);
    let has_default = constraints().any(|one| matches!(one, ColumnConstraint::Default(_)));
    constraints().all(|one| match one {
        ColumnConstraint::NotNull { nullable, .. } => *nullable || has_default,
        ColumnConstraint::Default(value) => is_value(value),
        ColumnConstraint::Collate { .. } => true,
        ColumnConstraint::ForeignKey { .. } => !has_default,
        _ => false,
    })
}

/// Something that is there, whatever the time is.
fn is_value(expression: &Expr) -> bool {
    match expression {
        Expr::Literal(literal) => {
            matches!(literal, Literal::Numeric(_) | Literal::String(_) | Literal::Blob(_))
        }
        Expr::Id(word) => ["true", "false"].iter().any(|known| word.0.eq_ignore_ascii_case(known)),
        Expr::Unary(_, inner) => is_value(inner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    const ROWLESS: &[&str] = &[
        "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE CHECK (a > 0), t REFERENCES t (a))",
        "CREATE TABLE IF NOT EXISTS t (a)",
        "CREATE UNIQUE INDEX i ON t (a, \"b\" COLLATE NOCASE DESC)",
        "CREATE VIEW v AS SELECT json(a) FROM t",
        "CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM u; END",
        "ALTER TABLE t RENAME TO n",
        "ALTER TABLE t RENAME COLUMN a TO n",
        "ALTER TABLE t ADD n",
        "ALTER TABLE t ADD COLUMN n TEXT NULL COLLATE NOCASE",
        "ALTER TABLE t ADD COLUMN n INTEGER NOT NULL DEFAULT -1",
        "ALTER TABLE t ADD COLUMN n TEXT DEFAULT 'x'",
        "ALTER TABLE t ADD COLUMN n BOOLEAN NOT NULL DEFAULT False",
        "ALTER TABLE t ADD COLUMN n REFERENCES u (c) ON DELETE SET NULL",
    ];

    #[test]
    fn what_a_row_can_be_in_the_way_of_is_none() {
        for sql in [
            "CREATE TABLE n AS SELECT * FROM t",
            "CREATE TEMP TABLE n (a)",
            "CREATE VIRTUAL TABLE n USING fts5 (a, content = t)",
            "CREATE INDEX i ON t (json(a))",
            "CREATE INDEX i ON t (a) WHERE json(a) = 1",
            "ALTER TABLE t ADD COLUMN n NOT NULL",
            "ALTER TABLE t ADD COLUMN n NOT NULL DEFAULT NULL",
            "ALTER TABLE t ADD COLUMN n DEFAULT CURRENT_TIMESTAMP",
            "ALTER TABLE t ADD COLUMN n DEFAULT (1 + 1)",
            "ALTER TABLE t ADD COLUMN n REFERENCES u DEFAULT 1",
            "ALTER TABLE t ADD COLUMN n CHECK (n IS NOT NULL)",
            "ALTER TABLE t ADD COLUMN n AS (json(a))",
            "ALTER TABLE t DROP COLUMN a",
            "DROP TABLE t",
            "DROP INDEX i",
            "INSERT INTO t VALUES (1)",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "PRAGMA defer_foreign_keys = on",
            "SELECT 1",
            "REINDEX",
            "ANALYZE",
            "no SQL",
            "CREATE TABLE \"\0\" (a)",
        ] {
            assert!(!is_rowless(sql), "{sql}");
        }
    }

    /// SQLite's own word: each does the same to the schema with rows that no column can have liked, and leaves them.
    #[test]
    fn sqlite_does_the_same_with_rows_and_without() {
        const SCHEMA: &str = "CREATE TABLE t (a, \"b\"); CREATE TABLE u (c PRIMARY KEY);";
        const ROWS: &str = "INSERT INTO t VALUES (NULL, x'00ff'); INSERT INTO u VALUES ('no json');";
        for sql in ROWLESS {
            assert!(is_rowless(sql), "{sql}");
            let made = |rows: &str| {
                let database = Connection::open_in_memory().unwrap();
                database.execute_batch(&format!("PRAGMA foreign_keys = on; {SCHEMA} {rows}")).unwrap();
                database.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
                let all = "SELECT group_concat(sql, char(10)) FROM sqlite_schema";
                let schema: String = database.query_row(all, [], |row| row.get(0)).unwrap();
                (database, schema)
            };
            let ((_, without), (database, with)) = (made(""), made(ROWS));
            assert_eq!(without, with, "{sql}");
            let rows = |table| {
                database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u32>(0))
            };
            let count: u32 = ["t", "n", "u"].into_iter().filter_map(|table| rows(table).ok()).sum::<u32>();
            assert_eq!(count, 2, "{sql}");
        }
    }
}
