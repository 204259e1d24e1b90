//! `migrations status`: lists each file and its state in the ledger.

use super::super::Stopped;
use super::super::command_context::CommandContext;
use super::super::diagnostics::draw_error;
use super::super::globals::Format;
use super::document::{AtOdds, Document, Drift, File, FileState, MIGRATIONS_SCHEMA, Stand};
use crate::op::{Guard, Mode};
use crate::report::Exit;
use crate::run::migrations::{LedgerStatus, Ledgers, chosen};
use crate::run::{Error, exit};
use crate::services::d1::migrations::{Entry, LedgerState};
use std::fmt::Write as _;

/// Show each migration and whether it is applied
///
/// Reads the files, the database's ledger and its schema, and creates nothing. The applied files are run in memory: what the
/// database has otherwise is listed as `differs`, and what none of them names as `beside`.
///
/// Examples:
///   larder migrations status -e production
///   larder migrations status -e production --exit-code   # 3 when anything differs
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Status {
    /// The database, by its logical name; all of the project when left out
    database: Option<String>,
    /// End with 3 when a file is pending, files and ledger do not fit together, or the schema differs
    #[arg(long)]
    exit_code: bool,
}

impl Status {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let format = shell.globals.format;
        let selected = shell.needs_selected()?;
        let databases = chosen(shell, &selected, self.database.as_deref())?;
        let session = shell.open(Some(&selected), &selected.folder)?;
        let ledgers = Ledgers::open(&session, &selected, Mode::Plan, session.info(Guard::default()))?;
        let (mut exits, mut documents) = (Vec::new(), Vec::new());
        for declared in databases {
            let stands = match ledgers.stands(declared) {
                Ok(stands) => stands,
                Err(usage @ Error::Usage(_)) => return Err(usage.into()),
                // The others can be looked at.
                Err(error) => {
                    exits.push(draw_error(&error, shell));
                    continue;
                }
            };
            match format {
                Format::Json => documents.push(stand(&stands)),
                _ => shell.console.data(&text(&stands)),
            }
            if let Some((message, hint)) = &stands.at_odds {
                shell.console.talk(&format!("{message}\nhint: {hint}\n"));
            }
            if !stands.drift.differences.is_empty() {
                shell.console.talk(&format!("hint: {}\n", way_back(&stands)));
            }
            exits.push(exit::of_differences(self.exit_code, stands.differs()));
        }
        if format == Format::Json {
            let env = selected.config.environment.name.clone();
            let schema = MIGRATIONS_SCHEMA.to_owned();
            shell.console.document(&Document::Status { schema, env, databases: documents });
        }
        Ok(exit::worst(exits))
    }
}

fn text(stands: &LedgerStatus) -> String {
    let database = &stands.database;
    let counts: Vec<String> = stands.counts().iter().map(|(word, count)| format!("{count} {word}")).collect();
    let counts = if counts.is_empty() { "no migrations".to_owned() } else { counts.join(", ") };
    let absent = if database.id.is_some() { "" } else { ", which does not exist yet" };
    let mut text = format!("{} -> {}{absent}: {counts}\n", database.declared.logical, database.name);
    let width = stands.history.entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0);
    for entry in &stands.history.entries {
        let line = format!("  {:<12}  {:<width$}  {}", entry.state.word(), entry.name, remark(entry));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let drift = &stands.drift;
    for (word, all) in [("differs", &differences(stands)), ("beside", &drift.beside)] {
        for what in all {
            let _ = writeln!(text, "  {word:<12}  {what}");
        }
    }
    // Why files and ledger do not fit together is told anyway.
    if let (Some(why), None) = (&drift.not_compared, &stands.at_odds) {
        let _ = writeln!(text, "  {:<12}  the schema with the files: {why}", "not compared");
    }
    text
}

/// How schema and files come together again.
fn way_back(stands: &LedgerStatus) -> String {
    format!(
        "a new file may bring back what is missing if it works on a new database, too: `CREATE TABLE IF NOT EXISTS`, or \
         `DROP INDEX IF EXISTS` before `CREATE INDEX`; a column is added by hand, in the words of its file; what was added \
         by hand goes into a new file, which `{}` records",
        stands.database.migrations.reach.writing("migrations baseline")
    )
}

/// How the schema differs, and whether the files can make another one.
fn differences(stands: &LedgerStatus) -> Vec<String> {
    stands.drift.differences.iter().chain(&stands.drift.stop).cloned().collect()
}

fn remark(entry: &Entry) -> String {
    let mut parts = Vec::new();
    parts.extend(entry.applied_at.clone());
    match (&entry.state, &entry.row) {
        (LedgerState::Renamed { from }, _) => parts.push(format!("applied as {from}")),
        (LedgerState::Applied | LedgerState::Missing, None) => {
            parts.push("by another tool, text not known".into());
        }
        _ => {}
    }
    if entry.is_late {
        parts.push("late".into());
    }
    parts.join("  ")
}

fn stand(stands: &LedgerStatus) -> Stand {
    let database = &stands.database;
    let at_odds = stands.at_odds.as_ref();
    Stand {
        logical: database.declared.logical.clone(),
        name: database.name.clone(),
        id: database.id.clone(),
        folder: database.declared.folder.clone(),
        table: database.migrations.tables.wrangler.clone(),
        files: stands.history.entries.iter().map(file).collect(),
        drift: Drift {
            differences: differences(stands),
            beside: stands.drift.beside.clone(),
            not_compared: stands.drift.not_compared.clone(),
        },
        error: at_odds.map(|(message, hint)| AtOdds { message: message.clone(), hint: hint.clone() }),
    }
}

fn file(entry: &Entry) -> File {
    let (state, renamed_from) = match &entry.state {
        LedgerState::Applied => (FileState::Applied, None),
        LedgerState::Pending => (FileState::Pending, None),
        LedgerState::OutOfOrder => (FileState::OutOfOrder, None),
        LedgerState::Edited => (FileState::Edited, None),
        LedgerState::Partial => (FileState::Partial, None),
        LedgerState::Renamed { from } => (FileState::Renamed, Some(from.clone())),
        LedgerState::Missing => (FileState::Missing, None),
        LedgerState::Unrecorded => (FileState::Unrecorded, None),
    };
    File {
        name: entry.name.clone(),
        state,
        renamed_from,
        late: entry.is_late,
        applied_at: entry.applied_at.clone(),
        // Of a part there is a mark in its place.
        sha256: entry
            .row
            .as_ref()
            .filter(|_| entry.state != LedgerState::Partial)
            .map(|row| row.sha256.clone()),
        run: entry.row.as_ref().map(|row| row.run.clone()),
    }
}
