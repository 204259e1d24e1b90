//! `migrations repair`: corrects the ledger for a file that was changed, renamed or removed on purpose.

use super::super::Stopped;
use super::super::command_context::CommandContext;
use super::super::confirm::Confirm;
use super::correct::CorrectionRequest;
use crate::run::runtime_settings::run_environment;
use crate::services::d1::migrations::Repairs;
use anyhow::anyhow;

/// Set the ledger right where a file was changed on purpose
///
/// Each flag names a reason and a file, and is refused where `migrations status` does not show the file so. No migration
/// is run, and nothing but the ledger is written.
///
/// Examples:
///   larder migrations repair -e staging --edited 0003_jobs.sql
///   larder migrations repair -e dev --renamed 0003_jobs.sql --removed 0001_old.sql
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Repair {
    /// The database, by its logical name; may be left out where the project has one
    database: Option<String>,
    /// Take the present text of an edited file for the one that was applied
    #[arg(long, value_name = "FILE")]
    edited: Vec<String>,
    /// Record the new name of a renamed file; FILE is the old one
    #[arg(long, value_name = "FILE")]
    renamed: Vec<String>,
    /// Put back the row that wrangler's table lacks
    #[arg(long, value_name = "FILE")]
    unrecorded: Vec<String>,
    /// Forget a missing file that was removed on purpose
    #[arg(long, value_name = "FILE")]
    removed: Vec<String>,
    #[command(flatten)]
    confirm: Confirm,
}

impl Repair {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let Repair { database, edited, renamed, unrecorded, removed, confirm } = self;
        let repairs = Repairs { edited, renamed, unrecorded, removed };
        if repairs.is_empty() {
            let selected = shell.selected()?;
            let flags = run_environment(shell, selected.as_ref()).flags();
            return Err(anyhow!(
                "nothing is named to repair\nhint: `larder migrations status{flags}` shows what does not fit, and how to repair it"
            )
            .into());
        }
        let correcting = CorrectionRequest { shell, database: database.as_deref(), to: None, confirm };
        correcting.run(&|ledgers, database| Ok(ledgers.repair(database, &repairs)?))
    }
}
