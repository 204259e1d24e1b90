//! Applies migrations up to the last one that is asked for, or plans it.
//!
//! **Invariant:** where nothing is pending, one read is all that is sent.

use super::super::files::folder::Migrations;
use super::super::ledger::reader::Reader;
use super::database::Database;
use super::drift_note;
use super::one_transaction::one_call;
use super::plan::plan;
use super::rehearsal::RehearsalTarget;
use super::result::{listed, nothing_pending};
use super::review::{Review, reviewed};
use super::runner::Runner;
use super::undo::UndoInstructions;
use crate::events::Action;
use crate::op::{Context, Failure, Intent, Mode, OpResult};
use std::sync::Arc;

/// Brings a database to the last migration that is asked for.
pub async fn migrate(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
) -> Result<OpResult, Failure> {
    if context.mode == Mode::Plan {
        return plan(context, database, migrations, &Arc::default()).await;
    }
    let reader = Reader { client: &context.client, id: database.id, tables: &migrations.tables, copy: None };
    let of_read = |error| Failure::of_read(database.name, error);
    let mut found = reader.look(database.expect).await.map_err(of_read)?;
    drift_note::warn(context, database, migrations, &found).await;
    let review = reviewed(database, migrations, &reader, &mut found, &RehearsalTarget::Spot).await?;
    let ledger = found.ledger;
    let Some(review) = review else { return Ok(nothing_pending(database, migrations, &ledger)) };
    one_call(context, database, &review.migrations, &ledger)?;
    let files = listed(&migrations.pending(database.name, &ledger)?);
    context.allow(&Intent { migrations: &files, ..Intent::to(Action::Apply) })?;
    let way_back = UndoInstructions::ask(context, database, &ledger).await;
    let Review { migrations, notes, changes, needs, .. } = review;
    let mut done = Runner::new(context, database, &migrations, ledger, needs, way_back).run().await?;
    done.notes.splice(0..0, notes);
    if done.action.is_some() {
        done.notes.extend(changes);
    }
    Ok(done)
}
