//! `migrations baseline`: records files as applied without running them.

use super::super::Stopped;
use super::super::command_context::CommandContext;
use super::super::confirm::Confirm;
use super::super::globals::Format;
use super::super::question;
use super::correct::CorrectionRequest;
use crate::run::exit;
use crate::run::migrations::{self, Choice, Database, Ledgers};
use std::fmt::Write as _;

/// Differences that a line of the list shows.
const SHOWN_MAX: usize = 3;

/// Record migrations as applied without running them
///
/// For a database that has their schema already: it was made by hand, by another tool, or before Larder. The schema is
/// compared with what the files make, by its structure: a file of which something is missing is not recorded. Which of
/// the files that fit was the last to be applied can't be seen where files change rows only, so it is asked for, or given
/// by --to. Files that another tool has applied keep their rows; from now on Larder knows their texts.
///
/// Examples:
///   larder migrations baseline -e staging                       # which files fit
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
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let Baseline { database, to, confirm } = self;
        let correcting =
            CorrectionRequest { shell, database: database.as_deref(), to: to.as_deref(), confirm };
        correcting.run(&|ledgers, database| match ledgers.baseline(database, to.as_deref())? {
            migrations::Baseline::Records(corrections) => Ok(corrections),
            migrations::Baseline::Open(choice) => {
                show(shell, database, &choice);
                choice.check().map_err(|failure| ledgers.failed(failure))?;
                let file = ask(shell, ledgers, &choice)?;
                let chosen = choice.named(&file).map_err(|failure| ledgers.failed(failure))?;
                Ok(ledgers.baseline_to(database, chosen)?)
            }
        })
    }
}

/// The last file, from a person.
fn ask(shell: &CommandContext, ledgers: &Ledgers, choice: &Choice) -> Result<String, Stopped> {
    if !question::is_anybody_there() {
        return Err(ledgers.failed(choice.nobody_asked()).into());
    }
    let session = ledgers.session();
    let line = question::ask_for_line(&shell.console, session, "the last file that was applied: ");
    line.ok_or_else(|| Stopped::Told(exit::of_no(session.signal())))
}

fn show(shell: &CommandContext, database: &Database, choice: &Choice) {
    if shell.globals.format != Format::Text {
        return;
    }
    let width = choice.open.iter().map(|one| one.file.chars().count()).max().unwrap_or(0);
    let mut text = format!("{} -> {}\n", database.declared.logical, database.name);
    for one in &choice.open {
        let word = if one.fits() { "fits" } else { "differs" };
        let behind = if one.fits() { one.behind.join("; ") } else { String::new() };
        let remarks = [shortened(&one.differences()), one.notes.join("; "), behind];
        let remarks: Vec<&str> =
            remarks.iter().map(String::as_str).filter(|words| !words.is_empty()).collect();
        let line = format!("  {word:<7}  {:<width$}  {}", one.file, remarks.join("; "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    shell.console.data(&text);
}

fn shortened(lacks: &[String]) -> String {
    let mut shown = lacks[..lacks.len().min(SHOWN_MAX)].join("; ");
    if lacks.len() > SHOWN_MAX {
        let _ = write!(shown, "; and {} more", lacks.len() - SHOWN_MAX);
    }
    shown
}
