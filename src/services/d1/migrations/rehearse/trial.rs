//! Tests, with several similar rows, whether copying a table keeps every row, and rolls back.
//!
//! An aggregate, a trigger and a unique column that leaves rows out show only where there are more rows than one.
//!
//! **Invariant:** the database is as it was.

use super::super::sql::lexer::{lex, unquoted};
use super::super::sql::quoted::identifier;
use rusqlite::{Connection, params};
use sqlite3_parser::dialect::TokenType;

/// What makes the unique columns of further rows others.
const FURTHER: [i64; 2] = [1_000, 1_000_000];

/// Whether the statement `sql` may leave out rows of `from` that it copies into `into`.
pub fn leaves_out(database: &Connection, from: &str, into: &str, sql: &str) -> rusqlite::Result<bool> {
    let (conflicts, is_dropped) = clauses(database, into)?;
    if is_dropped {
        return Ok(true);
    }
    if conflicts || count(database, from)? == 0 {
        return Ok(false);
    }
    let pragma = |name: &str| -> rusqlite::Result<bool> {
        database.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
    };
    let (defers, ignores) = (pragma("defer_foreign_keys")?, pragma("ignore_check_constraints")?);
    // The rows are alike first, so that what is unique in the copy only is met; where it refuses them, they are not.
    let mut leaves_out = false;
    for is_varied in [false, true] {
        database.execute_batch(
            "SAVEPOINT larder_trial; PRAGMA defer_foreign_keys = ON; PRAGMA ignore_check_constraints = ON;",
        )?;
        let tried = attempt(database, from, into, sql, is_varied);
        if database.is_autocommit() {
            break;
        }
        database.execute_batch("ROLLBACK TO larder_trial; RELEASE larder_trial;")?;
        if let Ok(tried) = tried {
            leaves_out = tried;
            break;
        }
    }
    database.execute_batch(&format!(
        "PRAGMA defer_foreign_keys = {defers}; PRAGMA ignore_check_constraints = {ignores};"
    ))?;
    Ok(leaves_out)
}

fn attempt(
    database: &Connection,
    from: &str,
    into: &str,
    sql: &str,
    is_varied: bool,
) -> rusqlite::Result<bool> {
    multiply(database, from, is_varied)?;
    // A `CREATE TABLE ... AS` has yet to make it.
    let before = if database.table_exists(None, into)? { count(database, into)? } else { 0 };
    let rows = count(database, from)?;
    database.execute_batch(sql)?;
    Ok(count(database, into)? < before + rows)
}

/// Adds rows that are like the first one but for the columns that are unique, or but for all columns.
fn multiply(database: &Connection, table: &str, is_varied: bool) -> rusqlite::Result<()> {
    let sql = "SELECT name, ?2 OR pk > 0 OR EXISTS (SELECT 1 FROM pragma_index_list(?1) AS list, \
        pragma_index_info(list.name) AS info WHERE list.\"unique\" AND info.name = columns.name COLLATE NOCASE) \
        FROM pragma_table_xinfo(?1) AS columns WHERE hidden = 0";
    let mut statement = database.prepare(sql)?;
    let columns: Vec<(String, bool)> = statement
        .query_map(params![table, is_varied], |row| Ok((identifier(&row.get::<_, String>(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    for more in FURTHER {
        let value = |(name, differs): &(String, bool)| match differs {
            false => name.clone(),
            true => format!(
                "CASE typeof({name}) WHEN 'text' THEN {name} || '{more}' WHEN 'blob' THEN CAST({name} || '{more}' AS BLOB) \
                 ELSE {name} + {more} END"
            ),
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let (table, names, values) = (identifier(table), names.join(", "), values.join(", "));
        database
            .execute_batch(&format!("INSERT INTO {table} ({names}) SELECT {values} FROM {table} LIMIT 1"))?;
    }
    Ok(())
}

/// Whether a table says what to do with rows in conflict, and whether that, or a trigger, leaves rows out.
fn clauses(database: &Connection, table: &str) -> rusqlite::Result<(bool, bool)> {
    let mut statement = database.prepare(
        "SELECT type, sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL",
    )?;
    let mut rows = statement.query(params![table])?;
    let (mut conflicts, mut is_dropped) = (false, false);
    while let Some(row) = rows.next()? {
        let (kind, sql): (String, String) = (row.get(0)?, row.get(1)?);
        let tokens = lex(&sql).all;
        let kinds: Vec<_> = tokens.iter().filter_map(|token| token.kind).collect();
        let follows = |one, other| kinds.windows(2).any(|pair| pair == [one, other]);
        if kind == "table" {
            conflicts |= kinds.contains(&TokenType::TK_CONFLICT);
            is_dropped |= follows(TokenType::TK_CONFLICT, TokenType::TK_IGNORE)
                || follows(TokenType::TK_CONFLICT, TokenType::TK_REPLACE);
        }
        let events = [TokenType::TK_INSERT, TokenType::TK_DELETE, TokenType::TK_UPDATE];
        let event = kinds.iter().find(|kind| events.contains(kind));
        if kind == "trigger" && event == Some(&TokenType::TK_INSERT) {
            let is_deleted = tokens.windows(3).any(|three| {
                three[0].kind == Some(TokenType::TK_DELETE)
                    && three[1].kind == Some(TokenType::TK_FROM)
                    && unquoted(&sql[three[2].span.clone()]).eq_ignore_ascii_case(table)
            });
            is_dropped |= is_deleted || follows(TokenType::TK_LP, TokenType::TK_IGNORE);
        }
    }
    Ok((conflicts, is_dropped))
}

fn count(database: &Connection, table: &str) -> rusqlite::Result<i64> {
    database.query_row(&format!("SELECT count(*) FROM {}", identifier(table)), [], |row| row.get(0))
}
