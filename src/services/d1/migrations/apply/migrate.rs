//! Brings a database to the last migration that is asked for, or says what that would take.
//!
//! **Invariant:** where nothing is pending, one read is all that is sent.

use super::super::error::MigrationError;
use super::super::files::folder::{Atomic, Migration, Migrations, Rehearsal};
use super::super::ledger::guard::{Call, Stamp};
use super::super::ledger::reader::{Expect, Reader, words};
use super::super::ledger::rows::Ledger;
use super::plan::plan;
use super::review::{On, Review, review};
use super::runner::Runner;
use super::way_back::way_back as commands;
use crate::events::{Action, Cost, Event, Foreseen, PendingFile};
use crate::http;
use crate::op::{Context, Done, Failure, Intent, Mode, Value};
use crate::services::d1::api;
use serde_json::json;
use std::sync::Arc;

/// What one call holds without trouble (reliability notes 3.3).
const ALL_BYTES_MAX: usize = 1_000_000;

/// The database that is migrated.
#[derive(Clone, Copy, Debug)]
pub struct Database<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What its ledger is expected to be.
    pub expect: Expect,
}

/// Brings a database to the last migration that is asked for.
pub async fn migrate(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
) -> Result<Done, Failure> {
    if context.mode == Mode::Plan {
        return plan(context, database, migrations, &Arc::default()).await;
    }
    let reader = Reader { client: &context.client, id: database.id, tables: &migrations.tables, copy: None };
    let of_read = |error| Failure::of_read(database.name, error);
    let mut ledger = reader.read(database.expect).await.map_err(of_read)?;
    let Some(review) = reviewed(database, migrations, &reader, &mut ledger, &On::Spot).await? else {
        return Ok(nothing_pending(database, migrations, &ledger));
    };
    one_call(context, database, &review.migrations, &ledger)?;
    let files = listed(&migrations.pending(database.name, &ledger)?);
    context.allow(&Intent { migrations: &files, ..Intent::to(Action::Apply) })?;
    let way_back = way_back(context, database, &ledger).await;
    let Review { migrations, notes, changes, needs, .. } = review;
    let mut done = Runner::new(context, database, &migrations, ledger, needs, way_back).run().await?;
    done.notes.splice(0..0, notes);
    if done.action.is_some() {
        done.notes.extend(changes);
    }
    Ok(done)
}

/// Reviews what is pending, if anything is; `ledger` is as it was read, and is read again where that may explain a finding.
pub async fn reviewed<'a>(
    database: Database<'_>,
    migrations: &'a Migrations,
    reader: &Reader<'_>,
    ledger: &mut Ledger,
    on: &On,
) -> Result<Option<Review<'a>>, Failure> {
    loop {
        if migrations.pending(database.name, ledger)?.is_empty() {
            return Ok(None);
        }
        match review(database.name, migrations, ledger, Some(reader), on).await {
            Ok(review) => return Ok(Some(review)),
            // Without a look at the schema, only the files can be at fault.
            Err(failure) if ledger.is_empty_database => return Err(failure),
            Err(failure) if migrations.rehearsal == Rehearsal::Skip && !ledger.applied().is_empty() => {
                return Err(failure);
            }
            Err(failure) => {
                // The schema is read after the ledger: what another run has applied in between is in one and not in
                // the other, and looks like a fault of the files.
                let of_read = |error| Failure::of_read(database.name, error);
                let now = reader.read(Expect::Tables).await.map_err(of_read)?;
                if now.has_rows_of(ledger) {
                    return Err(failure);
                }
                *ledger = now;
            }
        }
    }
}

/// What it comes to where nothing is pending.
pub fn nothing_pending(database: Database<'_>, migrations: &Migrations, ledger: &Ledger) -> Done {
    let applied = ledger.applied().iter().map(ToString::to_string).collect();
    let folder = Some(migrations.folder.clone());
    let foreseen = Foreseen { folder, applied, ..Foreseen::default() };
    let value = value(database, &[], &[], None);
    Done { notes: migrations.notes.clone(), foreseen, ..Done::unchanged(value) }
}

/// What the script sees.
pub fn value(database: Database, applied: &[String], pending: &[String], bookmark: Option<&str>) -> Value {
    let (id, name) = (database.id, database.name);
    let value =
        json!({ "id": id, "name": name, "applied": applied, "pending": pending, "bookmark": bookmark });
    Value::from(value)
}

/// The files, as plans list them.
fn listed(files: &[&Migration]) -> Vec<PendingFile> {
    let listed = |file: &&Migration| PendingFile { name: file.name.clone(), sha256: file.sha256.clone() };
    files.iter().map(listed).collect()
}

/// What would be applied.
pub fn planned(database: Database, ledger: &Ledger, review: Review, reads: u64) -> Result<Done, Failure> {
    let pending = review.migrations.pending(database.name, ledger)?;
    let names: Vec<String> = pending.iter().map(|file| file.name.clone()).collect();
    let mut notes = review.migrations.notes.clone();
    notes.extend(review.files);
    if review.migrations.atomic == Atomic::All && names.len() > 1 {
        notes.push(format!("these {} files are applied in one transaction: all or none", names.len()));
    }
    notes.extend([review.notes, review.changes].concat());
    let action = (!names.is_empty()).then_some(Action::Apply);
    let writes = names.len() as u64;
    let foreseen = Foreseen {
        folder: Some(review.migrations.folder.clone()),
        applied: ledger.applied().iter().map(ToString::to_string).collect(),
        pending: listed(&pending),
        cost: if writes == 0 { Cost::default() } else { Cost { reads, writes } },
        ..Foreseen::default()
    };
    let mut value = value(database, &names, &[], None);
    // Only the server knows where the history will stand.
    if let (Value::Map(map), false) = (&mut value, names.is_empty()) {
        map.remove("bookmark");
    }
    Ok(Done { value, action, migrations: names, notes, foreseen, ..Done::default() })
}

/// Refuses what can't be one call, before anything is sent.
pub fn one_call(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
    ledger: &Ledger,
) -> Result<(), Failure> {
    let pending = migrations.pending(database.name, ledger)?;
    if migrations.atomic == Atomic::File || pending.len() < 2 {
        return Ok(());
    }
    let stamp = Stamp { run: &context.run.id, version: context.run.version };
    let bytes = Call::of(&migrations.tables, ledger, &pending, &[], &stamp).text().len();
    if bytes <= ALL_BYTES_MAX {
        return Ok(());
    }
    let (database, files) = (database.name.to_owned(), pending.len());
    Err(MigrationError::TooLarge { database, files, bytes, bytes_max: ALL_BYTES_MAX }.into())
}

/// How to undo everything.
#[derive(Clone, Debug, Default)]
pub struct WayBack {
    /// The bookmark of before the first statement.
    pub bookmark: Option<String>,
    /// For people.
    pub note: Option<String>,
}

/// Asks for it before the first statement.
async fn way_back(context: &Context, database: Database<'_>, ledger: &Ledger) -> WayBack {
    if ledger.is_empty_database {
        return WayBack::default();
    }
    match api::bookmark(&context.client, database.id).await {
        Ok(bookmark) => {
            let op = http::current_scope().op;
            context.events.emit(Event::Bookmark { op, bookmark: bookmark.clone() });
            let surroundings = context.surroundings.get();
            let commands = commands(surroundings, database.id, database.name, &bookmark);
            let note = Some(format!("the way back to before this run: {commands}"));
            WayBack { bookmark: Some(bookmark), note }
        }
        Err(error) => {
            let note = Some(format!("there is no Time Travel bookmark: {}", words(error)));
            WayBack { bookmark: None, note }
        }
    }
}
