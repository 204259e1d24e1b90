//! `migrations baseline`: files recorded as applied without being run.

use super::super::Stopped;
use super::super::confirm::Confirm;
use super::super::shell::Shell;
use super::choice::Choice;
use super::correct::Correcting;
use crate::report::Exit;

/// Record migrations as applied without running them
///
/// For a database that has their schema already: it was made by hand, by another tool, or before Larder. The schema is
/// compared with what the files make, by its structure: a file of which something is missing is not recorded. Which of
/// the files that fit was the last to be applied can't be seen where files change rows only, so it is asked for, or given
/// by --to. Files that another tool has applied keep their rows; from now on Larder knows their texts.
///
/// Examples:
///   larder migrations baseline -e staging                          # which files fit
///   larder migrations baseline -e staging --to 0007_indexes.sql
///   larder migrations baseline db -e production --yes --confirm production
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Baseline {
    /// The database, by its logical name; may be left out where the project has one
    database: Option<String>,
    /// The last file to record; without it, those that fit are shown
    #[arg(long, value_name = "FILE")]
    to: Option<String>,
    #[command(flatten)]
    confirm: Confirm,
}

impl Baseline {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let Baseline { database, to, confirm } = self;
        let correcting = Correcting { shell, database: database.as_deref(), to: to.as_deref(), confirm };
        correcting.run(&|ledgers, found| Choice { ledgers, found }.corrections(to.as_deref()))
    }
}
