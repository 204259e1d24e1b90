//! D1 as on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A database; a listing leaves out where it runs and its replicas (D1-3).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Database {
    /// Its id.
    pub uuid: String,
    /// Unique in the account.
    pub name: String,
    /// What else the server says.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// What one statement of a call brought (D1-5).
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StatementResult {
    /// `Some(false)` is a failure inside an accepted call.
    pub success: Option<bool>,
    /// Rows, by column.
    #[serde(default)]
    pub results: Vec<Map<String, Json>>,
    /// What it cost and changed.
    #[serde(default)]
    pub meta: Meta,
    /// Why it failed, where the server says so.
    pub error: Option<String>,
}

/// What a statement cost and changed; every field may be absent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Meta {
    /// Rows changed, roughly: from `sqlite3_total_changes`.
    pub changes: Option<i64>,
    /// The row id of the last insert.
    pub last_row_id: Option<i64>,
    /// `Some(false)` when a replica answered, which may lag behind.
    pub served_by_primary: Option<bool>,
}

/// What a restore has done (D1-25).
#[derive(Clone, Debug, Deserialize)]
pub struct Restored {
    /// Where the history stands now.
    pub bookmark: Option<String>,
    /// Where it stood before.
    pub previous_bookmark: Option<String>,
}

/// How an import or export stands, inside an accepted answer (D1-22, D1-23). Every field may be absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Transfer {
    /// `Some(false)`: not done, as `error` says.
    pub success: Option<bool>,
    /// `active`, `complete`, `error`.
    pub status: Option<String>,
    /// What a poll is asked with.
    pub at_bookmark: Option<String>,
    /// What is worth telling people.
    pub messages: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Why it failed, one after the other.
    pub errors: Vec<String>,
    /// Of an import that needs the file: where it goes.
    pub upload_url: Option<String>,
    /// Of an import that needs the file: its name there.
    pub filename: Option<String>,
    /// Its result.
    pub result: Option<TransferResult>,
}

/// What came of an import or export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TransferResult {
    /// Of an import: statements run.
    pub num_queries: Option<u64>,
    /// Of an export: where the file is, for an hour.
    pub signed_url: Option<String>,
}

/// A place in a database's history.
#[derive(Clone, Debug, Deserialize)]
pub struct Bookmark {
    /// Sorts by time.
    pub bookmark: String,
}
