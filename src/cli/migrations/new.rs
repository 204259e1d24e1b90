//! `migrations new`: creates the next migration file.

use super::super::Stopped;
use super::super::command_context::CommandContext;
use crate::run::migrations::next;

/// Make the next migration, numbered and empty
///
/// The number follows the highest in the folder, as wrangler counts.
///
/// Examples:
///   larder migrations new "add companies"      # migrations/0007_add_companies.sql
///   larder migrations new companies --database jobs
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct New {
    /// What it does, in a few words
    name: String,
    /// The database, by its logical name; may be left out where the project has one
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

impl New {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let made = next(shell, &self.name, self.database.as_deref())?;
        shell.console.data(&format!("{made}\n"));
        Ok(())
    }
}
