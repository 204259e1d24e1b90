//! `:vars`: the variables of the session.

use super::entry::{Argument, Command, Reply};

pub(super) const COMMAND: Command = Command {
    name: "vars",
    short: &["v"],
    usage: "",
    argument: Argument::Nothing,
    summary: "the variables",
    about: "",
    run: |exploration, _| {
        let lines = exploration.variables().into_iter().map(|(name, first)| format!("{name}: {first}\n"));
        Ok(Reply::data(lines.collect()))
    },
};
