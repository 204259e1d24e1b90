//! Checks that the tables which a dump names exist. The server exports nothing for an unknown name, and names are
//! case-sensitive.

use super::super::super::api;
use super::super::super::api::transfer::ExportFilter;
use crate::http::{Client, ReadError};
use crate::op::Failure;
use crate::project::did_you_mean;
use serde_json::{Map, Value as Json};

/// A table, index, view or trigger.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) is_table: bool,
}

/// What FTS5, the one module that D1 has, names the tables that a virtual table keeps its rows in.
const SHADOWS: [&str; 5] = ["data", "idx", "content", "docsize", "config"];

impl Entry {
    /// A table of a module such as FTS5, which D1 exports neither alone nor with others.
    fn is_virtual(&self) -> bool {
        let mut words = self.sql.split_ascii_whitespace();
        self.is_table && words.nth(1).is_some_and(|word| word.eq_ignore_ascii_case("virtual"))
    }

    /// Whether a virtual table keeps its rows in it.
    fn is_shadow_of(&self, table: &Entry) -> bool {
        let rest = self.name.strip_prefix(table.name.as_str()).and_then(|rest| rest.strip_prefix('_'));
        table.is_virtual() && rest.is_some_and(|rest| SHADOWS.contains(&rest))
    }
}

/// Of a database with virtual tables: how to dump the others; `None` where it has none.
pub(super) fn without_virtual(entries: &[Entry]) -> Option<String> {
    let is_kept = |entry: &&Entry| {
        entry.is_table
            && !entry.is_virtual()
            && !["_cf_", "sqlite_"].iter().any(|own| entry.name.starts_with(own))
            && !entries.iter().any(|table| entry.is_shadow_of(table))
    };
    let found = entries.iter().filter(|entry| entry.is_virtual());
    let found: Vec<String> = found.map(|entry| format!("`{}`", entry.name)).collect();
    let kept: Vec<String> = entries.iter().filter(is_kept).map(|entry| format!("{:?}", entry.name)).collect();
    let others = if kept.is_empty() {
        "there is no other table".to_owned()
    } else {
        format!("`#{{ tables: [{}] }}` dumps the others", kept.join(", "))
    };
    let are = if found.len() == 1 { "is one" } else { "are some" };
    (!found.is_empty())
        .then(|| format!("D1 exports no virtual table, and {} {are}: {others}", found.join(", ")))
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
pub(super) fn check(part: &ExportFilter, database: &str, entries: &[Entry]) -> Result<(), Failure> {
    // Rows are in tables only; what is `_cf_..` D1 keeps for itself.
    let is_written = |entry: &&Entry| (entry.is_table || !part.no_schema) && !entry.name.starts_with("_cf_");
    let written: Vec<&Entry> = entries.iter().filter(is_written).collect();
    let is_named = |entry: &&Entry| entry.is_virtual() && part.tables.contains(&entry.name);
    if let Some(named) = entries.iter().find(is_named)
        && let Some(hint) = without_virtual(entries)
    {
        let message = format!("can't dump `{}` of `{database}`: it is a virtual table", named.name);
        return Err(Failure::refused_with_hint("table", message, hint));
    }
    let Some(wrong) = part.tables.iter().find(|name| !written.iter().any(|entry| entry.name == **name))
    else {
        return Ok(());
    };
    let tables: Vec<&str> =
        written.iter().filter(|entry| entry.is_table).map(|entry| entry.name.as_str()).collect();
    let other_case =
        written.iter().map(|entry| entry.name.as_str()).find(|name| name.eq_ignore_ascii_case(wrong));
    let listed = tables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let hint = match other_case.or_else(|| did_you_mean(wrong, tables.iter().copied())) {
        _ if tables.is_empty() => "it has no tables".to_owned(),
        Some(meant) => format!("did you mean `{meant}`? its tables: {listed}"),
        None => format!("its tables: {listed}"),
    };
    let message = format!("can't dump `{wrong}`: `{database}` has no table of this name");
    Err(Failure::refused_with_hint("table", message, hint))
}
