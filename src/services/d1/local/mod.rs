//! D1 in the local account: a real SQLite database for each of Cloudflare's, with D1's restrictions and answers.
//!
//! **Invariant:** statements are told apart by SQLite's own tail pointer (SQL-2), never by the migrations' splitter; what D1's
//! splitter is known to break is refused as D1 refuses it.
//! **Invariant:** one call is one transaction; import and restore too are all or nothing.

mod authorizer;
mod busy;
mod content;
mod control;
mod databases;
mod dump;
mod engine;
mod failure;
mod functions;
mod leftovers;
mod meta;
mod query;
mod record;
mod rows;
mod splitter;
mod tables;
mod time_travel;
mod transfer;
mod transfers;
mod values;
mod versions;
mod window;

#[cfg(test)]
mod tests;

use crate::local::{ErrorReply, LocalService, PermissionGroup, Refusal, Resource, Route, View};
use databases::Databases;
use record::Record;
use rusqlite::Connection;
use serde_json::Value;
use std::any::Any;
use std::io;
use std::path::Path;
use versions::{KEPT_BYTES_MAX, KEPT_MAX};

/// The answer to a token that may not use D1 here (D1-26).
const FORBIDDEN: Refusal = Refusal {
    status: 403,
    code: 7403,
    message: "The given account is not valid or is not authorized to access this service",
};

/// The local half of D1.
pub struct D1;

impl LocalService for D1 {
    fn name(&self) -> &'static str {
        "d1"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("192192df92ee43ac90f2aeeffce67e35", "D1 Read"),
                PermissionGroup::new("09b2857d1c31407795e75e3fed8617a1", "D1 Write"),
            ]
        }
    }

    fn schema(&self) -> &'static str {
        record::SCHEMA
    }

    fn routes(&self) -> Vec<Route> {
        const ALL: &str = "/accounts/{account_id}/d1/database";
        const ONE: &str = "/accounts/{account_id}/d1/database/{database}";
        let read = |method, path, answer| Route::new(method, path, "D1 Read", answer).forbidding(FORBIDDEN);
        let write = |method, path, answer| Route::new(method, path, "D1 Write", answer).forbidding(FORBIDDEN);
        let apart = |method, path, permission, answer| {
            Route::apart(method, path, permission, answer).forbidding(FORBIDDEN)
        };
        vec![
            read("GET", ALL, control::list),
            write("POST", ALL, control::create),
            read("GET", ONE, control::get),
            write("PUT", ONE, control::replace),
            write("PATCH", ONE, control::patch),
            apart("DELETE", ONE, "D1 Write", control::delete),
            apart("POST", "/accounts/{account_id}/d1/database/{database}/query", "D1 Write", query::query),
            apart("POST", "/accounts/{account_id}/d1/database/{database}/raw", "D1 Write", query::raw),
            apart(
                "POST",
                "/accounts/{account_id}/d1/database/{database}/import",
                "D1 Write",
                transfer::import,
            ),
            apart(
                "POST",
                "/accounts/{account_id}/d1/database/{database}/export",
                "D1 Read",
                transfer::export,
            ),
            apart(
                "GET",
                "/accounts/{account_id}/d1/database/{database}/time_travel/bookmark",
                "D1 Read",
                time_travel::bookmark,
            ),
            apart(
                "POST",
                "/accounts/{account_id}/d1/database/{database}/time_travel/restore",
                "D1 Write",
                time_travel::restore,
            ),
            Route::upload("PUT", "/local/d1/uploads/{file}", transfer::upload),
            Route::public("GET", "/local/d1/exports/{file}", transfer::download),
        ]
    }

    fn open(&self, folder: Option<&Path>, store: &Connection) -> io::Result<Box<dyn Any + Send>> {
        let known = Record::uuids(store).map_err(io::Error::other)?;
        Ok(Box::new(Databases::new(folder, &known)?))
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        Ok(Record::all(view.store)?.into_iter().map(Record::resource).collect())
    }

    fn kept_beside(&self, view: &mut View<'_>) -> Result<Vec<String>, ErrorReply> {
        let (records, now) = (Record::all(view.store)?, view.now());
        let databases = view.state::<Databases>()?;
        let (mut copies, mut bytes, mut notes) = (0, 0, Vec::new());
        for record in records {
            let facts = databases.facts(&record.uuid, now)?;
            (copies, bytes) = (copies + facts.copies.count, bytes + facts.copies.bytes);
            notes.extend(facts.copies.unreadable.iter().map(|file| {
                format!(
                    "a Time Travel copy of the D1 database `{}` can't be read and is left out: `d1/{}/{file}`",
                    record.name, record.uuid
                )
            }));
        }
        let (plural, limit) = (if copies == 1 { "y" } else { "ies" }, KEPT_BYTES_MAX >> 20);
        let told = (copies > 0).then(|| {
            format!(
                "Time Travel keeps {copies} cop{plural} of D1 databases: {} (at most {KEPT_MAX} and {limit} MiB of each)",
                size_of(bytes)
            )
        });
        Ok(told.into_iter().chain(notes).collect())
    }

    fn content(&self, view: &mut View<'_>, resource: &Resource) -> Result<Value, ErrorReply> {
        let record = Record::by_uuid(view.store, &resource.id)?;
        let now = view.now();
        let engine = view.state::<Databases>()?.engine(&record.uuid, now)?;
        let engine = engine.lock();
        Ok(content::of(&record, engine.connection())?)
    }
}

/// `24 kB`, `1.5 MB`.
fn size_of(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
