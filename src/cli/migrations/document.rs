//! What `migrations` prints as JSON, `larder.migrations/1`. Its schema is committed as `schemas/migrations-1.json`.

use schemars::JsonSchema;
use serde::Serialize;

/// The name and number of the schema.
pub const MIGRATIONS_SCHEMA: &str = "larder.migrations/1";

/// One document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Document {
    /// Of `status`: how files and ledgers stand to each other.
    Status {
        /// Always `larder.migrations/1`.
        schema: String,
        /// The environment's full name.
        env: String,
        /// Each database that could be looked at.
        databases: Vec<Stand>,
    },
    /// Of `baseline` and `repair`: what was, or would have been, corrected in a ledger.
    Correction {
        /// Always `larder.migrations/1`.
        schema: String,
        /// The database's logical name.
        logical: String,
        /// Its name in the account.
        name: String,
        /// Its id.
        id: Option<String>,
        /// Whether it was written, and read back; false where there is nothing to correct.
        written: bool,
        /// One by one.
        corrections: Vec<Made>,
    },
}

/// One database.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stand {
    /// Its logical name.
    pub logical: String,
    /// Its name in the account.
    pub name: String,
    /// Its id; null where it does not exist yet.
    pub id: Option<String>,
    /// The folder of its migrations, from the project's folder.
    pub folder: String,
    /// Wrangler's table in it.
    pub table: String,
    /// Each file of folder and ledger, in order.
    pub files: Vec<File>,
    /// Why a run would apply nothing; null where it would.
    pub error: Option<AtOdds>,
    /// How the schema that is there differs from what the applied files give.
    pub drift: Drift,
}

/// The schema that is there, held against what the applied files give.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Drift {
    /// What is not as the files give it, each in one sentence.
    pub differences: Vec<String>,
    /// What is there and in none of the files; no difference, since a recipe or another tool may have made it.
    pub beside: Vec<String>,
    /// Why the two can't be compared; null where they were.
    pub not_compared: Option<String>,
}

/// One migration.
#[derive(Debug, Serialize, JsonSchema)]
pub struct File {
    /// Its name; where it is missing, that of the ledger.
    pub name: String,
    /// How it stands.
    pub state: FileState,
    /// Its name in the ledger, where it was renamed.
    pub renamed_from: Option<String>,
    /// Whether it comes before one that is applied.
    pub late: bool,
    /// When it was applied, as the ledger has it.
    pub applied_at: Option<String>,
    /// SHA-256 of the text that was applied; null where another tool applied it, or none.
    pub sha256: Option<String>,
    /// The run that applied it; null where that is not known.
    pub run: Option<String>,
}

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// In folder and ledger.
    Applied,
    /// In the folder only.
    Pending,
    /// In the folder only, though a file that sorts after it is applied.
    OutOfOrder,
    /// Applied with another text.
    Edited,
    /// One of its statements failed, and the database has kept those before it.
    Partial,
    /// Applied under another name.
    Renamed,
    /// In the ledger only.
    Missing,
    /// In Larder's ledger, and not in wrangler's.
    Unrecorded,
}

/// Files and ledger do not fit together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AtOdds {
    /// One sentence.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// One correction.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Made {
    /// The file that it is about.
    pub file: String,
    /// What it does, in words.
    pub does: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib migrations::document`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Document>("migrations-1.json");
    }
}
