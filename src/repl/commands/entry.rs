//! The entry of a command, and what it answers.

use crate::repl::{Entry, EntryOutput, Exploration};
use std::path::PathBuf;

/// A command of the session.
pub struct Command {
    /// The word after the colon.
    pub name: &'static str,
    /// Other words for it.
    pub short: &'static [&'static str],
    /// What follows it, as `:help` writes it: `NAME`, `[NAME]`; empty where nothing does.
    pub usage: &'static str,
    /// What follows it, as Tab completes it.
    pub argument: Argument,
    /// A phrase for the list.
    pub summary: &'static str,
    /// What else is to be known, for `:help NAME`; it ends with a line's end, or is empty.
    pub about: &'static str,
    /// Does it; the argument is trimmed.
    pub run: fn(&mut Exploration<'_>, &str) -> anyhow::Result<CommandReply>,
}

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    Nothing,
    /// A name of the reference.
    Name,
    /// A topic of the help, or a command.
    Topic,
    Entry,
    /// A file of the project.
    Path,
    /// The name of an environment.
    Environment,
    /// One of these words.
    Words(&'static [&'static str]),
}

/// What a command answers.
#[derive(Default)]
pub struct CommandReply {
    /// For standard output.
    pub data: String,
    /// For standard error.
    pub talk: String,
    pub next: CommandEffect,
}

/// What happens after a command.
#[derive(Default)]
pub enum CommandEffect {
    /// The next line is read.
    #[default]
    GoOn,
    /// The same, but the command could not be done: read from a pipe, the session ends there.
    Failed,
    Quit,
    /// These are entered, one after the other.
    Run(Vec<Entry>),
    /// The session goes on in that environment.
    Switch(String),
    /// A file is written; one that is there is replaced after a yes only.
    Save {
        /// As it was named.
        name: String,
        path: PathBuf,
        text: String,
    },
}

impl CommandReply {
    /// An answer for standard output.
    pub fn data(data: String) -> Self {
        CommandReply { data, ..CommandReply::default() }
    }

    /// A remark for standard error.
    pub fn talk(talk: String) -> Self {
        CommandReply { talk, ..CommandReply::default() }
    }

    /// The result of an entry.
    pub fn shown(shown: EntryOutput) -> Self {
        let next = if shown.failed { CommandEffect::Failed } else { CommandEffect::GoOn };
        CommandReply { data: shown.results.concat(), talk: shown.errors, next }
    }

    /// Why it could not be done.
    pub fn failed(talk: String) -> Self {
        CommandReply { talk, next: CommandEffect::Failed, ..CommandReply::default() }
    }
}
