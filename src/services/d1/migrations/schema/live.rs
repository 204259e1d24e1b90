//! The schema that a database has, as read from it.
//!
//! **Invariant:** Cloudflare's own tables are never asked for: any access to them is refused (Cloudflare API notes 6.3).

use super::super::files::tables::Tables;
use super::super::ledger::reader::{Reader, rows_of};
use super::super::sql::quoted::identifier;
use crate::http::{Client, ReadError};
use serde::Deserialize;

/// Everything that was made by a statement, in the order in which it was made.
const SCHEMA: &str = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL \
    AND lower(substr(name, 1, 4)) <> '_cf_' AND lower(substr(tbl_name, 1, 4)) <> '_cf_' ORDER BY rowid";

/// A table, index, trigger or view.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Object {
    /// `table`, `index`, `trigger`, `view`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table that it belongs to.
    #[serde(rename = "tbl_name")]
    pub table: String,
    /// The statement that made it.
    pub sql: String,
}

impl Object {
    /// Whether it is the ledger, or something of it.
    pub fn is_of_ledger(&self, ledger: &Tables) -> bool {
        [&ledger.wrangler, &ledger.larder].iter().any(|name| self.table.eq_ignore_ascii_case(name))
    }
}

#[derive(Deserialize)]
struct Filled {
    filled: i64,
}

/// Reads the schema, in one request.
pub async fn schema(reader: &Reader<'_>) -> Result<Vec<Object>, ReadError> {
    let results = reader.primary(SCHEMA).await?;
    let objects: Vec<Object> = rows_of(results.into_iter().next().unwrap_or_default())?;
    // SQLite's own tables are made by SQLite.
    let is_own =
        |object: &Object| !object.name.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("sqlite_"));
    Ok(objects.into_iter().filter(is_own).collect())
}

/// Which of `tables` have rows, in one request; none where there are no tables.
///
/// One statement for each table: a single one could have too many terms or columns (Cloudflare API notes 6.8).
pub async fn filled(reader: &Reader<'_>, tables: &[String]) -> Result<Vec<String>, ReadError> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let ask = |name: &String| format!("SELECT EXISTS (SELECT 1 FROM {}) AS filled;", identifier(name));
    let sql: Vec<String> = tables.iter().map(ask).collect();
    let results = reader.primary(&sql.join("\n")).await?;
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
    let objects = schema(&reader).await?;
    let own = objects.into_iter().filter(|object| object.kind == "table" && !object.is_of_ledger(&tables));
    filled(&reader, &own.map(|object| object.name).collect::<Vec<_>>()).await
}
