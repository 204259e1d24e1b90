//! Applies pending files call by call: one file each, or several where the database has no table.
//!
//! Each accepted call proves its predecessors, because its guard would have failed without them. The ledger is read once
//! before the first and once after the last, and at once where an answer was lost or a call refused; then it alone
//! decides what has happened.
//!
//! **Invariant:** a file counts as applied only if a read of the ledger shows it.

use super::super::error::MigrationError;
use super::super::files::folder::{Atomic, Migration, Migrations};
use super::super::ledger::guard::{GuardedCall, Stamp, is_refusal};
use super::super::ledger::probe::{Probe, ProbeTime, RESENDS_MAX, look};
use super::super::ledger::reader::{Expected, Reader, words};
use super::super::ledger::rows::Ledger;
use super::super::lint::gate::EmptyTables;
use super::super::schema::live::filled;
use super::super::sql::position::locate;
use super::database::Database;
use super::result::value;
use super::send::send;
use super::undo::UndoInstructions;
use super::units::{self, Batching};
use crate::events::{Action, Evidence};
use crate::http::{ApiError, ErrorItem, Outcome, ReadError, TransportError};
use crate::op::{Context, Failure, OpResult};
use crate::services::d1::api;

/// What one op has done so far.
pub struct Runner<'a> {
    context: &'a Context,
    database: Database<'a>,
    migrations: &'a Migrations,
    reader: Reader<'a>,
    way_back: UndoInstructions,
    ledger: Ledger,
    needs: EmptyTables,
    pace: Batching,
    /// The ledger is as read, not only as it must be.
    is_proven: bool,
    /// How many files, from the folder's first, have had their turn.
    sent: usize,
    applied: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Runner<'a> {
    /// At the beginning, with the ledger as just read.
    pub fn new(
        context: &'a Context,
        database: Database<'a>,
        migrations: &'a Migrations,
        ledger: Ledger,
        needs: EmptyTables,
        way_back: UndoInstructions,
    ) -> Self {
        let reader =
            Reader { client: &context.client, id: database.id, tables: &migrations.tables, copy: None };
        let (applied, notes) = (Vec::new(), migrations.notes.clone());
        let pace = Batching::of(&ledger);
        Runner {
            context,
            database,
            migrations,
            reader,
            way_back,
            ledger,
            needs,
            pace,
            is_proven: true,
            sent: 0,
            applied,
            notes,
        }
    }

    /// Applies everything that is pending.
    pub async fn run(mut self) -> Result<OpResult, Failure> {
        match self.apply_all().await {
            Ok(()) => {
                self.notes.extend(self.way_back.note);
                let asked = &self.migrations.files[self.migrations.asked..];
                let left = asked.iter().filter(|file| !self.ledger.applied().contains(&file.name));
                let left: Vec<String> = left.map(|file| file.name.clone()).collect();
                let action = (!self.applied.is_empty()).then_some(Action::Apply);
                Ok(OpResult {
                    value: value(self.database, &self.applied, &left, self.way_back.bookmark.as_deref()),
                    action,
                    evidence: action.map(|_| Evidence::Probe),
                    migrations: self.applied,
                    notes: self.notes,
                    ..OpResult::default()
                })
            }
            Err(cause) if self.applied.is_empty() && !matches!(cause, Failure::Unknown { .. }) => Err(cause),
            Err(cause) => {
                if !self.is_proven && self.read().await.is_err() {
                    self.notes.push(
                        "what is applied rests on the server's answers: the ledger can't be read".into(),
                    );
                }
                let rest = &self.migrations.files[self.sent..self.migrations.asked];
                let rest = rest.iter().filter(|file| !self.ledger.applied().contains(&file.name));
                self.notes.extend(rest.map(|file| format!("`{}` was not sent", file.name)));
                self.notes.extend(self.way_back.note);
                Err(Failure::Partly {
                    cause: Box::new(cause),
                    action: Action::Apply,
                    migrations: self.applied,
                    notes: self.notes,
                })
            }
        }
    }

    async fn apply_all(&mut self) -> Result<(), Failure> {
        let migrations = self.migrations;
        loop {
            let mut unit = migrations.pending(self.database.name, &self.ledger)?;
            unit.truncate(units::next(migrations, &unit, self.pace));
            let Some(last) = unit.last() else { break };
            let before = self.sent;
            self.sent = migrations.files.iter().take_while(|file| *file != *last).count() + 1;
            let pace = self.pace;
            let sent = self.apply(&unit).await;
            if self.pace != pace || matches!(sent, Err(Failure::Unreachable { .. } | Failure::Interrupted)) {
                self.sent = before;
            }
            sent?;
        }
        if self.is_proven { Ok(()) } else { self.confirm().await }
    }

    /// Applies files in one call; where that succeeds, `ledger` has them.
    async fn apply(&mut self, unit: &[&Migration]) -> Result<(), Failure> {
        let run = &self.context.run;
        let stamp = Stamp { run: &run.id, version: run.version };
        let empty = self.needs.before(unit);
        let sql = GuardedCall::of(&self.migrations.tables, &self.ledger, unit, &empty, &stamp).text();
        let mut lost: Option<TransportError> = None;
        for resends in 0..=RESENDS_MAX {
            match send(self.context, self.database.id, unit, &sql).await {
                Outcome::Applied(results) => {
                    let failed = results.into_iter().find(|result| result.success == Some(false));
                    let Some(failed) = failed else {
                        for file in unit {
                            self.ledger.record(file, &run.id);
                            self.count(file, format!("`{}` applied", file.name));
                        }
                        self.is_proven = false;
                        return Ok(());
                    };
                    return Err(self.failed_inside(unit, failed.error.unwrap_or_default()).await);
                }
                Outcome::Rejected(error) => return self.refused(unit, error, lost).await,
                Outcome::NotSent(trouble) => {
                    let Some(lost) = lost else {
                        return Err(Failure::of_trouble(self.database.name, trouble));
                    };
                    return match self.look(ProbeTime::Long).await {
                        Probe::Changed(now) => self.settle(unit, now),
                        Probe::Unchanged | Probe::Unreadable(_) => Err(self.unknown(unit, &lost.detail)),
                    };
                }
                Outcome::Unknown(trouble) => match self.look(ProbeTime::after(resends)).await {
                    Probe::Changed(now) => return self.settle(unit, now),
                    Probe::Unchanged => lost = Some(trouble),
                    Probe::Unreadable(why) => {
                        let why = format!("{}, and the ledger can't be read: {why}", trouble.detail);
                        return Err(self.unknown(unit, &why));
                    }
                },
            }
        }
        let why = lost.map_or_else(String::new, |trouble| trouble.detail);
        Err(self.unknown(unit, &why))
    }

    /// Looks for a call whose answer was lost.
    async fn look(&mut self, patience: ProbeTime) -> Probe {
        let seen = look(self.context, &self.reader, &self.ledger, patience).await;
        match &seen {
            Probe::Unchanged => self.is_proven = true,
            Probe::Changed(now) => self.is_proven = self.ledger.is_start_of(now),
            Probe::Unreadable(_) => {}
        }
        seen
    }

    /// A refusal is the file's fault if the ledger is as it was, and the guard's if not.
    async fn refused(
        &mut self,
        unit: &[&Migration],
        error: ApiError,
        lost: Option<TransportError>,
    ) -> Result<(), Failure> {
        if error.is_denied() && lost.is_none() {
            return Err(Failure::rejected(self.database.name, error));
        }
        // The call before may commit still, whatever is said of this one.
        if let Some(lost) = &lost
            && !self.is_guards(&error)
        {
            match self.look(ProbeTime::Long).await {
                Probe::Changed(now) => return self.settle(unit, now),
                Probe::Unchanged => {}
                Probe::Unreadable(why) => {
                    let why = format!("{}, and the ledger can't be read: {why}", lost.detail);
                    return Err(self.unknown(unit, &why));
                }
            }
        }
        match (self.read().await, lost) {
            (Ok(now), None) if self.is_of_a_file(&error) && !self.kept(unit, &now).is_empty() => {
                Err(self.not_atomic(unit, &now, error.message()).await)
            }
            (Ok(now), _) if !now.has_rows_of(&self.ledger) => self.settle(unit, now),
            (Ok(_), Some(_)) if self.is_guards(&error) => self.overtake(unit).await,
            (Ok(_), None) if self.is_guards(&error) => Err(self.held_back(unit).await),
            (Ok(_), _) if unit.len() > 1 && self.migrations.atomic != Atomic::All => {
                self.go_apart(unit);
                Ok(())
            }
            (Ok(_), _) if self.is_of_ledger(&error) => {
                let (database, file) = (self.migrations.named(self.database.name), names(unit));
                Err(MigrationError::Row { database, file, said: error.message() }.into())
            }
            (Err(why), Some(lost)) => {
                let why = format!("{}, and the ledger can't be read: {}", lost.detail, words(why));
                Err(self.unknown(unit, &why))
            }
            (Ok(_), _) if !error.is_denied() => Err(self.statement(unit, error)),
            (Ok(_), _) | (Err(_), None) => Err(Failure::rejected(self.database.name, error)),
        }
    }

    /// A call of several files was refused, and nothing of it is applied: alone, each says what is wrong with it.
    fn go_apart(&mut self, unit: &[&Migration]) {
        self.pace = Batching::Apart;
        self.notes.push(format!("`{}` were refused in one call, and are sent one by one", names(unit)));
    }

    /// The guard has refused a call which was sent once, so nothing of it is applied: a table has rows that must have none, or
    /// the ledger has moved on and back.
    async fn held_back(&mut self, unit: &[&Migration]) -> Failure {
        let (database, file) = (self.database.name.to_owned(), names(unit));
        match filled(&self.reader, &self.needs.before(unit)).await {
            Ok(tables) if !tables.is_empty() => MigrationError::Filled { database, file, tables }.into(),
            _ => MigrationError::Moved { database, file }.into(),
        }
    }

    /// One call before this one was lost: the guard knows that the ledger has moved on, and what was read does not show it yet.
    async fn overtake(&mut self, unit: &[&Migration]) -> Result<(), Failure> {
        match self.look(ProbeTime::Long).await {
            Probe::Changed(now) => self.settle(unit, now),
            Probe::Unchanged => {
                Err(self.unknown(unit, "the ledger has moved on, and reads as it was before"))
            }
            Probe::Unreadable(why) => Err(self.unknown(unit, &format!("the ledger can't be read: {why}"))),
        }
    }

    /// The ledger has moved on: either the files are in it, or somebody else was faster.
    fn settle(&mut self, unit: &[&Migration], now: Ledger) -> Result<(), Failure> {
        let database = || self.database.name.to_owned();
        for file in unit {
            if let Some(row) = now.row(&file.name).filter(|row| row.sha256 != file.sha256) {
                let (file, run) = (file.name.clone(), row.run.clone());
                return Err(MigrationError::Rival { database: database(), file, run }.into());
            }
        }
        if !unit.iter().any(|file| now.applied().contains(&file.name)) {
            // What is wrong with the new state says more than that it is new.
            self.migrations.pending(self.database.name, &now)?;
            let file = unit.first().map(|file| file.name.clone()).unwrap_or_default();
            return Err(MigrationError::Moved { database: database(), file }.into());
        }
        let ours = self.context.run.id.as_str();
        for file in unit {
            let name = &file.name;
            match now.row(name) {
                Some(row) if row.run == ours => {
                    self.count(file, format!("`{name}` applied: the answer was lost, the ledger has it"));
                }
                Some(row) => {
                    self.notes.push(format!("`{name}` applied meanwhile by another run (`{}`)", row.run));
                }
                None if now.applied().contains(name) => {
                    self.notes.push(format!("`{name}` applied meanwhile by another tool"));
                }
                // Somebody has applied a part; the rest is pending still.
                None => {}
            }
        }
        self.ledger = now;
        // Where somebody else is at work, each file is looked at alone.
        self.pace = Batching::Apart;
        self.is_proven = true;
        Ok(())
    }

    /// The server has accepted the call, and says that one of its statements failed.
    async fn failed_inside(&mut self, unit: &[&Migration], said: String) -> Failure {
        match self.read().await {
            Ok(now) if self.kept(unit, &now).is_empty() => {
                let items = vec![ErrorItem { message: said, ..ErrorItem::default() }];
                let error = ApiError {
                    endpoint: &api::APPLY,
                    status: 200,
                    items,
                    ray: None,
                    retry_after: None,
                    follows_loss: false,
                };
                self.statement(unit, error)
            }
            Ok(now) => self.not_atomic(unit, &now, said).await,
            Err(error) => {
                self.unknown(unit, &format!("{said}, and the ledger can't be read: {}", words(error)))
            }
        }
    }

    fn is_guards(&self, error: &ApiError) -> bool {
        is_refusal(&self.migrations.tables, &error.message())
    }

    /// Whether a row of the ledger's was refused by its own table, which no statement of a file can name.
    fn is_of_ledger(&self, error: &ApiError) -> bool {
        let (said, tables) = (error.message(), &self.migrations.tables);
        [&tables.larder, &tables.wrangler]
            .iter()
            .any(|table| said.contains(&format!("constraint failed: {table}.")))
    }

    /// Whether a statement of a file failed by SQLite's word, and not the service, which may have kept all.
    fn is_of_a_file(&self, error: &ApiError) -> bool {
        error.message().contains("SQLITE_") && !self.is_of_ledger(error)
    }

    /// The files of a call that has failed, and of which the ledger has this run's rows nevertheless.
    fn kept<'u>(&self, unit: &[&'u Migration], now: &Ledger) -> Vec<&'u Migration> {
        let is_ours =
            |file: &&&Migration| now.row(&file.name).is_some_and(|row| row.run == self.context.run.id);
        unit.iter().filter(is_ours).copied().collect()
    }

    /// A call was no transaction: its rows must not say that its files are applied.
    async fn not_atomic(&mut self, unit: &[&Migration], now: &Ledger, said: String) -> Failure {
        let kept = self.kept(unit, now);
        for file in &kept {
            self.count(file, format!("`{}` applied in part", file.name));
        }
        let kept: Vec<&str> = kept.iter().map(|file| file.name.as_str()).collect();
        let sql = self.migrations.tables.mark_partial(&kept, &self.context.run.id);
        self.notes.extend(self.mark(&sql).await.err());
        MigrationError::NotAtomic { database: self.database.name.to_owned(), file: names(unit), said }.into()
    }

    /// Sends a mark, which may be set twice; or what is to be said of one that is not set.
    async fn mark(&self, sql: &str) -> Result<(), String> {
        let mut lost = String::new();
        for _ in 0..=RESENDS_MAX {
            match api::correct(&self.context.client, self.database.id, sql).await {
                Outcome::Applied(_) => return Ok(()),
                Outcome::Rejected(error) => {
                    return Err(format!("the ledger still calls it applied: {}", error.message()));
                }
                Outcome::NotSent(trouble) | Outcome::Unknown(trouble) => lost = trouble.detail,
            }
        }
        Err(format!("the ledger may still call it applied: {lost}"))
    }

    /// The last file has no successor whose guard would prove it.
    async fn confirm(&mut self) -> Result<(), Failure> {
        match self.read().await {
            Ok(_) if self.is_proven => Ok(()),
            Ok(now) => {
                let files =
                    self.applied.iter().filter(|name| !now.applied().contains(name)).cloned().collect();
                let database = self.database.name.to_owned();
                Err(MigrationError::NotRecorded { database, files }.into())
            }
            Err(error) => {
                let last = self.applied.last().cloned().unwrap_or_default();
                let why = format!("the ledger can't be read after `{last}`: {}", words(error));
                Err(self.lost(why))
            }
        }
    }

    async fn read(&mut self) -> Result<Ledger, ReadError> {
        let known = self.ledger.wrangler.is_some() && self.ledger.larder.is_some();
        let now = self.reader.read(if known { Expected::Tables } else { Expected::Nothing }).await?;
        self.is_proven = self.ledger.is_start_of(&now);
        Ok(now)
    }

    fn count(&mut self, file: &Migration, note: String) {
        self.applied.push(file.name.clone());
        self.notes.push(note);
    }

    fn statement(&self, unit: &[&Migration], error: ApiError) -> Failure {
        // Of several files only the one in which alone the place can be is believed.
        let places: Vec<(&Migration, (usize, usize))> =
            unit.iter().filter_map(|file| Some((*file, locate(&file.sql, &error.message())?))).collect();
        let (file, line_column) = match (&places[..], unit) {
            ([(file, place)], _) => (file.name.clone(), Some(*place)),
            _ => (names(unit), None),
        };
        Failure::Statement {
            resource: self.database.name.to_owned(),
            path: self.migrations.path(&file),
            file,
            line_column,
            error: Box::new(error),
        }
    }

    fn unknown(&self, unit: &[&Migration], why: &str) -> Failure {
        self.lost(format!("the answer to `{}` was lost: {why}", names(unit)))
    }

    fn lost(&self, why: String) -> Failure {
        Failure::Unknown {
            resource: self.database.name.to_owned(),
            why,
            check: format!(
                "run again, or ask the ledger: `{}`: what it has is applied whole, what it has not is not applied at all",
                self.migrations.tables.query_that_decides()
            ),
        }
    }
}

/// The files of one call: its name, or the first and the last.
fn names(unit: &[&Migration]) -> String {
    match unit {
        [] => String::new(),
        [file] => file.name.clone(),
        [first, .., last] => format!("{} ... {}", first.name, last.name),
    }
}
