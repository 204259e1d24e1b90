//! The entry of a command, and what it answers.

use crate::repl::{Entry, Exploration, Shown};
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
    pub run: fn(&mut Exploration<'_>, &str) -> anyhow::Result<Reply>,
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
    /// An entry.
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
pub struct Reply {
    /// For standard output.
    pub data: String,
    /// For standard error.
    pub talk: String,
    /// What happens then.
    pub next: Next,
}

/// What happens after a command.
#[derive(Default)]
pub enum Next {
    /// The next line is read.
    #[default]
    GoOn,
    /// The same, but the command could not be done: read from a pipe, the session ends there.
    Failed,
    /// The session ends.
    Quit,
    /// These are entered, one after the other.
    Run(Vec<Entry>),
    /// The session goes on in that environment.
    Switch(String),
    /// A file is written; one that is there is replaced after a yes only.
    Save {
        /// As it was named.
        name: String,
        /// Where it is.
        path: PathBuf,
        /// What it holds.
        text: String,
    },
}

impl Reply {
    /// An answer for standard output.
    pub fn data(data: String) -> Self {
        Reply { data, ..Reply::default() }
    }

    /// A remark for standard error.
    pub fn talk(talk: String) -> Self {
        Reply { talk, ..Reply::default() }
    }

    /// What came of an entry.
    pub fn shown(shown: Shown) -> Self {
        let next = if shown.failed { Next::Failed } else { Next::GoOn };
        Reply { data: shown.results.concat(), talk: shown.errors, next }
    }

    /// Why it could not be done.
    pub fn failed(talk: String) -> Self {
        Reply { talk, next: Next::Failed, ..Reply::default() }
    }
}
