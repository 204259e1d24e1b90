//! `:env NAME`: switches to another environment of the project.

use super::entry::{Argument, Command, CommandEffect, CommandReply};

pub(super) const COMMAND: Command = Command {
    name: "env",
    short: &["e"],
    usage: "[NAME]",
    argument: Argument::Environment,
    summary: "the environments of the project; `:env NAME` goes to one",
    about: "\
The session is opened anew and only reads. Variables stay, but for those that hold handles of the environment that is
left: they are dropped, and named.
",
    run: |exploration, name| {
        let known = exploration.environments();
        if !name.is_empty() {
            return Ok(CommandReply { next: CommandEffect::Switch(name.to_owned()), ..CommandReply::default() });
        }
        if known.is_empty() {
            return Ok(CommandReply::talk("there is no project here, so no environment\n".to_owned()));
        }
        let current = exploration.environment();
        let line = |name: &String| format!("{} {name}\n", if current == Some(name) { "*" } else { " " });
        Ok(CommandReply::data(known.iter().map(line).collect()))
    },
};
