//! Edits of a JSON config, with comments, order and layout kept (`jsonc_parser::cst`).

use super::Entries;
use super::id_edit::{EditError, IdEdit};
use crate::project::tree::jsonc::dialect;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstRootNode};
use serde_json::Value;

pub(super) fn write(text: &str, environment: Option<&str>, edits: &[&IdEdit]) -> Result<String, EditError> {
    edits.iter().try_fold(text.to_owned(), |text, edit| with(&text, environment, edit))
}

fn with(text: &str, environment: Option<&str>, edit: &IdEdit) -> Result<String, EditError> {
    let root = CstRootNode::parse(text, &dialect())
        .map_err(|error| EditError::Syntax { detail: error.kind().to_string() })?;
    let shape = |key: &str, expected| EditError::Shape { key: key.to_owned(), expected };
    let top = root.object_value_or_create().ok_or_else(|| shape("the file", "an object"))?;
    let table = match environment {
        Some(name) => top
            .object_value("env")
            .and_then(|all| all.object_value(name))
            .ok_or_else(|| EditError::UnknownEnvironment { environment: name.to_owned() })?,
        None => top,
    };
    write_one(&table, edit)?;
    Ok(root.to_string())
}

fn write_one(table: &CstObject, edit: &IdEdit) -> Result<(), EditError> {
    let [folders @ .., last] = edit.kind.path() else { return Ok(()) };
    let shape = |key: &str, expected| EditError::Shape { key: key.to_owned(), expected };
    let mut table = table.clone();
    for key in folders {
        table = table.object_value_or_create(key).ok_or_else(|| shape(key, "an object"))?;
    }
    if edit.kind.written_as() == Entries::One {
        let entry = table.object_value_or_create(last).ok_or_else(|| shape(last, "an object"))?;
        write_only(&entry, edit);
        return Ok(());
    }
    let entries = table.array_value_or_create(last).ok_or_else(|| shape(last, "a list"))?;
    let text = || CstInputValue::String(edit.value.clone());
    let objects = entries.elements().into_iter().filter_map(|node| node.as_object());
    let existing = objects.into_iter().find(|entry| string(entry, "binding").as_ref() == Some(&edit.binding));
    match existing {
        Some(entry) => match entry.get(&edit.field) {
            Some(property) => property.set_value(text()),
            None => append(&entry, edit),
        },
        None => {
            entries.append(CstInputValue::Object(vec![
                ("binding".to_owned(), CstInputValue::String(edit.binding.clone())),
                (edit.field.clone(), text()),
            ]));
        }
    }
    Ok(())
}

/// Writes the field of the only binding, unless that is another one.
fn write_only(entry: &CstObject, edit: &IdEdit) {
    let text = |text: &str| CstInputValue::String(text.to_owned());
    match string(entry, "binding") {
        Some(binding) if binding != edit.binding => return,
        Some(_) => {}
        None => drop(entry.append("binding", text(&edit.binding))),
    }
    match entry.get(&edit.field) {
        Some(property) => property.set_value(text(&edit.value)),
        None => append(entry, edit),
    }
}

/// An entry on one line stays there; the library would break it up.
fn append(entry: &CstObject, edit: &IdEdit) {
    let is_on_one_line = !entry.children().iter().any(CstNode::is_newline);
    let values = entry.properties().into_iter().filter_map(|property| property.value()?.as_string_lit());
    match values.last().filter(|_| is_on_one_line) {
        Some(last) => {
            let (field, value) = (Value::from(edit.field.as_str()), Value::from(edit.value.as_str()));
            last.set_raw_value(format!("{}, {field}: {value}", last.raw_value()));
        }
        None => {
            entry.append(&edit.field, CstInputValue::String(edit.value.clone()));
        }
    }
}

fn string(entry: &CstObject, key: &str) -> Option<String> {
    let CstNode::Leaf(_) = entry.get(key)?.value()? else { return None };
    entry.get(key)?.value()?.as_string_lit()?.decoded_value().ok()
}
