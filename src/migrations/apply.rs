//! Applies what is pending, file by file.
//!
//! Each accepted call proves its predecessors, because its guard would have failed without them. The ledger is read once
//! before the first and once after the last, and at once where an answer was lost or a call refused; then it alone
//! decides what has happened.
//!
//! **Invariant:** a file counts as applied only if a read of the ledger shows it.

use super::compound::needs_import;
use super::error::MigrationError;
use super::files::{Migration, Migrations};
use super::guard::{Stamp, call};
use super::ledger::Ledger;
use super::migrate::{Database, WayBack, value};
use super::position::locate;
use super::reader::{Expect, Reader, words};
use crate::events::{Action, Event, Evidence};
use crate::http::{self, ApiError, ErrorItem, Outcome, ReadError, Trouble};
use crate::op::{Context, Done, Failure};
use crate::services::d1::api::{self, transfer};
use crate::services::d1::wire::StatementResult;
use std::time::Duration;

/// A statement may run for 30 s on the server, so a lost call may commit that late (reliability notes 3.3).
const PAUSES_S: [u64; 7] = [0, 1, 2, 4, 8, 16, 5];
const RESENDS_MAX: u32 = 2;

/// What a read of the ledger says about a call whose answer was lost.
enum Seen {
    Unchanged,
    Changed(Ledger),
    Unreadable(String),
}

/// What one op has done so far.
pub(super) struct Runner<'a> {
    context: &'a Context,
    database: Database<'a>,
    migrations: &'a Migrations,
    reader: Reader<'a>,
    way_back: WayBack,
    ledger: Ledger,
    /// The ledger is as read, not only as it must be.
    is_proven: bool,
    /// How many files, from the folder's first, have had their turn.
    sent: usize,
    applied: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Runner<'a> {
    /// At the beginning, with the ledger as just read.
    pub(super) fn new(
        context: &'a Context,
        database: Database<'a>,
        migrations: &'a Migrations,
        ledger: Ledger,
        way_back: WayBack,
    ) -> Self {
        let reader = Reader { client: &context.client, id: database.id, tables: &migrations.tables };
        let (applied, notes) = (Vec::new(), migrations.notes.clone());
        Runner {
            context,
            database,
            migrations,
            reader,
            way_back,
            ledger,
            is_proven: true,
            sent: 0,
            applied,
            notes,
        }
    }

    /// Applies everything that is pending.
    pub(super) async fn run(mut self) -> Result<Done, Failure> {
        match self.apply_all().await {
            Ok(()) => {
                self.notes.extend(self.way_back.note);
                let asked = &self.migrations.files[self.migrations.asked..];
                let left = asked.iter().filter(|file| !self.ledger.applied().contains(&file.name));
                let left: Vec<String> = left.map(|file| file.name.clone()).collect();
                let action = (!self.applied.is_empty()).then_some(Action::Apply);
                Ok(Done {
                    value: value(self.database, &self.applied, &left, self.way_back.bookmark.as_deref()),
                    action,
                    evidence: action.map(|_| Evidence::Probe),
                    changes: Vec::new(),
                    notes: self.notes,
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
                self.notes.extend(rest.iter().map(|file| format!("`{}` was not sent", file.name)));
                self.notes.extend(self.way_back.note);
                Err(Failure::Partly { cause: Box::new(cause), action: Action::Apply, notes: self.notes })
            }
        }
    }

    async fn apply_all(&mut self) -> Result<(), Failure> {
        let migrations = self.migrations;
        while let Some(next) = migrations.pending(self.database.name, &self.ledger)?.first() {
            self.sent = migrations.files.iter().position(|file| file == *next).map_or(0, |index| index + 1);
            self.apply(next).await?;
        }
        if self.is_proven { Ok(()) } else { self.confirm().await }
    }

    /// Applies one file; where that succeeds, `ledger` has it.
    async fn apply(&mut self, file: &Migration) -> Result<(), Failure> {
        let run = &self.context.run;
        let stamp = Stamp { run: &run.id, version: run.version };
        let sql = call(&self.migrations.tables, &self.ledger, file, &stamp);
        let mut lost: Option<Trouble> = None;
        for _ in 0..=RESENDS_MAX {
            match self.send(file, &sql).await {
                Outcome::Applied(results) => {
                    let failed = results.into_iter().find(|result| result.success == Some(false));
                    let Some(failed) = failed else {
                        self.ledger.record(file, &run.id);
                        self.is_proven = false;
                        self.count(file, format!("`{}` applied", file.name));
                        return Ok(());
                    };
                    return Err(self.failed_inside(file, failed.error.unwrap_or_default()).await);
                }
                Outcome::Rejected(error) => return self.refused(file, error, lost).await,
                Outcome::NotSent(trouble) => {
                    if let Some(lost) = lost {
                        return Err(self.unknown(file, &lost.detail));
                    }
                    self.sent -= 1;
                    return Err(Failure::of_trouble(self.database.name, trouble));
                }
                Outcome::Unknown(trouble) => match self.look().await {
                    Seen::Changed(now) => return self.settle(file, now),
                    Seen::Unchanged => lost = Some(trouble),
                    Seen::Unreadable(why) => {
                        let why = format!("{}, and the ledger can't be read: {why}", trouble.detail);
                        return Err(self.unknown(file, &why));
                    }
                },
            }
        }
        let why = lost.map_or_else(String::new, |trouble| trouble.detail);
        Err(self.unknown(file, &why))
    }

    /// Sends a file with its guard and record: as a query, or as an import where D1's splitter might cut it. What the
    /// server says of an import is proved like any other answer: by the next guard, or by the ledger.
    async fn send(&self, file: &Migration, sql: &str) -> Outcome<Vec<StatementResult>> {
        let (client, id) = (&self.context.client, self.database.id);
        if needs_import(&file.sql).is_none() {
            return api::apply(client, id, sql).await;
        }
        let scope = http::current_scope();
        scope.set_in_doubt(true);
        let tell = |message: String| self.context.events.emit(Event::Progress { op: scope.op, message });
        let outcome = transfer::import(client, id, sql, &tell).await;
        scope.set_in_doubt(matches!(outcome, Outcome::Unknown(_)));
        outcome.map(|_| Vec::new())
    }

    /// Looks for a call whose answer was lost, until it can no longer commit.
    async fn look(&mut self) -> Seen {
        let mut seen = Seen::Unchanged;
        for pause in PAUSES_S {
            if pause > 0 {
                self.context.client.clock().sleep(Duration::from_secs(pause)).await;
            }
            seen = match self.read().await {
                Ok(now) if now.has_rows_of(&self.ledger) => Seen::Unchanged,
                Ok(now) => return Seen::Changed(now),
                Err(error) => Seen::Unreadable(words(error)),
            };
        }
        seen
    }

    /// A refusal is the file's fault if the ledger is as it was, and the guard's if not.
    async fn refused(
        &mut self,
        file: &Migration,
        error: ApiError,
        lost: Option<Trouble>,
    ) -> Result<(), Failure> {
        if error.is_denied() && lost.is_none() {
            return Err(Failure::Rejected { resource: self.database.name.to_owned(), error });
        }
        match (self.read().await, lost) {
            (Ok(now), _) if !now.has_rows_of(&self.ledger) => self.settle(file, now),
            (Err(why), Some(lost)) => {
                let why = format!("{}, and the ledger can't be read: {}", lost.detail, words(why));
                Err(self.unknown(file, &why))
            }
            (Ok(_), _) => Err(self.statement(file, error)),
            (Err(_), None) => Err(Failure::Rejected { resource: self.database.name.to_owned(), error }),
        }
    }

    /// The ledger has moved on: either the file is in it, or somebody else was faster.
    fn settle(&mut self, file: &Migration, now: Ledger) -> Result<(), Failure> {
        let ours = self.context.run.id.as_str();
        let name = &file.name;
        match now.row(name) {
            Some(row) if row.sha256 != file.sha256 => {
                return Err(MigrationError::Rival {
                    database: self.database.name.to_owned(),
                    file: name.clone(),
                    run: row.run.clone(),
                }
                .into());
            }
            Some(row) if row.run == ours => {
                self.count(file, format!("`{name}` applied: the answer was lost, the ledger has it"));
            }
            Some(row) => {
                self.notes.push(format!("`{name}` applied meanwhile by another run (`{}`)", row.run));
            }
            None if now.applied().contains(name) => {
                self.notes.push(format!("`{name}` applied meanwhile by another tool"));
            }
            None => {
                // What is wrong with the new state says more than that it is new.
                self.migrations.pending(self.database.name, &now)?;
                let database = self.database.name.to_owned();
                return Err(MigrationError::Moved { database, file: name.clone() }.into());
            }
        }
        self.ledger = now;
        self.is_proven = true;
        Ok(())
    }

    /// The server has accepted the call, and says that one of its statements failed.
    async fn failed_inside(&mut self, file: &Migration, said: String) -> Failure {
        match self.read().await {
            Ok(now) if now.has_rows_of(&self.ledger) => {
                let items = vec![ErrorItem { message: said, ..ErrorItem::default() }];
                let error =
                    ApiError { endpoint: &api::APPLY, status: 200, items, ray: None, retry_after: None };
                self.statement(file, error)
            }
            Ok(_) => {
                let database = self.database.name.to_owned();
                let failure = MigrationError::NotAtomic { database, file: file.name.clone(), said };
                self.count(file, format!("`{}` recorded, though a statement failed", file.name));
                failure.into()
            }
            Err(error) => {
                self.unknown(file, &format!("{said}, and the ledger can't be read: {}", words(error)))
            }
        }
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
        let now = self.reader.read(if known { Expect::Tables } else { Expect::Nothing }).await?;
        self.is_proven = self.ledger.is_start_of(&now);
        Ok(now)
    }

    fn count(&mut self, file: &Migration, note: String) {
        self.applied.push(file.name.clone());
        self.notes.push(note);
    }

    fn statement(&self, file: &Migration, error: ApiError) -> Failure {
        Failure::Statement {
            resource: self.database.name.to_owned(),
            file: file.name.clone(),
            path: self.migrations.path(&file.name),
            line_column: locate(&file.sql, &error.message()),
            error: Box::new(error),
        }
    }

    fn unknown(&self, file: &Migration, why: &str) -> Failure {
        self.lost(format!("the answer to `{}` was lost: {why}", file.name))
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
