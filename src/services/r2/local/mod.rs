//! How the local account answers R2 (Cloudflare API notes 3).
//!
//! **Invariant:** the jurisdiction is part of a bucket's key; a call that names none sees the default one only.

mod buckets;
mod listing;
mod managed;
mod objects;
mod rules;

use crate::local::{Exchange, Failure, LocalService, PermissionGroup, Resource, Route, View};
use rusqlite::params;
use serde_json::{Value, json};

/// The R2 service of a local account.
pub struct R2;

const READ: &str = "Workers R2 Storage Read";
const WRITE: &str = "Workers R2 Storage Write";
const STORAGE_CLASSES: [&str; 2] = ["Standard", "InfrequentAccess"];
const JURISDICTIONS: [&str; 5] = ["default", "eu", "us", "fedramp", "fedramp-high"];

impl LocalService for R2 {
    fn name(&self) -> &'static str {
        "r2"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("b4992e1108244f5d8bfbd5744320c2e1", "Workers R2 Storage Read"),
                PermissionGroup::new("bf7481a1826f439697cb59a20b22293e", "Workers R2 Storage Write"),
                PermissionGroup::new(
                    "6a018a9f2fc74eb6b293b0c548f38b39",
                    "Workers R2 Storage Bucket Item Read",
                ),
                PermissionGroup::new(
                    "2efd5506f9c8494dacb1fa10a3e7d5b6",
                    "Workers R2 Storage Bucket Item Write",
                ),
            ]
        }
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE IF NOT EXISTS r2_buckets (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL, creation_date TEXT NOT NULL,
             location TEXT NOT NULL, storage_class TEXT NOT NULL,
             PRIMARY KEY (jurisdiction, name)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS r2_locations (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL, location TEXT NOT NULL,
             PRIMARY KEY (jurisdiction, name)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS r2_public (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL,
             PRIMARY KEY (jurisdiction, name),
             FOREIGN KEY (jurisdiction, name) REFERENCES r2_buckets ON DELETE CASCADE) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS r2_rules (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, rules TEXT NOT NULL,
             PRIMARY KEY (jurisdiction, name, kind),
             FOREIGN KEY (jurisdiction, name) REFERENCES r2_buckets ON DELETE CASCADE) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS r2_objects (
             jurisdiction TEXT NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL,
             etag TEXT NOT NULL, version TEXT NOT NULL, uploaded TEXT NOT NULL, storage_class TEXT NOT NULL,
             http_metadata TEXT NOT NULL,
             PRIMARY KEY (jurisdiction, bucket, key),
             FOREIGN KEY (jurisdiction, bucket) REFERENCES r2_buckets) WITHOUT ROWID;"
    }

    fn routes(&self) -> Vec<Route> {
        const LIST: &str = "/accounts/{account_id}/r2/buckets";
        const ONE: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}";
        const MANAGED: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/domains/managed";
        const LIFECYCLE: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/lifecycle";
        const CORS: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/cors";
        const OBJECTS: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/objects";
        const OBJECT: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/objects/{*object_key}";
        vec![
            Route::new("GET", LIST, READ, buckets::list),
            Route::new("POST", LIST, WRITE, buckets::create),
            Route::new("GET", ONE, READ, buckets::get),
            Route::new("PATCH", ONE, WRITE, buckets::update),
            Route::new("DELETE", ONE, WRITE, buckets::delete),
            Route::new("GET", MANAGED, READ, managed::get),
            Route::new("PUT", MANAGED, WRITE, managed::put),
            Route::new("GET", LIFECYCLE, READ, rules::lifecycle),
            Route::new("PUT", LIFECYCLE, WRITE, rules::put_lifecycle),
            Route::new("GET", CORS, READ, rules::cors),
            Route::new("PUT", CORS, WRITE, rules::put_cors),
            Route::new("DELETE", CORS, WRITE, rules::delete_cors),
            Route::new("GET", OBJECTS, READ, listing::list),
            Route::new("DELETE", OBJECTS, WRITE, objects::delete_several),
            Route::new("GET", OBJECT, READ, objects::get),
            Route::new("PUT", OBJECT, WRITE, objects::put),
            Route::new("DELETE", OBJECT, WRITE, objects::delete),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, Failure> {
        let mut statement = view.store.prepare("SELECT name, jurisdiction FROM r2_buckets")?;
        let rows = statement.query_map([], |row| {
            let (name, jurisdiction): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Resource { kind: "bucket", id: name.clone(), name, jurisdiction: Some(jurisdiction) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn content(&self, view: &mut View<'_>, bucket: &Resource) -> Result<Value, Failure> {
        let key = params![bucket.jurisdiction, bucket.name];
        let fields = view.store.query_row(
            "SELECT location, storage_class,
                 EXISTS (SELECT 1 FROM r2_public WHERE jurisdiction = ?1 AND name = ?2)
             FROM r2_buckets WHERE jurisdiction = ?1 AND name = ?2",
            key,
            |row| {
                let (location, class): (String, String) = (row.get(0)?, row.get(1)?);
                let is_public: bool = row.get(2)?;
                Ok(json!({"location": location, "storage_class": class, "is_public": is_public}))
            },
        )?;
        let mut statement = view.store.prepare(
            "SELECT key, etag, storage_class, http_metadata FROM r2_objects
             WHERE jurisdiction = ?1 AND bucket = ?2 ORDER BY key",
        )?;
        let objects = statement
            .query_map(key, |row| {
                let text = |at| row.get::<_, String>(at);
                Ok(json!([text(0)?, text(1)?, text(2)?, text(3)?]))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let mut content = json!({"bucket": fields, "objects": objects});
        let mut statement = view.store.prepare(
            "SELECT kind, rules FROM r2_rules WHERE jurisdiction = ?1 AND name = ?2 ORDER BY kind",
        )?;
        let mut rules = statement.query(key)?;
        while let Some(row) = rules.next()? {
            content[row.get::<_, String>(0)?] = row.get::<_, String>(1)?.into();
        }
        Ok(content)
    }
}

/// The jurisdiction that a request names in its header, the default one otherwise.
fn jurisdiction(exchange: &Exchange<'_>) -> Result<&'static str, Failure> {
    known_jurisdiction(exchange.request.header("cf-r2-jurisdiction").unwrap_or("default"))
}

fn known_jurisdiction(name: &str) -> Result<&'static str, Failure> {
    JURISDICTIONS
        .into_iter()
        .find(|known| *known == name)
        // No source names the code; this one is assumed.
        .ok_or_else(|| Failure::new(400, 10040, format!("The jurisdiction specified is not valid: {name}")))
}

#[cfg(test)]
mod tests;
