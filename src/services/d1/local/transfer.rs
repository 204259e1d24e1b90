//! Import and export: SQL files that pass by the account's own links, and answers that are polled
//! (Cloudflare API notes 6.5, 6.6).
//!
//! The first answer is already the last for what takes less than a second; else it is polled for. A poll of what is over
//! repeats the last answer.

use super::busy::{self, Kind, not_done};
use super::control::{body, type_name};
use super::databases::{Databases, held};
use super::dump::{DumpOptions, dump};
use super::engine::{CutBy, Engine, Query};
use super::meta::Meta;
use super::record::{Record, invalid};
use super::transfers::{Transfers, md5_hex};
use crate::local::{Apart, Exchange, Failure, Reply, Worked};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

/// `POST /d1/database/{uuid}/import`
pub(super) fn import(exchange: &mut Exchange<'_>) -> Result<Apart, Failure> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    let step = match text(&body, "action")? {
        "init" => Step::Init { etag: etag(&body)? },
        "ingest" => {
            Step::Ingest { file: text(&body, "filename")?.to_owned(), etag: text(&body, "etag")?.to_owned() }
        }
        "poll" => Step::Poll,
        other => {
            let problem =
                format!("Invalid enum value. Expected 'init' | 'ingest' | 'poll', received '{other}'");
            return Err(invalid("action", &problem));
        }
    };
    let importing = Importing {
        uuid: record.uuid,
        region: record.region,
        base_url: exchange.base_url(),
        rate: exchange.view.transfer_bytes_per_s,
        now: exchange.view.now(),
        transfers: exchange.view.state::<Databases>()?.transfers.clone(),
    };
    let engine = exchange.view.state::<Databases>()?.engine(&importing.uuid, importing.now)?;
    Ok(Apart::on(engine, move |engine| {
        let (result, changed) = importing.step(engine, step);
        Ok(Worked { reply: Reply::ok(result), changed })
    }))
}

/// What is asked of an import.
enum Step {
    /// Announce a file.
    Init { etag: String },
    /// Run it.
    Ingest { file: String, etag: String },
    /// Say how it stands.
    Poll,
}

/// An import into one database.
struct Importing {
    uuid: String,
    region: String,
    base_url: String,
    rate: Option<u64>,
    now: Timestamp,
    transfers: Arc<Mutex<Transfers>>,
}

impl Importing {
    /// The answer, and whether the database has changed.
    fn step(&self, engine: &mut Engine, step: Step) -> (Value, bool) {
        let mut transfers = held(&self.transfers);
        let busy = transfers.jobs.refusal(&self.uuid, self.now);
        match (step, busy) {
            (Step::Init { .. } | Step::Ingest { .. }, Some(words)) => (not_done(&words), false),
            (Step::Init { etag }, None) => {
                let file = format!("{}.{etag}.sql", self.uuid);
                if transfers.uploads.get(&file).is_some_and(Option::is_some) {
                    drop(transfers);
                    return self.ingest(engine, &file, &etag);
                }
                transfers.uploads.insert(file.clone(), None);
                let begun = json!({
                    "success": true, "type": "import", "at_bookmark": engine.versions().bookmark(), "messages": [],
                    "upload_url": format!("{}/local/d1/uploads/{file}", self.base_url), "filename": file,
                });
                (begun, false)
            }
            (Step::Ingest { file, etag }, None) => {
                drop(transfers);
                self.ingest(engine, &file, &etag)
            }
            (Step::Poll, _) => {
                let asked = transfers.jobs.ask(&self.uuid, Kind::Import, self.now);
                let last = asked.or_else(|| transfers.imports.get(&self.uuid).cloned());
                (last.unwrap_or_else(|| not_done("Not currently importing anything.")), false)
            }
        }
    }

    /// Runs a file: all of it takes effect, or nothing.
    fn ingest(&self, engine: &mut Engine, file: &str, etag: &str) -> (Value, bool) {
        let sql = held(&self.transfers).uploaded(file, etag);
        let seconds = busy::seconds(sql.as_ref().map_or(0, String::len), self.rate);
        let before = engine.versions().bookmark();
        let query = |sql| Query { sql, params: Vec::new(), cut_by: CutBy::Sqlite };
        let outcome = sql.and_then(|sql| Ok(engine.run(&[query(sql)], self.now)?));
        let bookmark = engine.versions().bookmark();
        let (answer, changed) = match outcome {
            Ok(answered) => {
                let meta =
                    answered.iter().map(|answered| answered.meta).reduce(Meta::then).unwrap_or_default();
                (complete(&bookmark, answered.len(), &meta.to_json(&self.region)), meta.changed_db)
            }
            Err(error) => (failed("import", &bookmark, &error.to_string()), false),
        };
        let mut transfers = held(&self.transfers);
        transfers.imports.insert(self.uuid.clone(), answer.clone());
        (transfers.jobs.begin(&self.uuid, Kind::Import, seconds, &before, answer, self.now), changed)
    }
}

/// `PUT` of a file that was announced.
pub(super) fn upload(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let bytes = exchange.request.body.clone();
    let file = exchange.parameter("file").to_owned();
    let transfers = exchange.view.state::<Databases>()?.transfers.clone();
    let mut transfers = held(&transfers);
    let Some(slot) = transfers.uploads.get_mut(&file) else {
        return Ok(Reply::raw(403, "text/plain", "unknown upload"));
    };
    let etag = md5_hex(&bytes);
    *slot = Some(bytes);
    Ok(Reply::raw(200, "text/plain", "").with_header("etag", &format!("\"{etag}\"")))
}

/// `POST /d1/database/{uuid}/export`
pub(super) fn export(exchange: &mut Exchange<'_>) -> Result<Apart, Failure> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    if text(&body, "output_format")? != "polling" {
        return Err(invalid("output_format", "Invalid literal value, expected \"polling\""));
    }
    let options = dump_options(&body)?;
    let (now, base_url) = (exchange.view.now(), exchange.base_url());
    let rate = exchange.view.transfer_bytes_per_s;
    let databases = exchange.view.state::<Databases>()?;
    let (engine, transfers, uuid) =
        (databases.engine(&record.uuid, now)?, databases.transfers.clone(), record.uuid);
    Ok(Apart::on(engine, move |engine| {
        let unchanged = |answer| Ok(Worked::unchanged(Reply::ok(answer)));
        let asked = {
            let mut transfers = held(&transfers);
            let asked = transfers.jobs.ask(&uuid, Kind::Export, now);
            asked.or_else(|| transfers.jobs.refusal(&uuid, now).map(|words| not_done(&words)))
        };
        if let Some(answer) = asked {
            return unchanged(answer);
        }
        let bookmark = engine.versions().bookmark();
        let sql = match dump(engine.connection(), &options) {
            Ok(sql) => sql,
            Err(error) => return unchanged(failed("export", &bookmark, &error.to_string())),
        };
        let file = format!("{uuid}.dump.sql");
        let signed_url = format!("{base_url}/local/d1/exports/{file}");
        let seconds = busy::seconds(sql.len(), rate);
        let answer = json!({
            "success": true, "type": "export", "status": "complete", "at_bookmark": bookmark,
            "messages": ["Generated export"], "error": null,
            "result": {"filename": file, "signed_url": signed_url},
        });
        let mut transfers = held(&transfers);
        transfers.exports.insert(file, sql);
        unchanged(transfers.jobs.begin(&uuid, Kind::Export, seconds, &bookmark, answer, now))
    }))
}

/// `GET` of an exported file.
pub(super) fn download(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let file = exchange.parameter("file").to_owned();
    let transfers = exchange.view.state::<Databases>()?.transfers.clone();
    let transfers = held(&transfers);
    Ok(match transfers.exports.get(&file) {
        Some(sql) => {
            let etag = format!("\"{}\"", md5_hex(sql.as_bytes()));
            Reply::raw(200, "application/sql", sql.as_bytes()).with_header("etag", &etag)
        }
        None => Reply::raw(404, "text/plain", "unknown export"),
    })
}

fn etag(body: &Map<String, Value>) -> Result<String, Failure> {
    let etag = text(body, "etag")?;
    if etag.len() != 32 || !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid("etag", "Invalid"));
    }
    Ok(etag.to_owned())
}

fn complete(bookmark: &str, queries: usize, meta: &Value) -> Value {
    json!({
        "success": true, "type": "import", "status": "complete", "at_bookmark": bookmark,
        "messages": [format!("Processed {queries} queries.")], "errors": [],
        "result": {"final_bookmark": bookmark, "num_queries": queries, "meta": meta},
    })
}

fn failed(kind: &str, bookmark: &str, problem: &str) -> Value {
    json!({
        "success": true, "type": kind, "status": "error", "at_bookmark": bookmark, "messages": [],
        "errors": [problem], "error": problem,
    })
}

fn dump_options(body: &Map<String, Value>) -> Result<DumpOptions, Failure> {
    let options = match body.get("dump_options") {
        None | Some(Value::Null) => return Ok(DumpOptions::default()),
        Some(Value::Object(options)) => options,
        Some(other) => {
            let problem = format!("Expected object, received {}", type_name(other));
            return Err(invalid("dump_options", &problem));
        }
    };
    let is_set = |key: &str| options.get(key).and_then(Value::as_bool).unwrap_or_default();
    let tables = options.get("tables").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(DumpOptions {
        no_schema: is_set("no_schema"),
        no_data: is_set("no_data"),
        tables: tables.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

fn text<'a>(body: &'a Map<String, Value>, field: &str) -> Result<&'a str, Failure> {
    match body.get(field) {
        Some(Value::String(text)) => Ok(text),
        None => Err(invalid(field, "Required")),
        Some(other) => Err(invalid(field, &format!("Expected string, received {}", type_name(other)))),
    }
}
