//! Migrations of a D1 database: each applied exactly once or not at all, in order, and only the ledger in the database
//! may say "applied" (docs/architecture.md#migrations).
//!
//! Files, order and ledger are wrangler's, so that both tools can be used on one database in any order. Beside wrangler's
//! table Larder keeps its own, which knows checksums and guards every call: one migration is one atomic call whose first
//! row can only be written if both tables are exactly as this run last saw them.
//!
//! **Invariant:** reading the ledger creates nothing.
//! **Invariant:** a file is sent again only after the ledger was read and does not have it.

mod apply;
mod error;
mod files;
mod ledger;
mod lint;
mod database_flags;
mod rehearse;
mod schema;
pub mod sql;
#[cfg(test)]
mod tests;

pub use apply::correct::correct;
pub use apply::database::Database;
pub use apply::migrate::migrate;
pub use apply::plan::plan;
pub use apply::prefetch::read_ahead;
pub use apply::rehearsal::furnish;
pub use apply::undo::way_back;
pub use database_flags::{DatabaseFlags, DatabaseName};
pub use error::MigrationError;
pub use files::folder::{Atomic, LatePolicy, Migration, Migrations, Rehearsal, Settings, sha256_of};
pub use files::tables::Tables;
pub use ledger::correction::{Correction, Repairs};
pub use ledger::guard::Stamp;
pub use ledger::history::{Entry, History, LedgerState};
pub use ledger::object::Object;
pub use ledger::reader::{Expected, Reader};
pub use ledger::rows::{Ledger, Row};
pub use ledger::shape::{LedgerShape, RequiredColumn};
pub use lint::loading::{CHECKED_BYTES_MAX, check_load};
pub use rehearse::rehearsal_copy::{CopyAnswer, PlayResult, RehearsalCopy, WriteResult, is_played};
pub use schema::already_applied::done_already;
pub use schema::drift::{Drift, drift};
pub use schema::live::tables_with_rows;
pub use schema::schema_match::{SchemaMatch, standings};
pub use sql::pragma::{is_switch, only_informs};
