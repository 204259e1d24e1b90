//! `:lock`: makes the session read-only.

use super::entry::{Argument, Command, CommandReply};
use super::unlock::dropped;

pub(super) const COMMAND: Command = Command {
    name: "lock",
    short: &[],
    usage: "",
    argument: Argument::Nothing,
    summary: "only reads from now on",
    about: "Also where the session is locked already: what was planned so far is forgotten, and the account is read anew.\n",
    run: |exploration, _| exploration.lock().map(|names| CommandReply::talk(dropped(&names))),
};
