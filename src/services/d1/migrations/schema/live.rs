//! Finds out which tables of a database have rows.

use super::super::files::tables::Tables;
use super::super::ledger::reader::{Reader, rows_of};
use super::super::sql::quoted::identifier;
use crate::http::{Client, ReadError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Filled {
    filled: i64,
}

/// Which of `tables` have rows, in one request; none where there are no tables.
///
/// One statement for each table: a single one could have too many terms or columns (D1-17, D1-18).
pub async fn filled(reader: &Reader<'_>, tables: &[String]) -> Result<Vec<String>, ReadError> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let ask = |name: &String| format!("SELECT EXISTS (SELECT 1 FROM {}) AS filled", identifier(name));
    let sql: Vec<String> = tables.iter().map(ask).collect();
    let results = reader.primary(&sql).await?;
    let mut found = Vec::new();
    for (name, result) in tables.iter().zip(results) {
        if rows_of::<Filled>(result)?.iter().any(|row| row.filled != 0) {
            found.push(name.clone());
        }
    }
    Ok(found)
}

/// The tables of a database that have rows, those of the default ledger left out.
pub async fn tables_with_rows(client: &Client, id: &str) -> Result<Vec<String>, ReadError> {
    let tables = Tables::default();
    let reader = Reader { client, id, tables: &tables, copy: None };
    let objects = reader.objects().await?;
    let own = objects.into_iter().filter(|object| object.kind == "table" && !object.is_of_ledger(&tables));
    filled(&reader, &own.map(|object| object.name).collect::<Vec<_>>()).await
}
