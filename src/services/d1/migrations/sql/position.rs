//! Finds the position in a file for an error of the server.
//!
//! SQLite gives an offset from where it began to read (SQL-10, D1-8), which is a statement's beginning with or without the blanks
//! before it. Only a place where the named token really stands is believed, and only if there is one such place.

use super::script::Script;

/// Line and column of the error in a script, from 1, in characters.
pub fn locate(script: &Script, message: &str) -> Option<(usize, usize)> {
    let (before, after) = message.rsplit_once(" at offset ")?;
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let offset: usize = after[..digits].parse().ok()?;
    let token = token(before)?;
    let sql = script.text();
    let blanks = |begin: usize| sql[begin..].len() - sql[begin..].trim_start().len();
    // What is sent before the file ends in a line end, which belongs to the file's first statement.
    let first = [offset.checked_sub(1), Some(blanks(0) + offset)];
    let others =
        script.semicolons().iter().flat_map(|&begin| [begin + offset, begin + blanks(begin) + offset]);
    let mut found: Vec<usize> = first
        .into_iter()
        .flatten()
        .chain(others)
        .filter(|at| sql.get(*at..).is_some_and(|rest| rest.starts_with(token)))
        .collect();
    found.sort_unstable();
    found.dedup();
    let [at] = found[..] else { return None };
    let read = &sql[..at];
    let line = read.rsplit('\n').next().unwrap_or_default();
    Some((read.matches('\n').count() + 1, line.chars().count() + 1))
}

/// What stands at the offset: `near "X": ...`, `no such column: X`.
fn token(message: &str) -> Option<&str> {
    if let Some((_, rest)) = message.split_once("near \"") {
        return rest.split_once("\":").map(|(token, _)| token);
    }
    let token = message.rsplit(": ").next()?.trim_matches('"');
    let last = token.rsplit('.').next()?;
    (!last.is_empty() && !last.contains(' ')).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// What SQLite says about the first bad statement, as D1 words it.
    fn message(sql: &str) -> String {
        let error = Connection::open_in_memory().unwrap().execute_batch(sql).unwrap_err();
        match error {
            rusqlite::Error::SqlInputError { msg, offset, .. } => {
                format!("{msg} at offset {offset}: SQLITE_ERROR")
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn an_offset_becomes_line_and_column() {
        let sql = "-- users; and more\nCREATE TABLE users (id);\n\nSELECT 'ü', nme FROM users;\n";
        assert_eq!(locate(&Script::new(sql), &message(sql)), Some((4, 13)));
        let sql = "CREATE TABLE a (x);\nCREATE TABEL b (x);\n";
        assert_eq!(locate(&Script::new(sql), &message(sql)), Some((2, 8)));
        let sql = "CREATE TABEL b (x);\n";
        assert_eq!(locate(&Script::new(sql), &message(sql)), Some((1, 8)));
    }

    #[test]
    fn what_can_not_be_told_is_not_told() {
        assert_eq!(locate(&Script::new("SELECT 1;"), "no such table: x: SQLITE_ERROR"), None);
        assert_eq!(
            locate(&Script::new("SELECT 1;"), "near \"x\": syntax error at offset 3: SQLITE_ERROR"),
            None
        );
        assert_eq!(
            locate(&Script::new("SELECT x;\nSELECT x;"), "no such column: x at offset 7: SQLITE_ERROR"),
            None
        );
    }
}
