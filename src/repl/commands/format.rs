//! `:format`: how values are printed.

use super::entry::{Argument, Command, CommandReply};
use crate::report::values::Format;

/// The words, in the order of reading.
const FORMATS: &[(&str, Format)] =
    &[("table", Format::Table), ("json", Format::Json), ("ndjson", Format::Ndjson), ("csv", Format::Csv)];

const NAMES: [&str; FORMATS.len()] = {
    let mut names = [""; FORMATS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = FORMATS[at].0;
        at += 1;
    }
    names
};

pub(super) const COMMAND: Command = Command {
    name: "format",
    short: &[],
    usage: "[FORMAT]",
    argument: Argument::Words(&NAMES),
    summary: "how values are printed from now on, for example `:format json`",
    about: "Without a word it lists them.\n",
    run: |exploration, asked| {
        if asked.is_empty() {
            let current = exploration.screen().format();
            let line = |(name, format): &(&str, Format)| {
                format!("{} {name}\n", if *format == current { "*" } else { " " })
            };
            return Ok(CommandReply::data(FORMATS.iter().map(line).collect()));
        }
        // As `--format` calls it.
        let asked = if asked == "text" { "table" } else { asked };
        let Some((_, format)) = FORMATS.iter().find(|(name, _)| *name == asked) else {
            let names = NAMES.join(", ");
            return Ok(CommandReply::failed(format!("there is no format `{asked}`\nhint: {names}\n")));
        };
        exploration.screen().set_format(*format);
        Ok(CommandReply::default())
    },
};
