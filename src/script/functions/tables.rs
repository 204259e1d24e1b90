//! TOML and CSV texts as values.

use super::json::Unreadable;
use crate::script::lex::{self, LineColumn};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use rhai::{Dynamic, Map};

/// The map of a TOML text.
pub(super) fn toml(text: &str) -> Result<Dynamic, Unreadable> {
    let table: toml::Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let place = error.span().map(|span| lex::line_column(text, span.start));
        let place = place.map(|LineColumn { line, column }| (line, column));
        Unreadable { message: format!("no TOML: {}", error.message()), place }
    })?;
    Ok(of_table(table))
}

fn of_table(table: toml::Table) -> Dynamic {
    let entries = table.into_iter().map(|(key, value)| (key.into(), of_value(value)));
    Dynamic::from_map(entries.collect())
}

fn of_value(value: toml::Value) -> Dynamic {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(items) => Dynamic::from_array(items.into_iter().map(of_value).collect()),
        toml::Value::Table(table) => of_table(table),
    }
}

/// A map for each row of a CSV text whose first row has the names.
pub(super) fn csv(text: &str, separator: u8) -> Result<Dynamic, Unreadable> {
    let mut reader = ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| broken(&error))?.clone();
    check_names(&names)?;
    let row = |record: StringRecord| -> Dynamic {
        let entries = names.iter().zip(record.iter()).map(|(name, field)| (name.into(), field.into()));
        Dynamic::from_map(entries.collect::<Map>())
    };
    let rows = reader.records().map(|record| record.map(row).map_err(|error| broken(&error)));
    Ok(Dynamic::from_array(rows.collect::<Result<_, _>>()?))
}

/// Each column needs a name of its own.
fn check_names(names: &StringRecord) -> Result<(), Unreadable> {
    for (index, name) in names.iter().enumerate() {
        let message = if name.is_empty() {
            format!("column {} has no name in the first row", index + 1)
        } else if names.iter().take(index).any(|before| before == name) {
            format!("two columns are called `{name}`")
        } else {
            continue;
        };
        return Err(Unreadable { message, place: Some((1, 1)) });
    }
    Ok(())
}

fn broken(error: &csv::Error) -> Unreadable {
    let place = error.position().and_then(|at| usize::try_from(at.line()).ok()).map(|line| (line, 1));
    let message = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} fields, and the first row has {expected_len}")
        }
        _ => format!("no CSV: {error}"),
    };
    Unreadable { message, place }
}
