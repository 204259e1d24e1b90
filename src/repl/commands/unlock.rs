//! `:unlock`: write from now on.

use super::entry::{Argument, Command, Reply};
use crate::repl::exploration::Locked;

pub(super) const COMMAND: Command = Command {
    name: "unlock",
    short: &[],
    usage: "[NAME]",
    argument: Argument::Environment,
    summary: "writes from now on",
    about: "A protected environment wants its full name: `:unlock production`.\n",
    run: |exploration, named| {
        Ok(match exploration.unlock(named)? {
            Ok(()) => Reply::default(),
            Err(Locked::Protected { name, given }) if given.is_empty() => {
                Reply::failed(format!("`{name}` is protected\nhint: `:unlock {name}`\n"))
            }
            Err(Locked::Protected { name, given }) => Reply::failed(format!(
                "`{name}` is protected and wants its full name, not `{given}`\nhint: `:unlock {name}`\n"
            )),
            Err(Locked::Elsewhere { name: Some(name) }) => Reply::failed(format!(
                "the session is in `{name}`, not in `{named}`\nhint: `:unlock` writes here, `:env {named}` goes there\n"
            )),
            Err(Locked::Elsewhere { name: None }) => Reply::failed(format!(
                "the session is in no environment, so not in `{named}`\nhint: `:env {named}` goes there\n"
            )),
        })
    },
};
