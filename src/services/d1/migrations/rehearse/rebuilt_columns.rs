//! Columns that are lost when a table is rebuilt from a copy.
//!
//! A value that is changed on its way is carried; a literal in its place, or nothing, is not.

use super::super::sql::kind::{StatementKind, selected};
use super::super::sql::lexer::{lex, mentions, unquoted};
use super::super::sql::quoted::identifier;
use super::super::sql::script::Statement;
use rusqlite::Connection;
use sqlite3_parser::dialect::TokenType;

/// The columns of `table` that none of `statements`, which come before its `DROP TABLE`, carries over.
pub fn left_out(
    database: &Connection,
    statements: &[&Statement],
    table: &str,
) -> rusqlite::Result<Vec<String>> {
    let mut left: Vec<String> = columns(database, table)?;
    let mut name = table;
    for statement in statements.iter().rev() {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        match &statement.kind {
            StatementKind::RenameTable { from, to } if same(to) => name = from,
            StatementKind::Insert { copies: Some(from), .. }
            | StatementKind::CreateTable { copies: Some(from), .. }
                if same(from) =>
            {
                let Some(values) = selected(&statement.text) else { return Ok(Vec::new()) };
                left.retain(|column| !values.iter().any(|value| uses(value, column)));
            }
            StatementKind::Update { .. } if mentions(&statement.text, name) => {
                left.retain(|column| !mentions(&statement.text, column));
            }
            _ => {}
        }
    }
    Ok(left)
}

/// The columns that hold values of their own.
fn columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let sql = format!("SELECT name FROM pragma_table_xinfo({}) WHERE hidden = 0", identifier(table));
    database.prepare(&sql)?.query_map([], |row| row.get(0))?.collect()
}

/// Whether an expression is made of a column: strings, functions and the types of a `CAST` are none.
fn uses(expression: &str, column: &str) -> bool {
    let tokens = lex(expression).all;
    tokens.iter().enumerate().any(|(at, token)| {
        let is_called = tokens.get(at + 1).is_some_and(|next| next.kind == Some(TokenType::TK_LP));
        let is_type = at > 0 && tokens[at - 1].kind == Some(TokenType::TK_AS);
        token.kind != Some(TokenType::TK_STRING)
            && !is_called
            && !is_type
            && unquoted(&expression[token.span.clone()]).eq_ignore_ascii_case(column)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::sql::script::Script;
    use super::*;

    fn left(sql: &str) -> String {
        let database = Connection::open_in_memory().unwrap();
        let schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, e TEXT, \"text\" TEXT, g AS (e || 'x'))";
        database.execute_batch(schema).unwrap();
        let script = Script::new(sql);
        let statements: Vec<&Statement> = script.statements().iter().collect();
        left_out(&database, &statements, "t").unwrap().join(", ")
    }

    #[test]
    fn a_value_that_is_changed_is_carried_and_a_literal_is_not() {
        for (sql, expected) in [
            ("INSERT INTO n SELECT * FROM t", ""),
            ("INSERT INTO n SELECT t.* FROM t", ""),
            ("INSERT INTO n (id, e, x) SELECT id, lower(e), coalesce(\"TEXT\", '') AS x FROM t", ""),
            ("INSERT INTO n (id, e) SELECT id, e FROM t", "text"),
            ("INSERT INTO n (id, e, text) SELECT id, e, NULL AS text FROM t ORDER BY text", "text"),
            ("INSERT INTO n (id, e, text) SELECT id, 'e', CAST(id AS text) FROM t", "e, text"),
            ("INSERT INTO n (id, e, text) SELECT id, e, text(id) FROM t", "text"),
            ("INSERT INTO n SELECT id, e FROM t; INSERT INTO m SELECT id, text FROM t", ""),
            (
                "INSERT INTO n SELECT id, e FROM t; UPDATE n SET text = (SELECT text FROM t WHERE t.id = n.id)",
                "",
            ),
            ("INSERT INTO n SELECT id, e FROM t; UPDATE n SET text = ''", "text"),
            ("INSERT INTO n SELECT * FROM old; ALTER TABLE old RENAME TO t", ""),
        ] {
            assert_eq!(left(sql), expected, "{sql}");
        }
    }
}
