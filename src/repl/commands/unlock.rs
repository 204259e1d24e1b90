//! `:unlock`: write from now on.

use super::entry::{Argument, Command, Reply};
use crate::repl::exploration::Protected;

pub(super) const COMMAND: Command = Command {
    name: "unlock",
    short: &[],
    usage: "[NAME]",
    argument: Argument::Environment,
    summary: "write from now on (a protected environment wants its name: `:unlock production`)",
    about: "",
    run: |exploration, named| {
        Ok(match exploration.unlock(named)? {
            Ok(()) => Reply::default(),
            Err(Protected { name }) => {
                Reply::failed(format!("`{name}` is protected\nhint: `:unlock {name}`\n"))
            }
        })
    },
};
