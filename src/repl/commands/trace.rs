//! `:trace`: each request as it is answered.

use super::entry::{Argument, Command, CommandReply};

pub(super) const COMMAND: Command = Command {
    name: "trace",
    short: &[],
    usage: "[on|off]",
    argument: Argument::Words(&["on", "off"]),
    summary: "shows each request: method, path, status and time",
    about: "Without a word it changes from one to the other.\n",
    run: |exploration, word| {
        let was = exploration.show_requests(word != "off");
        let is = match word {
            "on" => true,
            "off" => false,
            "" => !was,
            other => {
                exploration.show_requests(was);
                let hint = "hint: `:trace on` or `:trace off`";
                return Ok(CommandReply::failed(format!(
                    "`:trace` takes `on` or `off`, not `{other}`\n{hint}\n"
                )));
            }
        };
        exploration.show_requests(is);
        let said =
            if is { "each request is shown from now on\n" } else { "requests are not shown any more\n" };
        Ok(CommandReply::talk(said.to_owned()))
    },
};
