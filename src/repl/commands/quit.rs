//! `:quit`: the end.

use super::entry::{Argument, Command, Next, Reply};

pub(super) const COMMAND: Command = Command {
    name: "quit",
    short: &["q", "exit"],
    usage: "",
    argument: Argument::Nothing,
    summary: "end the session, as Ctrl-D does",
    about: "",
    run: |_, _| Ok(Reply { next: Next::Quit, ..Reply::default() }),
};
