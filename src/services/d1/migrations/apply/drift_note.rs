//! Notes whether the schema of a database matches its applied files.
//!
//! **Invariant:** nothing is asked of the database for it, and nothing fails by it.

use super::super::files::folder::Migrations;
use super::super::ledger::reader::LedgerAndSchema;
use super::super::schema::drift::{drift, pending_stop};
use super::database::Database;
use crate::events::Event;
use crate::op::Context;

/// Differences that a warning names.
const NAMED_MAX: usize = 3;

/// Warns where the schema is another one; what can't be compared is nothing to be warned of.
pub async fn warn(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
    found: &LedgerAndSchema,
) {
    if found.ledger.applied().is_empty() {
        return;
    }
    let (name, files, found) = (database.name.to_owned(), migrations.clone(), found.clone());
    let compared = move || {
        let drift = drift(&name, &files, &found.ledger, &found.objects);
        let is_other = !drift.differences.is_empty();
        let stop = is_other.then(|| pending_stop(&name, &files, &found.ledger, &found.objects));
        (drift, stop.flatten())
    };
    let Ok((drift, stop)) = tokio::task::spawn_blocking(compared).await else { return };
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
    if let Some((file, why)) = stop {
        let message = format!(
            "a new database, as `larder check` makes one, stops at `{file}`, which is pending: {why}; write it for both, \
             with `IF NOT EXISTS` or `DROP INDEX IF EXISTS` before `CREATE INDEX`; leave a column out of it, and add it \
             by hand"
        );
        context.events.emit(Event::Warning { message, at: None });
    }
}
