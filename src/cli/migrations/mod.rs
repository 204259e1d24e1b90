//! `migrations`: the ledgers of the project's D1 databases.

mod baseline;
mod correct;
mod document;
mod new;
mod repair;
mod status;

use super::command_context::CommandContext;
use super::globals::Format;
use super::{Stopped, formats};
use crate::report::Exit;
use crate::run::exit;

/// Look at the ledger of a D1 database, and set it right
///
/// Examples:
///   larder migrations status -e production
///   larder migrations status db -e production --exit-code --format json
///   larder migrations new "add companies"
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Migrations {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Status(status::Status),
    New(new::New),
    Baseline(baseline::Baseline),
    Repair(repair::Repair),
}

impl Migrations {
    /// The formats that it has.
    pub fn formats(&self) -> &'static [Format] {
        match self.verb {
            Verb::New(_) => formats::TEXT,
            Verb::Status(_) | Verb::Baseline(_) | Verb::Repair(_) => formats::DOCUMENT,
        }
    }

    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        match self.verb {
            Verb::Status(verb) => verb.run(shell),
            Verb::New(verb) => verb.run(shell).map(exit::done),
            Verb::Baseline(verb) => verb.run(shell).map(exit::done),
            Verb::Repair(verb) => verb.run(shell).map(exit::done),
        }
    }
}
