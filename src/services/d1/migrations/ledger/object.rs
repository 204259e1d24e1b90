//! The objects of a database's schema.
//!
//! **Invariant:** Cloudflare's own tables are never asked for: any access to them is refused (D1-12).

use super::super::files::tables::Tables;
use serde::Deserialize;

/// Everything that was made by a statement, in the order in which it was made.
pub(super) const SCHEMA: &str = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL \
    AND lower(substr(name, 1, 4)) <> '_cf_' AND lower(substr(tbl_name, 1, 4)) <> '_cf_' ORDER BY rowid";

/// A table, index, trigger or view.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Object {
    /// `table`, `index`, `trigger`, `view`.
    #[serde(rename = "type")]
    pub kind: String,
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
