//! Edits of a TOML config, with comments, order and layout kept (`toml_edit`).

use super::Entries;
use super::id_edit::{EditError, IdEdit};
use toml_edit::{
    Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value, value,
};

pub(super) fn write(text: &str, environment: Option<&str>, edits: &[&IdEdit]) -> Result<String, EditError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Syntax { detail: error.message().to_owned() })?;
    for edit in edits {
        let mut table: &mut dyn TableLike = document.as_table_mut();
        if let Some(environment) = environment {
            let unknown = || EditError::UnknownEnvironment { environment: environment.to_owned() };
            let all = table.get_mut("env").and_then(Item::as_table_like_mut).ok_or_else(unknown)?;
            table = all.get_mut(environment).and_then(Item::as_table_like_mut).ok_or_else(unknown)?;
        }
        write_one(table, edit)?;
    }
    Ok(document.to_string())
}

fn write_one(mut table: &mut dyn TableLike, edit: &IdEdit) -> Result<(), EditError> {
    let [folders @ .., list] = edit.kind.path() else { return Ok(()) };
    for key in folders {
        table = folder(table, key)?;
    }
    if edit.kind.written_as() == Entries::One {
        return write_only(table, list, edit);
    }
    if table.get(list).is_none() {
        table.insert(list, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    match table.get_mut(list) {
        Some(Item::ArrayOfTables(entries)) => write_in_tables(entries, edit),
        Some(Item::Value(Value::Array(entries))) => write_in_array(entries, edit),
        _ => return Err(EditError::Shape { key: (*list).to_owned(), expected: "a list" }),
    }
    Ok(())
}

/// Writes the field of the only binding, unless that is another one.
fn write_only(table: &mut dyn TableLike, key: &str, edit: &IdEdit) -> Result<(), EditError> {
    match table.get_mut(key) {
        Some(Item::Table(entry)) if is_for(entry, edit) => set(entry, edit),
        Some(Item::Value(Value::InlineTable(entry))) if is_for(entry, edit) => set_inline(entry, edit),
        Some(Item::Table(_) | Item::Value(Value::InlineTable(_))) => {}
        Some(_) => return Err(EditError::Shape { key: key.to_owned(), expected: "a table" }),
        None => {
            let mut entry = Table::new();
            entry.insert("binding", value(&edit.binding));
            entry.insert(&edit.field, value(&edit.value));
            table.insert(key, Item::Table(entry));
        }
    }
    Ok(())
}

fn folder<'a>(table: &'a mut dyn TableLike, key: &str) -> Result<&'a mut dyn TableLike, EditError> {
    if table.get(key).is_none() {
        let mut inner = Table::new();
        inner.set_implicit(true);
        table.insert(key, Item::Table(inner));
    }
    let shape = || EditError::Shape { key: key.to_owned(), expected: "a table" };
    table.get_mut(key).and_then(Item::as_table_like_mut).ok_or_else(shape)
}

fn write_in_tables(entries: &mut ArrayOfTables, edit: &IdEdit) {
    if let Some(entry) = entries.iter_mut().find(|entry| is_for(*entry, edit)) {
        return set(entry, edit);
    }
    let mut entry = Table::new();
    entry.insert("binding", value(&edit.binding));
    entry.insert(&edit.field, value(&edit.value));
    entries.push(entry);
}

fn write_in_array(entries: &mut Array, edit: &IdEdit) {
    let existing =
        entries.iter_mut().filter_map(Value::as_inline_table_mut).find(|entry| is_for(*entry, edit));
    if let Some(entry) = existing {
        return set_inline(entry, edit);
    }
    let mut entry = InlineTable::new();
    entry.insert("binding", Value::from(&edit.binding));
    entry.insert(&edit.field, Value::from(&edit.value));
    push_like_last(entries, Value::InlineTable(entry));
}

/// Adds an entry laid out as the last one; a comment behind the last one stays with it.
fn push_like_last(entries: &mut Array, mut entry: Value) {
    let trailing = entries.trailing().as_str().unwrap_or_default().to_owned();
    let Some(last) = entries.iter_mut().last() else { return entries.push(entry) };
    let raw = |part: Option<&RawString>| part.and_then(RawString::as_str).unwrap_or_default().to_owned();
    let (prefix, suffix) = (raw(last.decor().prefix()), raw(last.decor().suffix()));
    last.decor_mut().set_suffix("");
    let tail = suffix + trailing.as_str();
    if let Some(line_end) = tail.rfind('\n') {
        let indent = prefix.rsplit('\n').next().unwrap_or_default();
        entry.decor_mut().set_prefix(format!("{}\n{indent}", &tail[..line_end]));
        entries.set_trailing(&tail[line_end..]);
    } else {
        entry.decor_mut().set_prefix(" ");
        entries.set_trailing(tail);
    }
    entries.push_formatted(entry);
}

fn is_for(entry: &dyn TableLike, edit: &IdEdit) -> bool {
    entry.get("binding").and_then(Item::as_str) == Some(&edit.binding)
}

fn set(entry: &mut dyn TableLike, edit: &IdEdit) {
    match entry.get_mut(&edit.field).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = Value::from(&edit.value);
            *old.decor_mut() = decor;
        }
        None => {
            entry.insert(&edit.field, value(&edit.value));
        }
    }
}

/// The blank before the closing brace belongs to the last value, so it moves on to a new one.
fn set_inline(entry: &mut InlineTable, edit: &IdEdit) {
    let is_new = !entry.contains_key(&edit.field);
    let last = if is_new { entry.iter_mut().last().map(|(_, last)| last) } else { None };
    let closing = last.and_then(|last| {
        let suffix = last.decor().suffix().and_then(RawString::as_str).map(str::to_owned);
        last.decor_mut().set_suffix("");
        suffix
    });
    set(entry, edit);
    if let (Some(closing), Some(value)) = (closing, entry.get_mut(&edit.field)) {
        *value.decor_mut() = Decor::new(" ", closing);
    }
}
