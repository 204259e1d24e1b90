//! The commands that begin with a colon: one file and one line in the list for each.
//!
//! **Invariant:** the list, `:help`, completion and what a line means are made from the entries.

mod all;
mod doc;
mod entry;
mod env;
mod format;
mod help;
mod load;
mod lock;
mod plan;
mod quit;
mod save;
mod time;
mod topics;
mod trace;
mod type_of;
mod unlock;
mod vars;

pub use entry::{Argument, Command, CommandEffect, CommandReply};
pub use topics::topics;
pub use unlock::dropped;

use super::{Entry, Exploration};
use crate::project::did_you_mean;

/// Every command, in the order in which `:help` lists them.
pub const COMMANDS: &[Command] = &[
    help::COMMAND,
    doc::COMMAND,
    type_of::COMMAND,
    plan::COMMAND,
    time::COMMAND,
    trace::COMMAND,
    vars::COMMAND,
    all::COMMAND,
    format::COMMAND,
    env::COMMAND,
    load::COMMAND,
    save::COMMAND,
    unlock::COMMAND,
    lock::COMMAND,
    quit::COMMAND,
];

/// Does what a line says that is a command; `None` for an entry.
pub fn obey(exploration: &mut Exploration<'_>, entry: &Entry) -> Option<anyhow::Result<CommandReply>> {
    let meant = meant(exploration, entry.text.trim())?;
    let (word, argument) = split(&meant)?;
    Some(match named(word) {
        Some(command) if command.name == unlock::COMMAND.name && entry.file.is_some() => {
            unlock::from_file(exploration, command, argument)
        }
        Some(command) => (command.run)(exploration, argument),
        None => Ok(CommandReply::failed(format!("unknown command `:{word}`\nhint: {}\n", near(word)))),
    })
}

/// The command that a line means: `?x` is `:doc x`, and `help`, `exit` and `quit` are what a newcomer types. A variable or a
/// function of such a name is meant before a command.
fn meant(exploration: &Exploration<'_>, line: &str) -> Option<String> {
    if line.starts_with(':') {
        return Some(line.to_owned());
    }
    if let Some(name) = line.strip_prefix('?').filter(|rest| !rest.starts_with(['.', '['])) {
        return Some(format!(":doc {}", name.trim()));
    }
    let bare = line.trim_end_matches(';');
    let (word, argument) = match bare.strip_suffix(')').and_then(|call| call.split_once('(')) {
        Some((word, argument)) => (word, argument),
        None => (bare, ""),
    };
    let is_number = argument.is_empty() || argument.parse::<i64>().is_ok();
    let is_taken = || {
        let session = exploration.session();
        session.variables().iter().any(|(name, _)| name == word)
            || session.earlier().0.iter_functions().any(|function| function.name == word)
    };
    (matches!(word, "help" | "exit" | "quit") && is_number && !is_taken())
        .then(|| format!(":{word} {}", if word == "help" { "" } else { argument }))
}

/// The word after the colon, and what follows it.
pub fn split(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim().strip_prefix(':')?;
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some((word, argument.trim()))
}

/// The command of that name.
pub fn named(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == word || command.short.contains(&word))
}

fn near(word: &str) -> String {
    match did_you_mean(word, COMMANDS.iter().map(|command| command.name)) {
        Some(near) => format!("did you mean `:{near}`?"),
        None => "`:help` lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn lines_with_a_colon_are_commands() {
        assert_eq!(split(" :doc  kv::ensure "), Some(("doc", "kv::ensure")));
        assert_eq!(split(":unlock\tprod"), Some(("unlock", "prod")));
        assert_eq!(split("kv::list()"), None);
        assert_eq!(near("unlokc"), "did you mean `:unlock`?");
        assert_eq!(near("zzzzz"), "`:help` lists them");
    }

    #[test]
    fn a_word_means_one_command() {
        let words = COMMANDS.iter().flat_map(|one| one.short.iter().copied().chain([one.name]));
        let mut seen = BTreeSet::new();
        assert_eq!(words.filter(|word| !seen.insert(*word)).collect::<Vec<_>>(), [] as [&str; 0]);
    }
}
