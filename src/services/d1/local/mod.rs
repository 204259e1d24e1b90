//! D1 in the local account: a real SQLite database behind each of Cloudflare's, with what D1 forbids forbidden and what
//! it answers answered (Cloudflare API notes 6).
//!
//! **Invariant:** statements are told apart by SQLite's own tail pointer, never by the migrations' splitter; what D1's
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

#[cfg(test)]
mod tests;

use crate::local::{Failure, LocalService, PermissionGroup, Refusal, Resource, Route, View};
use databases::Databases;
use record::Record;
use serde_json::Value;
use std::any::Any;
use std::io;
use std::path::Path;
use versions::{KEPT_BYTES_MAX, KEPT_MAX};

/// The answer to a token that may not use D1 here (Cloudflare API notes 6.4).
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
        vec![
            read("GET", ALL, control::list),
            write("POST", ALL, control::create),
            read("GET", ONE, control::get),
            write("PUT", ONE, control::replace),
            write("PATCH", ONE, control::patch),
            write("DELETE", ONE, control::delete),
            write("POST", "/accounts/{account_id}/d1/database/{database}/query", query::query),
            write("POST", "/accounts/{account_id}/d1/database/{database}/raw", query::raw),
            write("POST", "/accounts/{account_id}/d1/database/{database}/import", transfer::import),
            read("POST", "/accounts/{account_id}/d1/database/{database}/export", transfer::export),
            read(
                "GET",
                "/accounts/{account_id}/d1/database/{database}/time_travel/bookmark",
                time_travel::bookmark,
            ),
            write(
                "POST",
                "/accounts/{account_id}/d1/database/{database}/time_travel/restore",
                time_travel::restore,
            ),
            Route::public("PUT", "/local/d1/uploads/{file}", transfer::upload),
            Route::public("GET", "/local/d1/exports/{file}", transfer::download),
        ]
    }

    fn open(&self, folder: Option<&Path>) -> io::Result<Box<dyn Any + Send>> {
        Ok(Box::new(Databases::new(folder)))
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, Failure> {
        Ok(Record::all(view.store)?.into_iter().map(Record::resource).collect())
    }

    fn kept_beside(&self, view: &mut View<'_>) -> Result<Option<String>, Failure> {
        let (records, now) = (Record::all(view.store)?, view.now());
        let databases = view.state::<Databases>()?;
        let (mut copies, mut bytes) = (0, 0);
        for record in records {
            let (more, size) = databases.look(&record.uuid, now, |engine| engine.versions().copies())?;
            (copies, bytes) = (copies + more, bytes + size);
        }
        let (plural, limit) = (if copies == 1 { "y" } else { "ies" }, KEPT_BYTES_MAX >> 20);
        Ok((copies > 0).then(|| {
            format!(
                "Time Travel keeps {copies} cop{plural} of D1 databases: {} (at most {KEPT_MAX} and {limit} MiB of each)",
                size_of(bytes)
            )
        }))
    }

    fn content(&self, view: &mut View<'_>, resource: &Resource) -> Result<Value, Failure> {
        let record = Record::by_uuid(view.store, &resource.id)?;
        let now = view.now();
        let engine = view.state::<Databases>()?.engine(&record.uuid, now)?;
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
