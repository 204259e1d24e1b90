//! Makes one sample row for every table that has rows, so that the rehearsal finds errors that need rows.
//!
//! A column keeps its default; one that points at another table has that row's value; the rest have a value of their type.
//! Where a `CHECK` refuses the row, the words of the check are tried one after the other.
//!
//! **Invariant:** nothing real is in these rows.

use super::super::sql::lexer::{lex, mentions, unquoted};
use super::super::sql::quoted::identifier;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use sqlite3_parser::dialect::TokenType;

/// Rows that are tried for one table.
const TRIES_MAX: usize = 200;

struct Column {
    name: String,
    kind: String,
    is_required: bool,
    has_default: bool,
}

struct Link {
    column: String,
    table: String,
    to: Option<String>,
}

/// Puts a row into each of `tables`; the answer says which got none, and why.
///
/// Foreign keys must be off: rows may point at each other.
pub fn fill(database: &Connection, tables: &[String]) -> rusqlite::Result<Vec<String>> {
    let mut notes = Vec::new();
    let mut order = Vec::new();
    for table in tables {
        visit(database, table, tables, &mut order)?;
    }
    for table in &order {
        let columns = columns(database, table)?;
        let mut row = Vec::new();
        for column in columns.iter().filter(|column| !column.has_default) {
            let value = value(database, table, &column.name, tables, 0)?;
            let is_missing = value.is_none() && !column.is_required;
            row.push((
                column.name.clone(),
                if is_missing { Value::Null } else { value.unwrap_or_else(|| of_type(&column.kind)) },
            ));
        }
        if let Err(error) = insert(database, table, row, &columns) {
            notes.push(format!(
                "no row could be made up for `{table}` ({error}): what happens to its rows is not rehearsed"
            ));
        }
    }
    Ok(notes)
}

/// What a table points at comes before it, as far as they do not point at each other.
fn visit(
    database: &Connection,
    table: &str,
    tables: &[String],
    order: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let mut path = vec![table.to_owned()];
    while let Some(last) = path.last().cloned() {
        let links = links(database, &last)?;
        let next = links.iter().find_map(|link| {
            let target = tables.iter().find(|name| name.eq_ignore_ascii_case(&link.table))?;
            (!order.contains(target) && !path.contains(target)).then(|| target.clone())
        });
        if let Some(next) = next {
            path.push(next);
        } else {
            path.pop();
            if !order.contains(&last) {
                order.push(last);
            }
        }
    }
    Ok(())
}

fn insert(
    database: &Connection,
    table: &str,
    mut row: Vec<(String, Value)>,
    columns: &[Column],
) -> rusqlite::Result<()> {
    let mut last = match try_row(database, table, &row) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let sql: String = database.query_row(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
        params![table],
        |row| row.get(0),
    )?;
    let words = words(&sql);
    let mut tries = 0;
    // A value that changes which check fails is kept, and the next check's turn comes.
    'next: loop {
        let failed = last.to_string();
        let is_asked = |column: &&Column| mentions(&failed, &column.name);
        let asked: Vec<&Column> = match columns.iter().filter(is_asked).collect::<Vec<_>>() {
            named if named.is_empty() => columns.iter().collect(),
            named => named,
        };
        for column in asked {
            for word in &words {
                tries += 1;
                if tries > TRIES_MAX || (*word == Value::Null && column.is_required) {
                    continue;
                }
                let mut other = row.clone();
                other.retain(|(name, _)| *name != column.name);
                other.push((column.name.clone(), word.clone()));
                match try_row(database, table, &other) {
                    Ok(()) => return Ok(()),
                    Err(error) if is_other_check(&error, &failed) => {
                        (row, last) = (other, error);
                        continue 'next;
                    }
                    Err(_) => {}
                }
            }
        }
        return Err(last);
    }
}

fn is_other_check(error: &rusqlite::Error, failed: &str) -> bool {
    let words = error.to_string();
    words.starts_with("CHECK constraint failed") && words != failed
}

fn try_row(database: &Connection, table: &str, row: &[(String, Value)]) -> rusqlite::Result<()> {
    let table = identifier(table);
    if row.is_empty() {
        return database.execute_batch(&format!("INSERT INTO {table} DEFAULT VALUES"));
    }
    let names: Vec<String> = row.iter().map(|(name, _)| identifier(name)).collect();
    let places = vec!["?"; row.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
    database.execute(&sql, params_from_iter(row.iter().map(|(_, value)| value))).map(drop)
}

/// What a column's value is, following foreign keys; `None` where it points at a table without a row.
fn value(
    database: &Connection,
    table: &str,
    column: &str,
    filled: &[String],
    depth: usize,
) -> rusqlite::Result<Option<Value>> {
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let links = links(database, table)?;
    let link = links.iter().find(|link| is(&link.column, column)).filter(|_| depth < 16);
    if let Some(link) = link {
        if !filled.iter().any(|name| is(name, &link.table)) {
            return Ok(None);
        }
        let to = match &link.to {
            Some(to) => to.clone(),
            None => primary_key(database, &link.table),
        };
        if is(&link.table, table) && is(&to, column) {
            return Ok(None);
        }
        // What the other row has already is the truth.
        let sql = format!("SELECT {} FROM {} LIMIT 1", identifier(&to), identifier(&link.table));
        if let Ok(value) = database.query_row(&sql, [], |row| row.get::<_, Value>(0)) {
            return Ok(Some(value));
        }
        return value(database, &link.table, &to, filled, depth + 1);
    }
    let columns = columns(database, table)?;
    Ok(columns.iter().find(|one| is(&one.name, column)).map(|column| of_type(&column.kind)))
}

/// A value of a column's affinity.
fn of_type(kind: &str) -> Value {
    let kind = kind.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    if has(&["INT"]) {
        Value::Integer(1)
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Value::Text("x".to_owned())
    } else if has(&["BLOB"]) {
        Value::Blob(vec![0])
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Value::Real(1.0)
    } else {
        Value::Integer(1)
    }
}

/// The literals of a statement, and what checks often ask for.
fn words(sql: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for token in lex(sql).all {
        let text = &sql[token.span];
        match token.kind {
            Some(TokenType::TK_STRING) => found.push(Value::Text(unquoted(text))),
            Some(TokenType::TK_INTEGER) => found.extend(text.parse().map(Value::Integer)),
            Some(TokenType::TK_FLOAT) => found.extend(text.parse().map(Value::Real)),
            _ => {}
        }
    }
    for text in [
        "{}",
        "a@b.cd",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "https://a.bc",
        "00000000-0000-4000-8000-000000000000",
    ] {
        found.push(Value::Text(text.to_owned()));
    }
    found.extend([Value::Integer(0), Value::Null]);
    found
}

fn columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement = database
        .prepare("SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0")?;
    let rows = statement.query_map(params![table], |row| {
        Ok(Column {
            name: row.get(0)?,
            kind: row.get(1)?,
            is_required: row.get::<_, bool>(2)? || row.get::<_, i64>(4)? > 0,
            has_default: row.get(3)?,
        })
    })?;
    rows.collect()
}

fn links(database: &Connection, table: &str) -> rusqlite::Result<Vec<Link>> {
    let mut statement = database.prepare(
        "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq",
    )?;
    let rows = statement.query_map(params![table], |row| {
        Ok(Link { column: row.get(0)?, table: row.get(1)?, to: row.get(2)? })
    })?;
    rows.collect()
}

fn primary_key(database: &Connection, table: &str) -> String {
    let sql = "SELECT name FROM pragma_table_info(?1) WHERE pk = 1";
    database.query_row(sql, params![table], |row| row.get(0)).unwrap_or_else(|_| "rowid".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(schema: &str, tables: &[&str]) -> (Connection, Vec<String>) {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&format!("PRAGMA foreign_keys = off; {schema}")).unwrap();
        let tables: Vec<String> = tables.iter().map(|name| (*name).to_owned()).collect();
        let notes = fill(&database, &tables).unwrap();
        (database, notes)
    }

    fn text(database: &Connection, sql: &str) -> String {
        database.query_row(&format!("SELECT quote({sql})"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_row_satisfies_what_the_table_asks() {
        let (database, notes) = filled(
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT NOT NULL REFERENCES users (email), \
                parent INT REFERENCES posts, state TEXT NOT NULL CHECK (state IN ('draft', 'open')), \
                score INT CHECK (score >= 10 AND score < 20), twice AS (score * 2), at DEFAULT CURRENT_TIMESTAMP); \
             CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE CHECK (email LIKE '%@%'), \
                meta TEXT CHECK (json_valid(meta))) STRICT;",
            &["users", "posts"],
        );
        assert_eq!(notes, Vec::<String>::new());
        assert_eq!(
            text(&database, "(SELECT author FROM posts)"),
            text(&database, "(SELECT email FROM users)")
        );
        assert_eq!(text(&database, "(SELECT state FROM posts)"), "'draft'");
        assert_eq!(text(&database, "(SELECT score FROM posts)"), "10");
        assert_eq!(text(&database, "(SELECT count(*) FROM pragma_foreign_key_check)"), "0");
    }

    #[test]
    fn what_can_not_be_made_up_is_said() {
        let (database, notes) = filled(
            "CREATE TABLE odd (a TEXT NOT NULL CHECK (length(a) = 7 AND a GLOB 'zz*')); CREATE TABLE free (a REFERENCES odd)",
            &["odd", "free"],
        );
        assert_eq!(
            notes,
            [
                "no row could be made up for `odd` (CHECK constraint failed: length(a) = 7 AND a GLOB 'zz*'): what happens \
              to its rows is not rehearsed"
            ]
        );
        assert_eq!(text(&database, "(SELECT count(*) FROM free)"), "1");
    }
}
