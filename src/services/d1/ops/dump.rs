//! `dump`: writes a database as a file of SQL that can be loaded into the project's folder.
//!
//! **Invariant:** the file is absent, old, or complete and new.

mod ledgers;
mod names;
mod sections;
#[cfg(test)]
mod tests;
mod values;

use super::super::api::transfer::{self, ExportFile, ExportFilter};
use crate::events::{Action, Event};
use crate::http::{self, ReadError};
use crate::op::{Call, Context, Failure, Mode, OpResult, OptionMap, StartedOp, Value};
use crate::reconcile::Placeholders;
use crate::system::files;
use ledgers::LedgerFilter;
use schemars::JsonSchema;
use sections::{DumpResult, arrange};
use serde::Deserialize;
use serde_json::json;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Options of `dump`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct DumpOptions {
    /// Whether tables, indexes, triggers and views are in it; `true` when left out.
    schema: Option<bool>,
    /// Whether rows are in it; `true` when left out.
    data: Option<bool>,
    /// The tables to write, each without its indexes and triggers; everything when left out.
    tables: Option<Vec<String>>,
    /// Whether the ledgers of migrations, wrangler's and Larder's, are in it; `false` when left out, but for those that
    /// `tables` names.
    ledgers: Option<bool>,
}

impl OptionMap for DumpOptions {}

pub(super) fn dump(call: Call, (file,): (String,), options: DumpOptions) -> Result<StartedOp, Failure> {
    let keeps_ledgers = options.ledgers == Some(true);
    let part = ExportFilter {
        no_schema: options.schema == Some(false),
        no_data: options.data == Some(false),
        tables: options.tables.unwrap_or_default(),
    };
    if part.no_schema && part.no_data {
        return Err(Failure::refused("option", "a dump without `schema` and without `data` is empty"));
    }
    let path = place(&call.context, &file)?;
    if let Some(writer) = call.context.files.writer(&path) {
        let why = format!("this run writes it already, at {}", writer.at);
        return Err(not_written(&file, &why, "each dump of a run needs a file of its own"));
    }
    let (context, writes) = (call.context, Some(path.clone()));
    let started = StartedOp::on("d1", super::receiver(call.receiver)?, move |database| async move {
        let (id, name) = (database.text("id"), database.text("name"));
        let value = |bytes: u64| Value::from(json!({ "id": id, "name": name, "file": file, "bytes": bytes }));
        // An export closes the database for its time, which a plan must not.
        let is_kept = context.mode == Mode::Apply && !context.run.writes_no_file;
        if !is_kept || context.extension::<Placeholders>().contains(id) {
            let notes = vec![format!("`{file}` would be written")];
            return Ok(OpResult { notes, action: Some(Action::Write), ..OpResult::unchanged(value(0)) });
        }
        let op = http::current_scope().op;
        let tell = |message: String| context.events.emit(Event::Progress { op, message });
        let of_read = |error| Failure::of_read(name, error);
        let is_asked = !part.tables.is_empty() || (part.no_schema && !keeps_ledgers);
        let entries =
            if is_asked { names::entries(&context.client, id).await.map_err(of_read)? } else { Vec::new() };
        names::check(&part, name, &entries)?;
        let ledgers = if keeps_ledgers {
            LedgerFilter::Keep
        } else {
            // A dump of rows does not say what a table is.
            let tables = entries.into_iter().filter(|entry| part.no_schema && entry.is_table);
            let tables = tables.map(|entry| (entry.name, entry.sql)).collect();
            LedgerFilter::LeaveOut { but: part.tables.clone(), tables }
        };
        let as_it_was = |error: &io::Error| {
            not_written(&file, &error.to_string(), "the file is as it was; run again where it can be written")
        };
        let kept = ExportFile::within(path.parent().unwrap_or(&path)).map_err(|error| as_it_was(&error))?;
        let kept = Arc::new(kept);
        match transfer::export(&context.client, id, &part, &kept, &tell).await {
            Ok(()) => {}
            Err(ReadError::Rejected(error)) if !error.is_denied() && !error.is_gone() => {
                let entries = names::entries(&context.client, id).await.unwrap_or_default();
                let hint = names::without_virtual(&entries);
                return Err(Failure::Rejected { resource: name.to_owned(), error: Box::new(error), hint });
            }
            Err(error) => {
                return Err(kept.failure().map_or_else(|| of_read(error), |error| as_it_was(&error)));
            }
        }
        let written = tokio::task::spawn_blocking(move || {
            files::write_parts(&path, |file| arrange(|| kept.reader(), &ledgers, file))
        });
        let DumpResult { bytes, left_out, warnings } = match written.await {
            Ok(Ok(written)) => written,
            Ok(Err(error)) => return Err(as_it_was(&error)),
            Err(error) => return Err(Failure::Bug(error.to_string())),
        };
        let mut notes = vec![format!("`{file}` written, {bytes} bytes")];
        if !left_out.is_empty() {
            let names: Vec<String> = left_out.iter().map(|name| format!("`{name}`")).collect();
            notes.push(format!("left out: the ledgers of migrations {}", names.join(", ")));
        }
        notes.extend(warnings);
        Ok(OpResult { notes, action: Some(Action::Write), ..OpResult::unchanged(value(bytes)) })
    });
    Ok(StartedOp { writes, is_blind: true, ..started })
}

/// Where the file goes: SQL only, in folders that are there, and in none that is hidden.
fn place(context: &Context, file: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(file);
    if path.extension().is_none_or(|extension| extension != "sql") {
        return Err(refuse(file, "its name does not end with `.sql`"));
    }
    let is_hidden = |part: Component| match part {
        Component::Normal(name) => name.as_encoded_bytes().starts_with(b"."),
        _ => false,
    };
    if path.components().any(is_hidden) {
        return Err(refuse(file, "it is hidden"));
    }
    context.root.place(file).map_err(|error| refuse(file, &error.to_string()))
}

fn refuse(file: &str, why: &str) -> Failure {
    not_written(file, why, "the path is read from the project's folder, and its folder must exist")
}

fn not_written(file: &str, why: &str, hint: &str) -> Failure {
    Failure::refused_with_hint("file", format!("can't write `{file}`: {why}"), hint)
}
