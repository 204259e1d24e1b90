//! Finds statements that SQLite cannot parse.

use super::super::sql::script::Statement;
use super::super::sql::syntax::locate;
use super::file::File;
use super::finding::{LintFinding, excerpt};
use rusqlite::{Connection, Error};

/// What is wrong with a statement that the grammar's crate can't read, if SQLite can't read it either.
pub fn check(file: &File, statement: &Statement) -> Option<LintFinding> {
    let database = Connection::open_in_memory().ok()?;
    let Err(Error::SqlInputError { msg, offset, .. }) = database.prepare(&statement.text).map(drop) else {
        return None;
    };
    // Beyond its grammar SQLite complains about tables that are not here.
    let is_grammar =
        msg.ends_with(": syntax error") || msg == "incomplete input" || msg.starts_with("unrecognized token");
    if !is_grammar {
        return None;
    }
    let (line, column) = locate(statement, offset);
    Some(LintFinding {
        path: file.path.clone(),
        line_column: Some((line, column)),
        words: format!("{} can't be read: {msg}", excerpt(&statement.text)),
        hint: "correct the file: nothing of it was sent".to_owned(),
    })
}
