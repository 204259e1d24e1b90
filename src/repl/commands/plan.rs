//! `:plan EXPR`: shows what an entry would do.

use super::entry::{Argument, Command, CommandReply};
use crate::repl::Entry;

pub(super) const COMMAND: Command = Command {
    name: "plan",
    short: &["p"],
    usage: "EXPR",
    argument: Argument::Entry,
    summary: "what an entry would do, also while the session is unlocked",
    about: "Nothing is written and nothing of it is kept: not its variables, nor what it plans.\n",
    run: |exploration, text| {
        if text.is_empty() {
            let hint = "hint: `:plan kv::ensure(\"A\")`";
            return Ok(CommandReply::failed(format!("`:plan` needs an entry\n{hint}\n")));
        }
        exploration.plan(&Entry::typed(text)).map(CommandReply::shown)
    },
};
