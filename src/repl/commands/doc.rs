//! `:doc`: the pages of the reference.

use super::entry::{Argument, Command, Reply};

pub(super) const COMMAND: Command = Command {
    name: "doc",
    short: &["d"],
    usage: "[NAME]",
    argument: Argument::Name,
    summary: "what a function does, for example `:doc kv::ensure`",
    about: "",
    run: |exploration, name| {
        let reference = exploration.reference();
        if name.is_empty() {
            return Ok(Reply::data(reference.overview()));
        }
        Ok(match reference.page(name) {
            Ok(page) => Reply::data(page),
            Err(hint) => Reply::failed(format!("nothing is called `{name}`\nhint: {hint}\n")),
        })
    },
};
