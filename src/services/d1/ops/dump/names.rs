//! Whether what a dump is to hold by name is there: the server writes nothing for a name that it does not know, and knows a
//! name in its own case only.

use super::super::super::api;
use super::super::super::api::transfer::Part;
use crate::http::{Client, ReadError};
use crate::op::Failure;
use crate::project::problem::closest;
use serde_json::{Map, Value as Json};

/// A table, index, view or trigger.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) is_table: bool,
}

/// What the database's schema holds.
pub(super) async fn entries(client: &Client, id: &str) -> Result<Vec<Entry>, ReadError> {
    let sql = "SELECT name, sql, type = 'table' AS is_table FROM sqlite_master WHERE sql IS NOT NULL";
    let results = api::query(client, id, sql, &[]).await?;
    let text = |row: &Map<String, Json>, key: &str| Some(row.get(key)?.as_str()?.to_owned());
    let entry = |row: &Map<String, Json>| {
        let is_table = row.get("is_table")?.as_i64()? == 1;
        Some(Entry { name: text(row, "name")?, sql: text(row, "sql")?, is_table })
    };
    Ok(results.iter().flat_map(|result| &result.results).filter_map(entry).collect())
}

/// Refuses a name of which the dump would hold nothing.
pub(super) fn check(part: &Part, database: &str, entries: &[Entry]) -> Result<(), Failure> {
    // Rows are in tables only; what is `_cf_..` D1 keeps for itself.
    let is_written = |entry: &&Entry| (entry.is_table || !part.no_schema) && !entry.name.starts_with("_cf_");
    let written: Vec<&Entry> = entries.iter().filter(is_written).collect();
    let Some(wrong) = part.tables.iter().find(|name| !written.iter().any(|entry| entry.name == **name))
    else {
        return Ok(());
    };
    let tables: Vec<&str> =
        written.iter().filter(|entry| entry.is_table).map(|entry| entry.name.as_str()).collect();
    let other_case =
        written.iter().map(|entry| entry.name.as_str()).find(|name| name.eq_ignore_ascii_case(wrong));
    let listed = tables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let hint = match other_case.or_else(|| closest(wrong, &tables)) {
        _ if tables.is_empty() => "it has no tables".to_owned(),
        Some(meant) => format!("did you mean `{meant}`? its tables: {listed}"),
        None => format!("its tables: {listed}"),
    };
    let message = format!("can't dump `{wrong}`: `{database}` has no table of this name");
    Err(Failure::refused_with_hint("table", message, hint))
}
