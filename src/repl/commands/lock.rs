//! `:lock`: only read from now on.

use super::entry::{Argument, Command, Reply};

pub(super) const COMMAND: Command = Command {
    name: "lock",
    short: &[],
    usage: "",
    argument: Argument::Nothing,
    summary: "only reads from now on",
    about: "",
    run: |exploration, _| exploration.lock().map(|()| Reply::default()),
};
