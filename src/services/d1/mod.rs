//! D1: databases, and SQL and migrations on a database's handle (docs/facts/d1.md).

pub mod api;
pub mod local;
pub mod migrations;
pub mod ops;
mod params;
mod read_only;
mod removal;
pub mod resource;
#[cfg(test)]
mod tests;
pub mod wire;

use super::Service;
use super::regions::{Jurisdiction, Location};
use crate::http::Permission;
use crate::op::{Context, HandleDoc};
use crate::project::wrangler::{BindingForm, DeployedForm, Entries};
use crate::reconcile::Resource as _;
use resource::{Database, ReadReplication};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::runtime::Handle as Runtime;

/// The types of the handles that its ops give.
const HANDLES: &[HandleDoc] = &[
    HandleDoc {
        kind: Database::HANDLE,
        properties: &[
            ("id", "string", "A UUID."),
            ("uuid", "string", "The same."),
            ("name", "string", "Unique in the account."),
            ("version", "string", "`production` of a database that can travel in time."),
            ("created_at", "string", "When it was made, in UTC."),
            ("created_in_region", "string", "Where it was made."),
            ("running_in_region", "string", "Where it is, in upper case."),
            ("num_tables", "int", "How many tables it has."),
            ("file_size", "int", "How many bytes it takes."),
            ("read_replication", "map", "Its `mode`: `auto` or `disabled`."),
        ],
    },
    HandleDoc {
        kind: "D1Result",
        properties: &[
            ("id", "string", "The database's id."),
            ("name", "string", "The database's name."),
            ("rows", "array of maps", "The rows of the last statement, by column."),
            ("changes", "int", "Rows changed, roughly."),
            ("last_row_id", "int", "The row id of the last insert."),
            ("statements", "int", "How many statements were run."),
        ],
    },
    HandleDoc {
        kind: "D1Migrations",
        properties: &[
            ("id", "string", "The database's id."),
            ("name", "string", "The database's name."),
            ("applied", "array of strings", "The files that were applied now, in order."),
            ("pending", "array of strings", "The files that are still to be applied."),
            ("bookmark", "string or ()", "Where Time Travel goes back to before the first file."),
        ],
    },
    HandleDoc {
        kind: "D1Load",
        properties: &[
            ("id", "string", "The database's id."),
            ("name", "string", "The database's name."),
            ("file", "string", "The file that was loaded."),
            ("bytes", "int", "How long it is."),
            ("statements", "int", "How many statements it has."),
            ("bookmark", "string or ()", "Where Time Travel goes back to before it."),
        ],
    },
    HandleDoc {
        kind: "D1Dump",
        properties: &[
            ("id", "string", "The database's id."),
            ("name", "string", "The database's name."),
            ("file", "string", "The file that was written."),
            ("bytes", "int", "How long it is."),
        ],
    },
    HandleDoc {
        kind: "D1Restore",
        properties: &[
            ("id", "string", "The database's id."),
            ("name", "string", "The database's name."),
            ("bookmark", "string", "Where the history stood before: `restore` to it takes this back."),
            ("restored", "string", "Where it stands now."),
        ],
    },
];

pub static SERVICE: Service = Service {
    name: "d1",
    title: "D1",
    resource: "D1 database",
    resources: "D1 databases",
    ops: ops::OPS,
    handles: HANDLES,
    prefetch,
    listed: crate::reconcile::listed::<Database>,
    browsing: crate::reconcile::Browsing::of::<Database>(),
    holds: "tables and rows; and the migrations that made them, which are files of a project",
    removal: crate::reconcile::Removal::of::<Database>(&[&api::LIST, &api::QUERY, &api::DELETE]),
    broken_rule: <Database as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    binding: Some(&BindingForm {
        path: &["d1_databases"],
        entries: Entries::List,
        name_field: Some("database_name"),
        id_field: Some("database_id"),
        fields: &["jurisdiction", "migrations_dir", "migrations_pattern", "migrations_table"],
        described_in: Some("databases"),
        needs: None,
        deployed: Some(DeployedForm { of_type: "d1", field: "id" }),
    }),
    permissions: &[
        Permission::read("D1 Read", "192192df92ee43ac90f2aeeffce67e35", "d1"),
        Permission::write("D1 Write", "09b2857d1c31407795e75e3fed8617a1", "d1"),
    ],
    sample: "# [d1.databases.db]\n# binding = \"DB\"\n# migrations = \"migrations\"\n",
    exercise: r#"d1::ensure("name").id"#,
    local: &local::D1,
};

/// The databases, and of those that the config binds what `migrate` asks first.
fn prefetch(context: &Arc<Context>, runtime: &Runtime, calls: &BTreeSet<String>) {
    crate::reconcile::prefetch::<Database>(context, runtime, calls);
    if calls.iter().any(|call| call.trim_start_matches('.') == "migrate") {
        migrations::read_ahead(context, runtime);
    }
}

/// `[d1]` of the project file.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Table {
    /// Databases by logical name.
    #[serde(default)]
    databases: BTreeMap<String, DatabaseTable>,
}

/// `[d1.databases.NAME]`.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct DatabaseTable {
    /// Its binding in the wrangler config; the logical name when left out.
    binding: Option<String>,
    /// Its folder of migrations, from the project's folder.
    migrations: Option<String>,
    /// Wrangler's `migrations_table`; `d1_migrations` when left out.
    migrations_table: Option<String>,
    /// Wrangler's `migrations_pattern`; `*.sql` when left out.
    migrations_pattern: Option<String>,
    /// Apply a migration although one that sorts after it is applied already; `false` when left out.
    allow_out_of_order: Option<bool>,
    /// What one transaction holds: each migration, or all that are pending; `"file"` when left out.
    atomic: Option<crate::services::d1::migrations::Atomic>,
    /// Where the data must stay; fixed at creation.
    jurisdiction: Option<Jurisdiction>,
    /// Where it should run; a hint, used at creation.
    location: Option<Location>,
    /// Whether there are read replicas.
    read_replication: Option<ReadReplication>,
}
