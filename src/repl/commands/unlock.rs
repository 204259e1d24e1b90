//! `:unlock`: lets the session write.

use super::entry::{Argument, Command, CommandReply};
use crate::repl::Exploration;
use crate::repl::exploration::UnlockRefusal;

pub(super) const COMMAND: Command = Command {
    name: "unlock",
    short: &[],
    usage: "[NAME]",
    argument: Argument::Nothing,
    summary: "writes from now on",
    about: "\
A protected environment wants its full name, which is typed: `:unlock production`. A file that is loaded can't do it.
Variables that hold what was only planned are dropped, and named.
",
    run: |exploration, named| {
        Ok(match exploration.unlock(named)? {
            Ok(names) => CommandReply::talk(dropped(&names)),
            Err(UnlockRefusal::Protected { name, given }) if given.is_empty() => {
                CommandReply::failed(format!("`{name}` is protected\nhint: `:unlock {name}`\n"))
            }
            Err(UnlockRefusal::Protected { name, given }) => CommandReply::failed(format!(
                "`{name}` is protected and wants its full name, not `{given}`\nhint: `:unlock {name}`\n"
            )),
            Err(UnlockRefusal::Elsewhere { name: Some(name) }) => CommandReply::failed(format!(
                "the session is in `{name}`, not in `{named}`\nhint: `:unlock` writes here, `:env` lists the environments\n"
            )),
            Err(UnlockRefusal::Elsewhere { name: None }) => CommandReply::failed(format!(
                "there is no project here, so no environment `{named}`\nhint: `:unlock` alone\n"
            )),
            Err(UnlockRefusal::NotChosen) => CommandReply::failed(format!(
                "the session is in no environment of the project\nhint: `:env NAME` goes to one of {}, then `:unlock`\n",
                exploration.environments().join(", ")
            )),
        })
    },
};

/// The same in a file: the name of a protected environment is typed by a person.
pub(super) fn from_file(
    exploration: &mut Exploration<'_>,
    command: &Command,
    named: &str,
) -> anyhow::Result<CommandReply> {
    match exploration.protected() {
        Some(name) => Ok(CommandReply::failed(format!(
            "`{name}` is protected, so a file does not unlock it\nhint: type `:unlock {name}`, then load the file\n"
        ))),
        None => (command.run)(exploration, named),
    }
}

/// The line that names variables which hold what was only planned; empty where there are none.
pub fn dropped(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("dropped, since they hold what was only planned: `{}`\n", names.join("`, `")),
    }
}
