//! How the local account answers Vectorize, version 2 (docs/facts/vectorize.md).
//!
//! **Invariant:** an index is never updated: what it was created with is what it is.
//! **Invariant:** a metadata index sees only vectors that were written after it (VEC-6).

mod indexes;
mod metadata;
mod query;
mod vectors;

use crate::local::{ErrorReply, LocalService, PermissionGroup, Resource, Route, View};
use serde_json::{Value, json};

/// The Vectorize service of a local account.
pub struct Vectorize;

const READ: &str = "Vectorize Read";
const WRITE: &str = "Vectorize Write";

impl LocalService for Vectorize {
    fn name(&self) -> &'static str {
        "vectorize"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("1799edaae5db489294430e20d9b519e0", "Vectorize Read"),
                PermissionGroup::new("64156ba5be47441096c83c7fc17c488b", "Vectorize Write"),
            ]
        }
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE IF NOT EXISTS vectorize_indexes (
             name TEXT PRIMARY KEY, description TEXT NOT NULL, dimensions INTEGER NOT NULL, metric TEXT NOT NULL,
             created_on TEXT NOT NULL, modified_on TEXT NOT NULL,
             mutations INTEGER NOT NULL DEFAULT 0, mutation_id TEXT, mutated_on TEXT) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS vectorize_metadata_indexes (
             index_name TEXT NOT NULL REFERENCES vectorize_indexes ON DELETE CASCADE,
             property TEXT NOT NULL, type TEXT NOT NULL, mutation INTEGER NOT NULL,
             PRIMARY KEY (index_name, property)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS vectorize_vectors (
             index_name TEXT NOT NULL REFERENCES vectorize_indexes ON DELETE CASCADE,
             id TEXT NOT NULL, namespace TEXT, components TEXT NOT NULL, metadata TEXT NOT NULL,
             mutation INTEGER NOT NULL,
             PRIMARY KEY (index_name, id)) WITHOUT ROWID;"
    }

    fn routes(&self) -> Vec<Route> {
        const LIST: &str = "/accounts/{account_id}/vectorize/v2/indexes";
        const ONE: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}";
        const INFO: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/info";
        const INSERT: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/insert";
        const UPSERT: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/upsert";
        const QUERY: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/query";
        const GET_BY_IDS: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/get_by_ids";
        const DELETE_BY_IDS: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/delete_by_ids";
        const VECTORS: &str = "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/list";
        const METADATA_CREATE: &str =
            "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/create";
        const METADATA_LIST: &str =
            "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/list";
        const METADATA_DELETE: &str =
            "/accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/delete";
        vec![
            Route::new("GET", LIST, READ, indexes::list),
            Route::new("POST", LIST, WRITE, indexes::create),
            Route::new("GET", ONE, READ, indexes::get),
            Route::new("DELETE", ONE, WRITE, indexes::delete),
            Route::new("GET", INFO, READ, indexes::info),
            Route::new("POST", METADATA_CREATE, WRITE, metadata::create),
            Route::new("GET", METADATA_LIST, READ, metadata::list),
            Route::new("POST", METADATA_DELETE, WRITE, metadata::delete),
            Route::new("POST", INSERT, WRITE, vectors::insert),
            Route::new("POST", UPSERT, WRITE, vectors::upsert),
            Route::new("POST", GET_BY_IDS, READ, vectors::get_by_ids),
            Route::new("POST", DELETE_BY_IDS, WRITE, vectors::delete_by_ids),
            Route::new("GET", VECTORS, READ, vectors::list),
            Route::new("POST", QUERY, READ, query::query),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        let mut statement = view.store.prepare("SELECT name FROM vectorize_indexes")?;
        let rows = statement.query_map([], |row| {
            let name: String = row.get(0)?;
            Ok(Resource { kind: "index", id: name.clone(), name, jurisdiction: None })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn content(&self, view: &mut View<'_>, index: &Resource) -> Result<Value, ErrorReply> {
        let found = indexes::find(view.store, &index.name)?.ok_or_else(|| indexes::not_found(&index.name))?;
        let vectors = vectors::all(view.store, &index.name)?;
        let vectors: Vec<Value> = vectors
            .iter()
            .map(|vector| json!([vector.id, vector.namespace, vector.values, vector.metadata]))
            .collect();
        Ok(json!({
            "description": found.description, "dimensions": found.dimensions, "metric": found.metric,
            "metadata_indexes": metadata::all(view.store, &index.name)?, "vectors": vectors,
        }))
    }
}

/// No source names a code for a malformed body or a value out of bounds; this one is assumed.
fn invalid(message: impl std::fmt::Display) -> ErrorReply {
    ErrorReply::new(400, 1004, format!("vectorize.request.invalid - {message}"))
}

#[cfg(test)]
mod tests;
