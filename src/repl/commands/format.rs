//! `:format`: how values are printed.

use super::entry::{Argument, Command, Reply};
use crate::report::values::Format;

/// The words, in the order of reading.
const FORMATS: &[(&str, Format)] =
    &[("table", Format::Table), ("json", Format::Json), ("ndjson", Format::Ndjson), ("csv", Format::Csv)];

pub(super) const COMMAND: Command = Command {
    name: "format",
    short: &[],
    usage: "FORMAT",
    argument: Argument::Words(&["table", "json", "ndjson", "csv"]),
    summary: "how values are printed from now on: table, json, ndjson or csv",
    about: "",
    run: |exploration, asked| {
        Ok(match FORMATS.iter().find(|(name, _)| *name == asked) {
            Some((_, format)) => {
                exploration.screen().set_format(*format);
                Reply::default()
            }
            None => {
                Reply::failed(format!("there is no format `{asked}`\nhint: table, json, ndjson or csv\n"))
            }
        })
    },
};
