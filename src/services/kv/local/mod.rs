//! How the local account answers Workers KV (docs/facts/kv.md), with its codes (KV-7).
//!
//! **Invariant:** a key whose time is over is in no answer, though its row may still be there.

mod bulk;
mod entry;
mod namespaces;
mod values;

use crate::local::{ErrorReply, LocalService, PermissionGroup, Resource, Route, View, sha256_hex};
use serde_json::{Value, json};

/// The KV service of a local account.
pub struct Kv;

const READ: &str = "Workers KV Storage Read";
const WRITE: &str = "Workers KV Storage Write";

impl LocalService for Kv {
    fn name(&self) -> &'static str {
        "kv"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("8b47d2786a534c08a1f94ee8f9f599ef", "Workers KV Storage Read"),
                PermissionGroup::new("f7f0eda5697f475c90846e879bab8666", "Workers KV Storage Write"),
            ]
        }
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE IF NOT EXISTS kv_namespaces (
             id TEXT PRIMARY KEY, title TEXT NOT NULL UNIQUE, jurisdiction TEXT) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS kv_entries (
             namespace_id TEXT NOT NULL REFERENCES kv_namespaces ON DELETE CASCADE,
             key TEXT NOT NULL, value BLOB NOT NULL, metadata TEXT, expiration INTEGER,
             PRIMARY KEY (namespace_id, key)) WITHOUT ROWID;"
    }

    fn routes(&self) -> Vec<Route> {
        const LIST: &str = "/accounts/{account_id}/storage/kv/namespaces";
        const ONE: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}";
        const KEYS: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys";
        const VALUE: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key}";
        const METADATA: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key}";
        const BULK: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk";
        const BULK_DELETE: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/delete";
        const BULK_GET: &str = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get";
        vec![
            Route::new("GET", LIST, READ, namespaces::list),
            Route::new("POST", LIST, WRITE, namespaces::create),
            Route::new("GET", ONE, READ, namespaces::get),
            Route::new("PUT", ONE, WRITE, namespaces::rename),
            Route::new("DELETE", ONE, WRITE, namespaces::delete),
            Route::new("GET", KEYS, READ, values::keys),
            Route::new("GET", VALUE, READ, values::get),
            Route::new("PUT", VALUE, WRITE, values::put),
            Route::new("DELETE", VALUE, WRITE, values::delete),
            Route::new("GET", METADATA, READ, values::metadata),
            Route::new("PUT", BULK, WRITE, bulk::put),
            Route::new("DELETE", BULK, WRITE, bulk::delete),
            Route::new("POST", BULK_DELETE, WRITE, bulk::delete),
            Route::new("POST", BULK_GET, READ, bulk::get),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        let mut statement = view.store.prepare("SELECT id, title, jurisdiction FROM kv_namespaces")?;
        let rows = statement.query_map([], |row| {
            let (id, name, jurisdiction) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Resource { kind: "namespace", name, id, jurisdiction })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The entries; whether one expires counts, its moment does not.
    fn content(&self, view: &mut View<'_>, namespace: &Resource) -> Result<Value, ErrorReply> {
        let entries = entry::all(view.store, &namespace.id, view.now())?;
        let entries = entries.iter().map(|(key, entry)| {
            json!([key, sha256_hex(&entry.value), entry.metadata, entry.expiration.is_some()])
        });
        Ok(entries.collect())
    }
}

/// No source names a code for a list parameter out of its bounds; this one is assumed.
fn bad_parameter(message: impl Into<String>) -> ErrorReply {
    ErrorReply::new(400, 10001, message)
}

fn invalid_body(message: &str) -> ErrorReply {
    ErrorReply::new(400, 10012, format!("invalid request body: {message}"))
}

#[cfg(test)]
mod tests;
