//! The result of a migration for the script, the plan and the report.

use super::super::files::folder::{Atomic, Migration, Migrations};
use super::super::ledger::rows::Ledger;
use super::database::Database;
use super::review::Review;
use super::units::{self, Batching};
use crate::events::{Action, Cost, Foreseen, PendingFile};
use crate::op::{Failure, OpResult, Value};
use serde_json::json;

/// What it comes to where nothing is pending.
pub fn nothing_pending(database: Database<'_>, migrations: &Migrations, ledger: &Ledger) -> OpResult {
    let applied = ledger.applied().iter().map(ToString::to_string).collect();
    let folder = Some(migrations.folder.clone());
    let foreseen = Foreseen { folder, applied, ..Foreseen::default() };
    let value = value(database, &[], &[], None);
    OpResult { notes: migrations.notes.clone(), foreseen, ..OpResult::unchanged(value) }
}

/// What the script sees.
pub fn value(database: Database, applied: &[String], pending: &[String], bookmark: Option<&str>) -> Value {
    let (id, name) = (database.id, database.name);
    let value =
        json!({ "id": id, "name": name, "applied": applied, "pending": pending, "bookmark": bookmark });
    Value::from(value)
}

/// What would be applied, where something is pending.
pub fn planned(database: Database, ledger: &Ledger, review: Review, reads: u64) -> Result<OpResult, Failure> {
    let pending = review.migrations.pending(database.name, ledger)?;
    let names: Vec<String> = pending.iter().map(|file| file.name.clone()).collect();
    let mut notes = review.migrations.notes.clone();
    notes.extend(review.files);
    if review.migrations.atomic == Atomic::All && names.len() > 1 {
        notes.push(format!("these {} files are applied in one transaction: all or none", names.len()));
    }
    notes.extend([review.notes, review.changes].concat());
    let writes = units::count(&review.migrations, &pending, Batching::of(ledger)) as u64;
    let foreseen = Foreseen {
        folder: Some(review.migrations.folder.clone()),
        applied: ledger.applied().iter().map(ToString::to_string).collect(),
        pending: listed(&pending),
        cost: Cost { reads, writes },
        ..Foreseen::default()
    };
    let mut value = value(database, &names, &[], None);
    // Only the server knows where the history will stand.
    if let Value::Map(map) = &mut value {
        map.remove("bookmark");
    }
    let action = Some(Action::Apply);
    Ok(OpResult { value, action, migrations: names, notes, foreseen, ..OpResult::default() })
}

/// The files, as plans list them.
pub fn listed(files: &[&Migration]) -> Vec<PendingFile> {
    let listed = |file: &&Migration| PendingFile { name: file.name.clone(), sha256: file.sha256.clone() };
    files.iter().map(listed).collect()
}
