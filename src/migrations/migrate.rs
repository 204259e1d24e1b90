//! Brings a database to the last migration that is asked for, or says what that would take.
//!
//! **Invariant:** where nothing is pending, one read is all that is sent.

use super::apply::Runner;
use super::files::Migrations;
use super::ledger::Ledger;
use super::reader::{Expect, Reader, words};
use super::review::{Review, review};
use crate::events::Action;
use crate::op::{Context, Done, Failure, Mode, Value};
use crate::reconcile::Placeholders;
use crate::services::d1::api;
use serde_json::json;

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
    if context.shelf::<Placeholders>().contains(database.id) {
        let review = review(database.name, migrations, &Ledger::default(), None).await?;
        return planned(database, &Ledger::default(), review);
    }
    let reader = Reader { client: &context.client, id: database.id, tables: &migrations.tables };
    let ledger = reader.read(database.expect).await;
    let ledger = ledger.map_err(|error| Failure::of_read(database.name, error))?;
    let pending = migrations.pending(database.name, &ledger)?;
    if pending.is_empty() {
        let value = value(database, &[], &[]);
        return Ok(Done { notes: migrations.notes.clone(), ..Done::unchanged(value) });
    }
    let review = review(database.name, migrations, &ledger, Some(&reader)).await?;
    if context.mode == Mode::Plan {
        return planned(database, &ledger, review);
    }
    let way_back = way_back(context, database, &ledger).await;
    let Review { migrations, notes, changes, .. } = review;
    let mut done = Runner::new(context, database, &migrations, ledger, way_back).run().await?;
    done.notes.splice(0..0, notes);
    if done.action.is_some() {
        done.notes.extend(changes);
    }
    Ok(done)
}

/// What the script sees.
pub(super) fn value(database: Database, applied: &[String], pending: &[String]) -> Value {
    let (id, name) = (database.id, database.name);
    Value::from(json!({ "id": id, "name": name, "applied": applied, "pending": pending }))
}

fn planned(database: Database, ledger: &Ledger, review: Review) -> Result<Done, Failure> {
    let pending = review.migrations.pending(database.name, ledger)?;
    let names: Vec<String> = pending.iter().map(|file| file.name.clone()).collect();
    let mut notes = review.migrations.notes.clone();
    notes.extend([review.files, review.notes, review.changes].concat());
    let action = (!names.is_empty()).then_some(Action::Apply);
    Ok(Done { value: value(database, &[], &names), action, notes, ..Done::default() })
}

/// How to undo everything, asked for before the first statement.
async fn way_back(context: &Context, database: Database<'_>, ledger: &Ledger) -> Option<String> {
    if ledger.is_empty_database {
        return None;
    }
    Some(match api::bookmark(&context.client, database.id).await {
        Ok(bookmark) => format!(
            "the way back to before this run: `wrangler d1 time-travel restore {} --bookmark={bookmark}`",
            database.name
        ),
        Err(error) => format!("there is no Time Travel bookmark: {}", words(error)),
    })
}
