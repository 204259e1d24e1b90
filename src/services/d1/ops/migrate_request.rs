//! The files of a `migrate` call: read at the call, or later if this run writes into their folder.

use crate::op::{Cause, Context, Failure, Pending};
use crate::services::d1::migrations::{Atomic, DatabaseFlags, LatePolicy, Migrations, Rehearsal, Settings};
use std::sync::Arc;

/// What is asked for.
pub(super) struct MigrateRequest {
    pub(super) folder: String,
    pub(super) pattern: Option<String>,
    pub(super) table: Option<String>,
    pub(super) to: Option<String>,
    pub(super) rehearsal: Rehearsal,
    pub(super) late: LatePolicy,
    pub(super) atomic: Atomic,
    pub(super) reach: DatabaseFlags,
}

impl MigrateRequest {
    /// The op of this run that writes into the folder.
    pub(super) fn writer(&self, context: &Context) -> Option<Arc<Pending>> {
        let folder = context.root.resolve(&self.folder).ok()?;
        context.files.writer_below(&folder)
    }

    pub(super) fn discover(&self, context: &Context) -> Result<Migrations, Failure> {
        let settings = Settings {
            folder: &self.folder,
            pattern: self.pattern.as_deref(),
            table: self.table.as_deref(),
            to: self.to.as_deref(),
            rehearsal: self.rehearsal,
            late: self.late,
            atomic: self.atomic,
        };
        let mut migrations = Migrations::discover(&context.root, &settings)?;
        migrations.reach = self.reach.clone();
        Ok(migrations)
    }

    /// A plan does not look into a folder that the run writes into.
    pub(super) fn not_known(&self, writer: &Pending) -> Failure {
        let after = Some(Cause { op: "d1::dump".to_owned(), at: writer.at.clone() });
        Failure::NotKnown { what: format!("what is in `{}`", self.folder), after }
    }
}
