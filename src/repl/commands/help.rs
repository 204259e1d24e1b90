//! `:help`: the commands.

use super::entry::{Argument, Command, Reply};
use super::{COMMANDS, named, near};
use std::fmt::Write as _;

pub(super) const COMMAND: Command = Command {
    name: "help",
    short: &["h", "?"],
    usage: "[COMMAND]",
    argument: Argument::Nothing,
    summary: "this list, or more about one of them",
    about: "",
    run: |_, asked| {
        let asked = asked.trim_start_matches(':');
        Ok(match named(asked) {
            _ if asked.is_empty() => Reply::data(list()),
            Some(command) => Reply::data(format!("{}{}", line(command), command.about)),
            None => Reply::failed(format!("there is no help about `{asked}`\nhint: {}\n", near(asked))),
        })
    },
};

fn list() -> String {
    COMMANDS.iter().map(line).collect()
}

fn line(command: &Command) -> String {
    let mut usage = format!(":{}", command.name);
    if !command.usage.is_empty() {
        let _ = write!(usage, " {}", command.usage);
    }
    format!("{usage:<18} {}\n", command.summary)
}
