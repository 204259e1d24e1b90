//! `:quit`: ends the session.

use super::entry::{Argument, Command, CommandEffect, CommandReply};

pub(super) const COMMAND: Command = Command {
    name: "quit",
    short: &["q", "exit"],
    usage: "",
    argument: Argument::Nothing,
    summary: "ends the session, as Ctrl-D does",
    about: "",
    run: |exploration, code| {
        if code.parse::<i64>().is_ok_and(|code| code != 0) {
            exploration.note_end();
        }
        Ok(CommandReply { next: CommandEffect::Quit, ..CommandReply::default() })
    },
};
