//! `dump`: a database as a file of SQL in the project's folder.
//!
//! **Invariant:** the file is absent, old, or complete and new.

use super::super::api::transfer::{self, Part};
use crate::events::Event;
use crate::http;
use crate::op::{Call, Context, Done, Failure, Mode, OptionMap, Started, Value};
use crate::reconcile::Placeholders;
use crate::system::files;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::path::{Component, Path, PathBuf};

/// Options of `dump`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct DumpOptions {
    /// Whether tables, indexes, triggers and views are in it; `true` when left out.
    schema: Option<bool>,
    /// Whether rows are in it; `true` when left out.
    data: Option<bool>,
    /// The tables to write; all when left out.
    tables: Option<Vec<String>>,
}

impl OptionMap for DumpOptions {}

pub(super) fn dump(call: Call, (file,): (String,), options: DumpOptions) -> Result<Started, Failure> {
    let part = Part {
        no_schema: options.schema == Some(false),
        no_data: options.data == Some(false),
        tables: options.tables.unwrap_or_default(),
    };
    if part.no_schema && part.no_data {
        return Err(Failure::refused("option", "a dump without `schema` and without `data` is empty"));
    }
    let path = place(&call.context, &file)?;
    let context = call.context;
    Ok(Started::on("d1", super::receiver(call.receiver)?, move |database| async move {
        let (id, name) = (database.text("id"), database.text("name"));
        let value =
            |bytes: usize| Value::from(json!({ "id": id, "name": name, "file": file, "bytes": bytes }));
        // An export closes the database for its time, which a plan must not.
        if context.mode != Mode::Apply || context.shelf::<Placeholders>().contains(id) {
            return Ok(Done {
                notes: vec![format!("`{file}` would be written")],
                ..Done::unchanged(value(0))
            });
        }
        let op = http::current_scope().op;
        let tell = |message: String| context.events.emit(Event::Progress { op, message });
        let text = transfer::export(&context.client, id, &part, &tell).await;
        let text = text.map_err(|error| Failure::of_read(name, error))?;
        let bytes = text.len();
        let written = tokio::task::spawn_blocking(move || files::write_whole(&path, &text)).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let hint = "the file is as it was; run again where it can be written";
                return Err(not_written(&file, &error.to_string(), hint));
            }
            Err(error) => return Err(Failure::Bug(error.to_string())),
        }
        let notes = vec![format!("`{file}` written, {bytes} bytes")];
        Ok(Done { notes, ..Done::unchanged(value(bytes)) })
    }))
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
