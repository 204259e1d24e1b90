//! `:type EXPR`: shows the type of a value.

use super::entry::{Argument, Command, CommandReply};
use crate::repl::Entry;

pub(super) const COMMAND: Command = Command {
    name: "type",
    short: &["t"],
    usage: "EXPR",
    argument: Argument::Entry,
    summary: "what an expression gives; nothing is written",
    about: "\
For example `list of 3 maps` or `handle of a KvNamespace`.
The expression is played as a plan, whether the session is locked or not, and nothing of it is kept.\n",
    run: |exploration, text| {
        if text.is_empty() {
            return Ok(CommandReply::failed(
                "`:type` needs an expression\nhint: `:type kv::list()`\n".to_owned(),
            ));
        }
        Ok(match exploration.type_of(&Entry::typed(text))? {
            Ok(words) => CommandReply::data(format!("{words}\n")),
            Err(errors) => CommandReply::failed(errors),
        })
    },
};
