//! What a file has taken from the schema and the rows, held against what was there before it: what no statement says alone.

use super::gate::Gate;
use super::kind::Kind;
use super::lexer::mentions;
use super::lint::File;
use super::schema::Schema;

/// Columns that the rebuild of a table has left out: no copy mentions them.
pub(super) fn columns(gate: &mut Gate, file: &File, lost: &[(String, String)]) -> Vec<String> {
    let statements = &file.script.statements;
    let mut words = Vec::new();
    for (table, column) in lost {
        let same = |name: &str| name.eq_ignore_ascii_case(table);
        let is_rebuilt = statements.iter().any(|statement| match &statement.kind {
            Kind::DropTable { name } | Kind::RenameTable { from: name, .. } => same(name),
            _ => false,
        });
        let is_copied = statements.iter().any(|statement| {
            matches!(&statement.kind, Kind::Insert { copies: Some(from), .. } if same(from))
                && mentions(&statement.text, column)
        });
        if !is_rebuilt || is_copied || gate.rows_in(table).is_none() {
            continue;
        }
        if gate.is_empty(table) {
            gate.need(file, table);
        } else {
            words.push(format!("the rebuild of `{table}` loses its column `{column}`"));
        }
    }
    words
}

/// Tables whose rows are gone though no statement says so.
pub(super) fn rows(file: &File, before: &[String], schema: &Schema, after: &[String]) -> Vec<String> {
    let is_named = |table: &str| {
        file.script.statements.iter().any(|statement| {
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
