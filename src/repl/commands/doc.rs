//! `:doc`: the pages of the reference.

use super::entry::{Argument, Command, CommandReply};

pub(super) const COMMAND: Command = Command {
    name: "doc",
    short: &["d"],
    usage: "[NAME]",
    argument: Argument::Name,
    summary: "what a function does, for example `:doc kv::ensure`",
    about: "\
NAME is a function, a type of a handle, a key of the project file or a word to search for. `?kv::ensure` is the same.
Without a NAME, everything in one list.
",
    run: |exploration, name| {
        let reference = exploration.reference();
        let here = |text: String| text.replace("`larder doc", "`:doc");
        if name.is_empty() {
            return Ok(CommandReply::data(here(reference.overview())));
        }
        Ok(match reference.page(name) {
            Ok(page) => CommandReply::data(here(page)),
            Err(hint) => CommandReply::failed(format!("nothing is called `{name}`\nhint: {}\n", here(hint))),
        })
    },
};
