//! How the local account answers R2 (docs/facts/r2.md).
//!
//! **Invariant:** the jurisdiction is part of a bucket's key; a call that names none sees the default one only.

mod buckets;
mod content;
mod custom;
mod listing;
mod managed;
mod metrics;
mod notifications;
mod objects;
mod part;
mod rules;
mod sippy;

use crate::local::{ErrorReply, Exchange, LocalService, PermissionGroup, Resource, Route, View};
use serde_json::Value;

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
         CREATE TABLE IF NOT EXISTS r2_domains (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL, domain TEXT NOT NULL PRIMARY KEY, settings TEXT NOT NULL,
             FOREIGN KEY (jurisdiction, name) REFERENCES r2_buckets ON DELETE CASCADE) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS r2_sippy (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
             PRIMARY KEY (jurisdiction, name),
             FOREIGN KEY (jurisdiction, name) REFERENCES r2_buckets ON DELETE CASCADE) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS r2_notifications (
             jurisdiction TEXT NOT NULL, name TEXT NOT NULL, queue_id TEXT NOT NULL,
             rule_id TEXT NOT NULL UNIQUE, settings TEXT NOT NULL,
             FOREIGN KEY (jurisdiction, name) REFERENCES r2_buckets);
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
        const CUSTOM: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/domains/custom";
        const DOMAIN: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/domains/custom/{domain}";
        const LIFECYCLE: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/lifecycle";
        const CORS: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/cors";
        const LOCK: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/lock";
        const SIPPY: &str = "/accounts/{account_id}/r2/buckets/{bucket_name}/sippy";
        const EVENTS: &str = "/accounts/{account_id}/event_notifications/r2/{bucket_name}/configuration";
        const QUEUE: &str =
            "/accounts/{account_id}/event_notifications/r2/{bucket_name}/configuration/queues/{queue_id}";
        const METRICS: &str = "/accounts/{account_id}/r2/metrics";
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
            Route::new("GET", CUSTOM, READ, custom::list),
            Route::new("POST", CUSTOM, WRITE, custom::add),
            Route::new("GET", DOMAIN, READ, custom::get),
            Route::new("PUT", DOMAIN, WRITE, custom::update),
            Route::new("DELETE", DOMAIN, WRITE, custom::delete),
            Route::new("GET", LIFECYCLE, READ, rules::lifecycle),
            Route::new("PUT", LIFECYCLE, WRITE, rules::put_lifecycle),
            Route::new("GET", CORS, READ, rules::cors),
            Route::new("PUT", CORS, WRITE, rules::put_cors),
            Route::new("DELETE", CORS, WRITE, rules::delete_cors),
            Route::new("GET", LOCK, READ, rules::lock),
            Route::new("PUT", LOCK, WRITE, rules::put_lock),
            Route::new("GET", SIPPY, READ, sippy::get),
            Route::new("PUT", SIPPY, WRITE, sippy::put),
            Route::new("DELETE", SIPPY, WRITE, sippy::delete),
            Route::new("GET", EVENTS, READ, notifications::list),
            Route::new("GET", QUEUE, READ, notifications::get),
            Route::new("PUT", QUEUE, WRITE, notifications::put),
            Route::new("DELETE", QUEUE, WRITE, notifications::delete),
            Route::new("GET", METRICS, READ, metrics::get),
            Route::new("GET", OBJECTS, READ, listing::list),
            Route::new("DELETE", OBJECTS, WRITE, objects::delete_several),
            Route::new("GET", OBJECT, READ, objects::get),
            Route::new("PUT", OBJECT, WRITE, objects::put),
            Route::new("DELETE", OBJECT, WRITE, objects::delete),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        let mut statement = view.store.prepare("SELECT name, jurisdiction FROM r2_buckets")?;
        let rows = statement.query_map([], |row| {
            let (name, jurisdiction): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Resource { kind: "bucket", id: name.clone(), name, jurisdiction: Some(jurisdiction) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn content(&self, view: &mut View<'_>, bucket: &Resource) -> Result<Value, ErrorReply> {
        content::content(view, bucket)
    }
}

/// The jurisdiction that a request names in its header, the default one otherwise.
fn jurisdiction(exchange: &Exchange<'_>) -> Result<&'static str, ErrorReply> {
    let name = exchange.request.header("cf-r2-jurisdiction").unwrap_or("default");
    JURISDICTIONS
        .into_iter()
        .find(|known| *known == name)
        // No source names the code; this one is assumed.
        .ok_or_else(|| {
            ErrorReply::new(400, 10040, format!("The jurisdiction specified is not valid: {name}"))
        })
}

#[cfg(test)]
mod tests;
