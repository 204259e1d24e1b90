//! `:load FILE`: the entries of a file.

use super::entry::{Argument, Command, CommandEffect, CommandReply};
use crate::repl::Entry;
use std::path::Path;

pub(super) const COMMAND: Command = Command {
    name: "load",
    short: &[],
    usage: "FILE",
    argument: Argument::Path,
    summary: "enters what stands in a file",
    about: "\
Its text is entered one complete entry after the other, up to the first that fails; a mistake is shown at the line of the
file. FILE begins in the project's folder.
",
    run: |exploration, name| {
        if name.is_empty() {
            return Ok(CommandReply::failed("`:load` needs a file\nhint: `:load recipes/new.rhai`\n".to_owned()));
        }
        let opened = exploration.opened();
        Ok(match opened.place.script(Path::new(name), opened.root) {
            Ok(text) => {
                exploration.session().room().sources.add(name, &text);
                CommandReply { next: CommandEffect::Run(Entry::all_of_file(name, &text)), ..CommandReply::default() }
            }
            Err(error) => CommandReply::failed(format!("{error:#}\n")),
        })
    },
};
