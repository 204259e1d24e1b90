//! Says of a database whether its schema is what the applied files give.
//!
//! **Invariant:** nothing is asked of the database for it, and nothing fails by it.

use super::super::files::folder::Migrations;
use super::super::ledger::reader::Found;
use super::super::schema::drift::drift;
use super::database::Database;
use crate::events::Event;
use crate::op::Context;

/// Differences that a warning names.
const NAMED_MAX: usize = 3;

/// Warns where the schema is another one; what can't be compared is nothing to be warned of.
pub async fn warn(context: &Context, database: Database<'_>, migrations: &Migrations, found: &Found) {
    if found.ledger.applied().is_empty() {
        return;
    }
    let (name, files, found) = (database.name.to_owned(), migrations.clone(), found.clone());
    let compared = move || drift(&name, &files, &found.ledger, &found.objects);
    let Ok(drift) = tokio::task::spawn_blocking(compared).await else { return };
    let all = &drift.differences;
    if all.is_empty() {
        return;
    }
    let mut named = all[..all.len().min(NAMED_MAX)].join("; ");
    if all.len() > NAMED_MAX {
        named = format!("{named}; and {} more", all.len() - NAMED_MAX);
    }
    let message = format!(
        "the schema of `{}` is not what its applied migrations give: {named} (`{}`)",
        database.name,
        migrations.reach.reading("migrations status")
    );
    context.events.emit(Event::Warning { message, at: None });
}
