//! Writes corrections of a ledger in one atomic call.
//!
//! The guard row comes first, as before a file, and is taken away again: a resend finds the ledger changed and is rolled
//! back whole. Where an answer is lost the ledger is asked, as for a file.
//!
//! **Invariant:** corrections count as written only if a read of the ledger shows them.

use super::super::database_flags::DatabaseName;
use super::super::error::MigrationError;
use super::super::files::folder::Migrations;
use super::super::files::tables::Tables;
use super::super::ledger::correction::Correction;
use super::super::ledger::guard::{Stamp, guard, insert_larder, is_refusal};
use super::super::ledger::probe::{Probe, ProbeTime, RESENDS_MAX, look};
use super::super::ledger::reader::{Expected, Reader, words};
use super::super::ledger::rows::Ledger;
use super::super::sql::quoted::identifier;
use super::database::Database;
use crate::http::{ApiError, Outcome, TransportError};
use crate::op::{Context, Failure};
use crate::services::d1::api;

/// The SQL that makes corrections to a ledger that is `seen`, once.
pub fn call(tables: &Tables, seen: &Ledger, corrections: &[Correction], stamp: &Stamp) -> String {
    let mut sql = Vec::new();
    sql.extend(seen.wrangler.is_none().then(|| tables.create_wrangler()));
    sql.extend(seen.larder.is_none().then(|| tables.create_larder()));
    let conditions: Vec<String> =
        corrections.iter().filter_map(|correction| correction.condition(tables)).collect();
    let mut as_seen = guard(tables, seen, &[]);
    if !conditions.is_empty() {
        as_seen = format!("(SELECT {as_seen} WHERE {})", conditions.join(" AND "));
    }
    // No file has an empty name.
    sql.push(insert_larder(tables, seen, "", "", &as_seen, stamp));
    sql.push(format!("DELETE FROM {} WHERE name = '';", identifier(&tables.larder)));
    let mut now = seen.clone();
    for correction in corrections {
        let before = now.clone();
        correction.make(&mut now, stamp.run);
        sql.extend(correction.statements(tables, seen));
        if let Correction::Record { name, sha256 } | Correction::Adopt { name, sha256 } = correction
            && let Some(row) = now.row(name)
        {
            sql.push(insert_larder(tables, &before, name, sha256, &row.before.to_string(), stamp));
        }
    }
    sql.join("\n")
}

/// Writes corrections, and reads them back.
pub async fn correct(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
    seen: &Ledger,
    corrections: &[Correction],
) -> Result<(), Failure> {
    let run = &context.run;
    let stamp = Stamp { run: &run.id, version: run.version };
    let reader = Reader { client: &context.client, id: database.id, tables: &migrations.tables, copy: None };
    let named = migrations.named(database.name);
    let writer = Writer { context, database, named, reader, seen, corrections };
    writer.write(&call(&migrations.tables, seen, corrections, &stamp)).await
}

struct Writer<'a> {
    context: &'a Context,
    database: Database<'a>,
    named: DatabaseName,
    reader: Reader<'a>,
    seen: &'a Ledger,
    corrections: &'a [Correction],
}

impl Writer<'_> {
    async fn write(&self, sql: &str) -> Result<(), Failure> {
        let mut lost: Option<TransportError> = None;
        for resends in 0..=RESENDS_MAX {
            match api::correct(&self.context.client, self.database.id, sql).await {
                Outcome::Applied(_) => return self.confirm().await,
                Outcome::Rejected(error) => return self.refused(error, lost).await,
                Outcome::NotSent(trouble) => {
                    let Some(lost) = lost else {
                        return Err(Failure::of_trouble(self.database.name, trouble));
                    };
                    return match self.look(ProbeTime::Long).await {
                        Probe::Changed(now) => self.settle(&now),
                        Probe::Unchanged | Probe::Unreadable(_) => Err(self.unknown(&lost.detail)),
                    };
                }
                Outcome::Unknown(trouble) => match self.look(ProbeTime::after(resends)).await {
                    Probe::Changed(now) => return self.settle(&now),
                    Probe::Unchanged => lost = Some(trouble),
                    Probe::Unreadable(why) => {
                        let why = format!("{}, and the ledger can't be read: {why}", trouble.detail);
                        return Err(self.unknown(&why));
                    }
                },
            }
        }
        Err(self.unknown(&lost.map_or_else(String::new, |trouble| trouble.detail)))
    }

    /// Looks for corrections whose answer was lost.
    async fn look(&self, patience: ProbeTime) -> Probe {
        look(self.context, &self.reader, self.seen, patience).await
    }

    /// A refusal is the guard's, unless the ledger is as it was.
    async fn refused(&self, error: ApiError, lost: Option<TransportError>) -> Result<(), Failure> {
        let rejected = |error| Failure::rejected(self.database.name, error);
        if error.is_denied() && lost.is_none() {
            return Err(rejected(error));
        }
        // The call before may commit still, whatever is said of this one.
        if let Some(lost) = lost {
            return match self.look(ProbeTime::Long).await {
                Probe::Changed(now) => self.settle(&now),
                // The guard may have seen what this read does not show yet.
                Probe::Unchanged => Err(self.unknown(&lost.detail)),
                Probe::Unreadable(why) => {
                    let why = format!("{}, and the ledger can't be read: {why}", lost.detail);
                    Err(self.unknown(&why))
                }
            };
        }
        match self.reader.read(Expected::Tables).await {
            Ok(now) if !now.has_rows_of(self.seen) => self.settle(&now),
            Ok(_) if is_refusal(self.reader.tables, &error.message()) => {
                Err(MigrationError::Overtaken { database: self.named.clone() }.into())
            }
            Ok(_) | Err(_) => Err(rejected(error)),
        }
    }

    /// The ledger has moved on: by these corrections, or by somebody else.
    fn settle(&self, now: &Ledger) -> Result<(), Failure> {
        if self.is_made(now) {
            return Ok(());
        }
        Err(MigrationError::Overtaken { database: self.named.clone() }.into())
    }

    fn is_made(&self, now: &Ledger) -> bool {
        self.corrections.iter().all(|correction| correction.is_made(now))
    }

    async fn confirm(&self) -> Result<(), Failure> {
        match self.reader.read(Expected::Tables).await {
            Ok(now) if self.is_made(&now) => Ok(()),
            Ok(_) => Err(MigrationError::NotRecorded {
                database: self.database.name.to_owned(),
                files: self.corrections.iter().map(|one| one.file().to_owned()).collect(),
            }
            .into()),
            Err(error) => Err(self.unknown(&format!("the ledger can't be read: {}", words(error)))),
        }
    }

    fn unknown(&self, why: &str) -> Failure {
        Failure::Unknown {
            resource: self.database.name.to_owned(),
            why: format!("the answer to the correction of its ledger was lost: {why}"),
            check: format!(
                "look with `{}`, and give the command again where it is not done: it is done once or not at all",
                self.named.reach.reading("migrations status")
            ),
        }
    }
}
