//! Import and export: SQL files that pass by the account's own links, and answers that are polled
//! (Cloudflare API notes 6.5, 6.6).
//!
//! The first answer is already the last for what takes less than a second; else it is polled for. A poll of what is over
//! repeats the last answer.

use super::busy::{self, Kind, not_done};
use super::control::{body, type_name};
use super::databases::Databases;
use super::dump::{DumpOptions, dump};
use super::engine::{CutBy, Query};
use super::meta::Meta;
use super::record::{Record, invalid};
use super::transfers::md5_hex;
use crate::local::{Exchange, Failure, Reply};
use serde_json::{Map, Value, json};

/// `POST /d1/database/{uuid}/import`
pub(super) fn import(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    let now = exchange.view.now();
    let action = text(&body, "action")?;
    let transfers = &mut exchange.view.state::<Databases>()?.transfers;
    let busy = transfers.jobs.refusal(&record.uuid, now);
    let result = match (action, busy) {
        ("init" | "ingest", Some(words)) => not_done(&words),
        ("init", None) => begin(exchange, &record, text(&body, "etag")?)?,
        ("ingest", None) => ingest(exchange, &record, text(&body, "filename")?, text(&body, "etag")?)?,
        ("poll", _) => {
            let asked = transfers.jobs.ask(&record.uuid, Kind::Import, now);
            let last = asked.or_else(|| transfers.imports.get(&record.uuid).cloned());
            last.unwrap_or_else(|| not_done("Not currently importing anything."))
        }
        (other, _) => {
            let problem =
                format!("Invalid enum value. Expected 'init' | 'ingest' | 'poll', received '{other}'");
            return Err(invalid("action", &problem));
        }
    };
    Ok(Reply::ok(result))
}

/// `PUT` of a file that was announced.
pub(super) fn upload(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let bytes = exchange.request.body.clone();
    let file = exchange.parameter("file").to_owned();
    let Some(slot) = exchange.view.state::<Databases>()?.transfers.uploads.get_mut(&file) else {
        return Ok(Reply::raw(403, "text/plain", "unknown upload"));
    };
    let etag = md5_hex(&bytes);
    *slot = Some(bytes);
    Ok(Reply::raw(200, "text/plain", "").with_header("etag", &format!("\"{etag}\"")))
}

/// `POST /d1/database/{uuid}/export`
pub(super) fn export(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    if text(&body, "output_format")? != "polling" {
        return Err(invalid("output_format", "Invalid literal value, expected \"polling\""));
    }
    let options = dump_options(&body)?;
    let (now, base_url) = (exchange.view.now(), exchange.base_url());
    let rate = exchange.view.transfer_bytes_per_s;
    let databases = exchange.view.state::<Databases>()?;
    if let Some(answer) = databases.transfers.jobs.ask(&record.uuid, Kind::Export, now) {
        return Ok(Reply::ok(answer));
    }
    if let Some(words) = databases.transfers.jobs.refusal(&record.uuid, now) {
        return Ok(Reply::ok(not_done(&words)));
    }
    let engine = databases.engine(&record.uuid, now)?;
    let bookmark = engine.versions().bookmark();
    let answer = match dump(engine.connection(), &options) {
        Err(error) => failed("export", &bookmark, &error.to_string()),
        Ok(sql) => {
            let file = format!("{}.dump.sql", record.uuid);
            let signed_url = format!("{base_url}/local/d1/exports/{file}");
            let seconds = busy::seconds(sql.len(), rate);
            databases.transfers.exports.insert(file.clone(), sql);
            let answer = json!({
                "success": true, "type": "export", "status": "complete", "at_bookmark": bookmark,
                "messages": ["Generated export"], "error": null,
                "result": {"filename": file, "signed_url": signed_url},
            });
            databases.transfers.jobs.begin(&record.uuid, Kind::Export, seconds, &bookmark, answer, now)
        }
    };
    Ok(Reply::ok(answer))
}

/// `GET` of an exported file.
pub(super) fn download(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let file = exchange.parameter("file").to_owned();
    let sql = exchange.view.state::<Databases>()?.transfers.exports.get(&file);
    Ok(match sql {
        Some(sql) => {
            let etag = format!("\"{}\"", md5_hex(sql.as_bytes()));
            Reply::raw(200, "application/sql", sql.as_bytes()).with_header("etag", &etag)
        }
        None => Reply::raw(404, "text/plain", "unknown export"),
    })
}

/// Announces a file; one that is here already is taken in at once.
fn begin(exchange: &mut Exchange<'_>, record: &Record, etag: &str) -> Result<Value, Failure> {
    if etag.len() != 32 || !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid("etag", "Invalid"));
    }
    let file = format!("{}.{etag}.sql", record.uuid);
    let (now, base_url) = (exchange.view.now(), exchange.base_url());
    let databases = exchange.view.state::<Databases>()?;
    if databases.transfers.uploads.get(&file).is_some_and(Option::is_some) {
        return ingest(exchange, record, &file, etag);
    }
    databases.transfers.uploads.insert(file.clone(), None);
    let bookmark = databases.engine(&record.uuid, now)?.versions().bookmark();
    Ok(json!({
        "success": true, "type": "import", "at_bookmark": bookmark, "messages": [],
        "upload_url": format!("{base_url}/local/d1/uploads/{file}"), "filename": file,
    }))
}

/// Runs a file: all of it takes effect, or nothing.
fn ingest(exchange: &mut Exchange<'_>, record: &Record, file: &str, etag: &str) -> Result<Value, Failure> {
    let (now, rate) = (exchange.view.now(), exchange.view.transfer_bytes_per_s);
    let databases = exchange.view.state::<Databases>()?;
    let sql = databases.transfers.uploaded(file, etag);
    let engine = databases.engine(&record.uuid, now)?;
    let seconds = busy::seconds(sql.as_ref().map_or(0, String::len), rate);
    let before = engine.versions().bookmark();
    let query = |sql| Query { sql, params: Vec::new(), cut_by: CutBy::Sqlite };
    let outcome = sql.and_then(|sql| Ok(engine.run(&[query(sql)], now)?));
    let bookmark = engine.versions().bookmark();
    let (answer, changed) = match outcome {
        Ok(answered) => {
            let meta = answered.iter().map(|answered| answered.meta).reduce(Meta::then).unwrap_or_default();
            (complete(&bookmark, answered.len(), &meta.to_json(&record.region)), meta.changed_db)
        }
        Err(error) => (failed("import", &bookmark, &error.to_string()), false),
    };
    databases.transfers.imports.insert(record.uuid.clone(), answer.clone());
    let answer = databases.transfers.jobs.begin(&record.uuid, Kind::Import, seconds, &before, answer, now);
    if changed {
        exchange.mark_changed();
    }
    Ok(answer)
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
