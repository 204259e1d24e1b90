//! What a file has taken of the rows, held against what was there before it: what no statement says alone.

use super::super::lint::file::File;
use super::super::sql::kind::Kind;
use super::changes::Schema;

/// Tables whose rows are gone though no statement says so.
pub fn rows(file: &File, before: &[String], schema: &Schema, after: &[String]) -> Vec<String> {
    let is_named = |table: &str| {
        file.script.statements().iter().any(|statement| {
            matches!(&statement.kind, Kind::Delete { from, .. } if from.eq_ignore_ascii_case(table))
        })
    };
    let is_lost = |table: &&String| {
        schema.tables().any(|name| name == *table) && !after.contains(table) && !is_named(table)
    };
    before
        .iter()
        .filter(is_lost)
        .map(|table| format!("the rows of `{table}` are deleted by way of other tables"))
        .collect()
}
