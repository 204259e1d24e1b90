//! Reads the ledger and schema of databases that a recipe will migrate, together with its first listings.
//!
//! **Invariant:** what was read ahead is believed only of the id that the account gives the database's name; where it could
//! not be read, nothing is known of it, and it is not asked again ahead.

use super::super::files::tables::Tables;
use super::super::ledger::reader::{Expected, LedgerAndSchema, Reader};
use super::database::Database;
use crate::http::{ReadError, Scope, scoped};
use crate::op::{Context, Mode};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::runtime::Handle as Runtime;
use tokio::sync::OnceCell;

type Cell = Arc<OnceCell<Option<LedgerAndSchema>>>;

/// What is read ahead, by the database's id and wrangler's table.
#[derive(Default)]
struct Prefetched(Mutex<Cells>);

type Cells = HashMap<(String, String), Cell>;

/// Begins to read what the databases hold whose ids the config has.
pub fn read_ahead(context: &Arc<Context>, runtime: &Runtime) {
    let is_asked = context.mode == Mode::Plan && !context.run.is_on_any_account;
    let here = context.run_environment.get().filter(|_| is_asked);
    for declared in here.into_iter().flat_map(|here| &here.ledgers) {
        let Ok(tables) = Tables::named(Some(&declared.table)) else { continue };
        for id in &declared.ids {
            let key = (id.clone(), tables.wrangler.clone());
            let cell = context.extension::<Prefetched>().0.lock().entry(key).or_default().clone();
            let (context, tables, id) = (context.clone(), tables.clone(), id.clone());
            runtime.spawn(async move {
                cell.get_or_init(|| read(&context, &id, &tables)).await;
            });
        }
    }
}

/// What a database holds: as it was read ahead, or as it is read now.
pub async fn look(
    context: &Context,
    database: Database<'_>,
    tables: &Tables,
) -> Result<LedgerAndSchema, ReadError> {
    let key = (database.id.to_owned(), tables.wrangler.clone());
    let cell = context.extension::<Prefetched>().0.lock().remove(&key);
    if let Some(cell) = cell
        && let Some(found) = cell.get_or_init(|| read(context, database.id, tables)).await
    {
        return Ok(found.clone());
    }
    Reader { client: &context.client, id: database.id, tables, copy: None }.look(database.expect).await
}

/// Once, and for no op: the database may not be there.
async fn read(context: &Context, id: &str, tables: &Tables) -> Option<LedgerAndSchema> {
    let reader = Reader { client: &context.client, id, tables, copy: None };
    scoped(Scope::ahead(), reader.look(Expected::Tables)).await.ok()
}
