//! Import and export: SQL files through the account's own links, and answers that are polled (D1-22, D1-23).
//!
//! The first answer is already the last for what takes less than a second; else it is polled for. A poll of what is over
//! repeats the last answer.

use super::busy::{self, TransferKind, not_done};
use super::control::{body, type_name};
use super::databases::{Databases, internal};
use super::dump::{DumpError, DumpOptions, dump};
use super::engine::{Engine, Imported};
use super::record::{Record, invalid};
use super::transfers::{Transferred, Transfers};
use crate::local::{DeferredResult, DeferredWork, ErrorReply, Exchange, Reply};
use crate::system::files::{Source, Spool};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

/// Of an export, so much goes to the disk at once.
const BUFFER_BYTES: usize = 64 << 10;

/// `POST /d1/database/{uuid}/import`
pub(super) fn import(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    let step = match text(&body, "action")? {
        "init" => ImportStep::Init { etag: etag(&body)? },
        "ingest" => ImportStep::Ingest {
            file: text(&body, "filename")?.to_owned(),
            etag: text(&body, "etag")?.to_owned(),
        },
        "poll" => ImportStep::Poll,
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
    Ok(DeferredWork::on(engine, move |engine| {
        let (result, changed) = importing.step(engine, step);
        Ok(DeferredResult { reply: Reply::ok(result), changed })
    }))
}

/// What is asked of an import.
enum ImportStep {
    Init {
        etag: String,
    },
    Ingest {
        file: String,
        etag: String,
    },
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
    fn step(&self, engine: &mut Engine, step: ImportStep) -> (Value, bool) {
        let mut transfers = self.transfers.lock();
        let busy = transfers.jobs.refusal(&self.uuid, self.now);
        match (step, busy) {
            (ImportStep::Init { .. } | ImportStep::Ingest { .. }, Some(words)) => (not_done(&words), false),
            (ImportStep::Init { etag }, None) => {
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
            (ImportStep::Ingest { file, etag }, None) => {
                drop(transfers);
                self.ingest(engine, &file, &etag)
            }
            (ImportStep::Poll, _) => {
                let asked = transfers.jobs.ask(&self.uuid, TransferKind::Import, self.now);
                let last = asked.or_else(|| transfers.imports.get(&self.uuid).cloned());
                (last.unwrap_or_else(|| not_done("Not currently importing anything.")), false)
            }
        }
    }

    /// Runs a file: all of it takes effect, or nothing.
    fn ingest(&self, engine: &mut Engine, file: &str, etag: &str) -> (Value, bool) {
        let text = self.transfers.lock().uploaded(file, etag);
        let seconds = busy::seconds(text.as_ref().map_or(0, |text| text.bytes()), self.rate);
        let before = engine.versions().bookmark();
        let outcome = text.and_then(|text| engine.import(&mut text.reader(), self.now));
        let bookmark = engine.versions().bookmark();
        let (answer, changed) = match outcome {
            Ok(Imported { queries, meta }) => {
                (complete(&bookmark, queries, &meta.to_json(&self.region)), meta.changed_db)
            }
            Err(error) => (failed("import", &bookmark, &error.to_string()), false),
        };
        let mut transfers = self.transfers.lock();
        transfers.imports.insert(self.uuid.clone(), answer.clone());
        (transfers.jobs.begin(&self.uuid, TransferKind::Import, seconds, &before, answer, self.now), changed)
    }
}

/// `PUT` of a file that was announced.
pub(super) fn upload(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    let request = exchange.request;
    let file = request.file.clone().unwrap_or_else(|| Arc::new(Source::of_bytes(request.body.clone())));
    let name = exchange.parameter("file").to_owned();
    let transfers = exchange.view.state::<Databases>()?.transfers.clone();
    // Nothing is held while the file is read.
    Ok(DeferredWork::on(Arc::default(), move |(): &mut ()| {
        let uploaded = Transferred::of(file).map_err(internal)?;
        let etag = format!("\"{}\"", uploaded.etag);
        let reply = match transfers.lock().uploads.get_mut(&name) {
            None => Reply::raw(403, "text/plain", "unknown upload"),
            Some(slot) => {
                *slot = Some(uploaded);
                Reply::raw(200, "text/plain", "").with_header("etag", &etag)
            }
        };
        Ok(DeferredResult::unchanged(reply))
    }))
}

/// `POST /d1/database/{uuid}/export`
pub(super) fn export(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    if text(&body, "output_format")? != "polling" {
        return Err(invalid("output_format", "Invalid literal value, expected \"polling\""));
    }
    let options = dump_options(&body)?;
    let (now, base_url) = (exchange.view.now(), exchange.base_url());
    let (rate, folder) = (exchange.view.transfer_bytes_per_s, exchange.view.folder.map(Path::to_owned));
    let databases = exchange.view.state::<Databases>()?;
    let (engine, transfers, uuid) =
        (databases.engine(&record.uuid, now)?, databases.transfers.clone(), record.uuid);
    Ok(DeferredWork::on(engine, move |engine| {
        let unchanged = |answer| Ok(DeferredResult::unchanged(Reply::ok(answer)));
        let asked = {
            let mut transfers = transfers.lock();
            let asked = transfers.jobs.ask(&uuid, TransferKind::Export, now);
            asked.or_else(|| transfers.jobs.refusal(&uuid, now).map(|words| not_done(&words)))
        };
        if let Some(answer) = asked {
            return unchanged(answer);
        }
        let bookmark = engine.versions().bookmark();
        let exported = match written(engine, &options, folder.as_deref()) {
            Ok(exported) => exported,
            Err(error) => return unchanged(failed("export", &bookmark, &error.to_string())),
        };
        let file = format!("{uuid}.dump.sql");
        let signed_url = format!("{base_url}/local/d1/exports/{file}");
        let seconds = busy::seconds(exported.file.bytes(), rate);
        let answer = json!({
            "success": true, "type": "export", "status": "complete", "at_bookmark": bookmark,
            "messages": ["Generated export"], "error": null,
            "result": {"filename": file, "signed_url": signed_url},
        });
        let mut transfers = transfers.lock();
        transfers.exports.insert(file, exported);
        unchanged(transfers.jobs.begin(&uuid, TransferKind::Export, seconds, &bookmark, answer, now))
    }))
}

/// Writes a database to the disk of the account, or into memory where it has none.
fn written(engine: &Engine, options: &DumpOptions, folder: Option<&Path>) -> Result<Transferred, DumpError> {
    let file = match folder {
        None => {
            let mut bytes = Vec::new();
            dump(engine.connection(), options, &mut bytes)?;
            Source::of_bytes(bytes)
        }
        Some(folder) => {
            let mut file = BufWriter::with_capacity(BUFFER_BYTES, Spool::within(folder)?);
            dump(engine.connection(), options, &mut file)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?
        }
    };
    Ok(Transferred::of(Arc::new(file))?)
}

/// `GET` of an exported file.
pub(super) fn download(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let file = exchange.parameter("file").to_owned();
    let transfers = exchange.view.state::<Databases>()?.transfers.clone();
    let transfers = transfers.lock();
    Ok(match transfers.exports.get(&file) {
        Some(Transferred { file, etag }) => {
            Reply::file("application/sql", file).with_header("etag", &format!("\"{etag}\""))
        }
        None => Reply::raw(404, "text/plain", "unknown export"),
    })
}

fn etag(body: &Map<String, Value>) -> Result<String, ErrorReply> {
    let etag = text(body, "etag")?;
    if etag.len() != 32 || !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid("etag", "Invalid"));
    }
    Ok(etag.to_owned())
}

fn complete(bookmark: &str, queries: u64, meta: &Value) -> Value {
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

fn dump_options(body: &Map<String, Value>) -> Result<DumpOptions, ErrorReply> {
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

fn text<'a>(body: &'a Map<String, Value>, field: &str) -> Result<&'a str, ErrorReply> {
    match body.get(field) {
        Some(Value::String(text)) => Ok(text),
        None => Err(invalid(field, "Required")),
        Some(other) => Err(invalid(field, &format!("Expected string, received {}", type_name(other)))),
    }
}
