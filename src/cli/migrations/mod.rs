//! `migrations`: the ledgers of the project's D1 databases.

mod databases;
mod status;

use super::Stopped;
use super::place::Place;
use crate::report::Exit;

/// Look at the ledger of a D1 database, and set it right
///
/// Examples:
///   larder migrations status -e production
///   larder migrations status db -e production --exit-code --format json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Migrations {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Status(status::Status),
}

impl Migrations {
    /// Runs it.
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        match self.verb {
            Verb::Status(verb) => verb.run(place),
        }
    }
}
