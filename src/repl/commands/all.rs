//! `:all`: shows the last value completely.

use super::entry::{Argument, Command, CommandReply};

pub(super) const COMMAND: Command = Command {
    name: "all",
    short: &["a"],
    usage: "",
    argument: Argument::Nothing,
    summary: "the last value whole: every column, and nothing cut",
    about: "The last value is also `_` in an entry: `_.len`, `_[0].id`.\n",
    run: |exploration, _| {
        Ok(match exploration.screen().whole() {
            Some(text) => CommandReply::data(text),
            None => CommandReply::failed("there is no value yet\n".to_owned()),
        })
    },
};
