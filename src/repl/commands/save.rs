//! `:save FILE`: the session as a recipe.

use super::entry::{Argument, Command, CommandEffect, CommandReply};
use crate::repl::recipe::recipe;

pub(super) const COMMAND: Command = Command {
    name: "save",
    short: &[],
    usage: "FILE",
    argument: Argument::Path,
    summary: "writes the entries that succeeded as a recipe",
    about: "\
What failed is left out, and so is an entry in which a secret stands. A file that is there is replaced after a yes only.
FILE begins in the project's folder.
",
    run: |exploration, name| {
        if name.is_empty() {
            return Ok(CommandReply::failed("`:save` needs a file\nhint: `:save recipes/new.rhai`\n".to_owned()));
        }
        if name.split_whitespace().any(|word| word.starts_with("--")) {
            let hint = "hint: `:save FILE`; a session that begins with `--yes` replaces files without a question";
            return Ok(CommandReply::failed(format!("`:save` takes a file and no options, not `{name}`\n{hint}\n")));
        }
        let (text, left_out) = recipe(exploration);
        if text.is_empty() {
            return Ok(CommandReply::failed("nothing was entered that could be saved\n".to_owned()));
        }
        let opened = exploration.opened();
        let path = match opened.place.repository(opened.root).map(|root| root.place(name)) {
            Ok(Ok(path)) => path,
            Ok(Err(error)) => return Ok(CommandReply::failed(format!("can't write `{name}`: {error}\n"))),
            Err(error) => return Ok(CommandReply::failed(format!("{error:#}\n"))),
        };
        let talk = left_out.iter().fold(String::new(), |text, why| text + "left out: " + why.as_str() + "\n");
        Ok(CommandReply { talk, next: CommandEffect::Save { name: name.to_owned(), path, text }, ..CommandReply::default() })
    },
};
