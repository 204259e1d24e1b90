//! `migrations status`: each file and what the ledger says of it.

use super::super::Stopped;
use super::super::globals::Format;
use super::super::shell::Shell;
use super::databases::{Database, Ledgers, chosen};
use super::document::{AtOdds, Document, File, FileState, MIGRATIONS_SCHEMA, Stand};
use crate::events::Recorder;
use crate::migrations::{Entry, History, Reader, State, done_already};
use crate::op::{Failure, Guard, Mode};
use crate::report::Exit;
use std::fmt::Write as _;
use std::sync::Arc;

/// Show each migration and whether it is applied
///
/// Reads the files and the database's ledger, and creates nothing.
///
/// Examples:
///   larder migrations status -e production
///   larder migrations status -e production --exit-code   # 3 when one is pending or does not fit
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Status {
    /// The database, by its logical name; all of the project when left out
    database: Option<String>,
    /// End with 3 when a file is pending, or files and ledger do not fit together
    #[arg(long)]
    exit_code: bool,
}

impl Status {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let format = shell.globals.format;
        super::check_format(shell)?;
        let selected = shell.needs_selected()?;
        let databases = chosen(shell, &selected, self.database.as_deref())?;
        let session = shell.open(Some(&selected), &selected.folder)?;
        session.listen();
        let info = session.info(Guard::default());
        let context = session.context(Mode::Plan, Arc::new(Recorder::default()), info)?;
        let ledgers = Ledgers { shell, selected: &selected, session: &session, context };
        let mut exit = Exit::Done;
        let mut documents = Vec::new();
        for declared in databases {
            let database = match ledgers.look(declared, None) {
                Ok(database) => database,
                Err(Stopped::Told(failed)) => {
                    exit = exit.combine(failed);
                    continue;
                }
                Err(usage) => return Err(usage),
            };
            let stands = match Stands::of(&ledgers, &database) {
                Ok(stands) => stands,
                Err(failure) => {
                    if let Stopped::Told(failed) = ledgers.told(&failure) {
                        exit = exit.combine(failed);
                    }
                    continue;
                }
            };
            match format {
                Format::Json => documents.push(stand(&database, &stands)),
                _ => shell.console.data(&text(&database, &stands)),
            }
            if let Some((message, hint)) = &stands.at_odds {
                shell.console.talk(&format!("{message}\nhint: {hint}\n"));
            }
            if self.exit_code && (stands.at_odds.is_some() || stands.is_pending()) {
                exit = exit.combine(Exit::Differences);
            }
        }
        if format == Format::Json {
            let env = selected.config.environment.name.clone();
            let schema = MIGRATIONS_SCHEMA.to_owned();
            shell.console.document(&Document::Status { schema, env, databases: documents });
        }
        Ok(exit)
    }
}

/// How a database stands to its files.
struct Stands {
    history: History,
    /// Why nothing would be applied, and what to do.
    at_odds: Option<(String, String)>,
}

impl Stands {
    fn of(ledgers: &Ledgers, database: &Database) -> Result<Self, Failure> {
        let Database { name, id, migrations, ledger, .. } = database;
        let at_odds = match (migrations.pending(name, ledger), id) {
            (Err(error), _) => Some((error.to_string(), error.hint())),
            (Ok(pending), Some(id)) if !pending.is_empty() => {
                let reader = Reader { client: &ledgers.context.client, id, tables: &migrations.tables };
                let asked = done_already(name, &reader, migrations, ledger);
                ledgers.session.runtime().block_on(asked)?
            }
            _ => None,
        };
        Ok(Stands { history: History::of(migrations, ledger), at_odds })
    }

    fn is_pending(&self) -> bool {
        self.history.entries.iter().any(|entry| entry.state != State::Applied)
    }

    fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for entry in &self.history.entries {
            let word = entry.state.word();
            match counts.iter_mut().find(|(known, _)| *known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        counts
    }
}

fn text(database: &Database, stands: &Stands) -> String {
    let counts: Vec<String> = stands.counts().iter().map(|(word, count)| format!("{count} {word}")).collect();
    let counts = if counts.is_empty() { "no migrations".to_owned() } else { counts.join(", ") };
    let absent = if database.id.is_some() { "" } else { ", which does not exist yet" };
    let mut text = format!("{} -> {}{absent}: {counts}\n", database.declared.logical, database.name);
    let width = stands.history.entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0);
    for entry in &stands.history.entries {
        let line = format!("  {:<12}  {:<width$}  {}", entry.state.word(), entry.name, remark(entry));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn remark(entry: &Entry) -> String {
    let mut parts = Vec::new();
    parts.extend(entry.applied_at.clone());
    match (&entry.state, &entry.row) {
        (State::Renamed { from }, _) => parts.push(format!("applied as {from}")),
        (State::Applied | State::Missing, None) => parts.push("by another tool, text not known".into()),
        _ => {}
    }
    if entry.is_late {
        parts.push("late".into());
    }
    parts.join("  ")
}

fn stand(database: &Database, stands: &Stands) -> Stand {
    let at_odds = stands.at_odds.as_ref();
    Stand {
        logical: database.declared.logical.clone(),
        name: database.name.clone(),
        id: database.id.clone(),
        folder: database.declared.folder.clone(),
        table: database.migrations.tables.wrangler.clone(),
        files: stands.history.entries.iter().map(file).collect(),
        error: at_odds.map(|(message, hint)| AtOdds { message: message.clone(), hint: hint.clone() }),
    }
}

fn file(entry: &Entry) -> File {
    let (state, renamed_from) = match &entry.state {
        State::Applied => (FileState::Applied, None),
        State::Pending => (FileState::Pending, None),
        State::OutOfOrder => (FileState::OutOfOrder, None),
        State::Edited => (FileState::Edited, None),
        State::Partial => (FileState::Partial, None),
        State::Renamed { from } => (FileState::Renamed, Some(from.clone())),
        State::Missing => (FileState::Missing, None),
        State::Unrecorded => (FileState::Unrecorded, None),
    };
    File {
        name: entry.name.clone(),
        state,
        renamed_from,
        late: entry.is_late,
        applied_at: entry.applied_at.clone(),
        // Of a part there is a mark in its place.
        sha256: entry.row.as_ref().filter(|_| entry.state != State::Partial).map(|row| row.sha256.clone()),
        run: entry.row.as_ref().map(|row| row.run.clone()),
    }
}
