//! `baseline`: records all files up to a chosen one that matches the live schema.
//!
//! **Invariant:** where several files fit, none of them is chosen for the user.

use super::{Database, Ledgers};
use crate::op::Failure;
use crate::run::Error;
use crate::services::d1::migrations::{Correction, Migrations, SchemaMatch, standings};
use crate::system::flag;

/// What a baseline comes to.
pub enum Baseline {
    Records(Vec<Correction>),
    /// No file was named.
    Open(Choice),
}

/// The files without a row, of which one is to be named as the last that was applied.
pub struct Choice {
    /// In order.
    pub open: Vec<SchemaMatch>,
    /// The database's name in the account.
    name: String,
    /// The command that applies files.
    run: String,
}

impl Ledgers<'_> {
    /// What is recorded of the files up to `to`.
    pub fn baseline(&self, database: &Database, to: Option<&str>) -> Result<Baseline, Error> {
        let all = self.up_to(database, &database.migrations)?;
        let records = |one: &Correction| matches!(one, Correction::Record { .. });
        if !all.iter().any(records) {
            return Ok(Baseline::Records(all));
        }
        let standings = self.standings(database)?;
        let named = to.and_then(|to| standings.iter().find(|one| one.file == to)).cloned();
        let is_recorded = |file: &String| database.ledger.applied().contains(file);
        let open = standings.into_iter().filter(|one| !is_recorded(&one.file)).collect();
        let choice = Choice { open, name: database.name.clone(), run: database.migrations.reach.run() };
        if to.is_some() {
            return match named {
                Some(named) if !named.fits() => Err(self.failed(choice.lacking(&named))),
                _ => Ok(Baseline::Records(all)),
            };
        }
        let adopted: Vec<Correction> = all.into_iter().filter(|one| !records(one)).collect();
        if choice.fitting().is_empty() && !adopted.is_empty() {
            return Ok(Baseline::Records(adopted));
        }
        Ok(Baseline::Open(choice))
    }

    /// What is recorded up to a file that was chosen.
    pub fn baseline_to(&self, database: &Database, chosen: &SchemaMatch) -> Result<Vec<Correction>, Error> {
        let mut migrations = database.migrations.clone();
        migrations.asked =
            migrations.files.iter().position(|one| one.name == chosen.file).map_or(0, |at| at + 1);
        self.up_to(database, &migrations)
    }

    fn up_to(&self, database: &Database, migrations: &Migrations) -> Result<Vec<Correction>, Error> {
        let corrections = migrations.baseline(&database.name, &database.ledger);
        corrections.map_err(|error| self.failed(error.into()))
    }

    fn standings(&self, database: &Database) -> Result<Vec<SchemaMatch>, Error> {
        let Some(reader) = self.reader(database) else { return Ok(Vec::new()) };
        self.wait(standings(&database.name, &reader, &database.migrations))
    }
}

impl Choice {
    /// Why there is nothing to choose from.
    pub fn check(&self) -> Result<(), Failure> {
        if !self.fitting().is_empty() {
            return Ok(());
        }
        let name = &self.name;
        let Some(nearest) = self.open.iter().min_by_key(|one| one.differences().len()) else {
            return Err(refused(format!("`{name}` fits none of the files"), applied_by(&self.run)));
        };
        let differences = nearest.differences().join("; ");
        let message =
            format!("`{name}` fits none of the files; the nearest is `{}`: {differences}", nearest.file);
        Err(refused(message, way_out(nearest, &[], &self.run)))
    }

    /// The one that was named.
    pub fn named(&self, file: &str) -> Result<&SchemaMatch, Failure> {
        let fitting = self.fitting();
        let message = match fitting.iter().find(|one| one.file == file) {
            Some(one) => return Ok(one),
            None if file.is_empty() => "nothing was written".to_owned(),
            None => format!("`{file}` is none of the files that fit"),
        };
        Err(refused(message, ways(&fitting)))
    }

    /// Why nothing is written where nobody can be asked.
    pub fn nobody_asked(&self) -> Failure {
        let message = "nothing was written: which file is the last that was applied is not said";
        refused(message.to_owned(), ways(&self.fitting()))
    }

    fn fitting(&self) -> Vec<&SchemaMatch> {
        self.open.iter().filter(|one| one.fits()).collect()
    }

    fn lacking(&self, named: &SchemaMatch) -> Failure {
        let differences = named.differences().join("; ");
        let message = format!("`{}` can't be recorded: in `{}`, {differences}", named.file, self.name);
        refused(message, way_out(named, &self.fitting(), &self.run))
    }
}

fn refused(message: String, hint: String) -> Failure {
    Failure::refused_with_hint("migration", message, hint)
}

/// What is left where a database has a part of a file.
const BY_HAND: &str = "make by hand what is missing, in the words of the file, and give the command again; where the \
    database is right and no other one has the file, correct the file";

/// What is left where a database has nothing of it.
fn applied_by(run: &str) -> String {
    format!("a file that has not been run is applied by `{run}`")
}

/// What to do about a file that does not fit; what is to be dropped is left to a run, which asks about rows.
fn way_out(named: &SchemaMatch, fitting: &[&SchemaMatch], run: &str) -> String {
    let mut out = Vec::new();
    out.extend((!fitting.is_empty()).then(|| ways(fitting)));
    out.extend((named.is_begun && !named.lacks.is_empty()).then(|| BY_HAND.to_owned()));
    if out.is_empty() { applied_by(run) } else { out.join("; or ") }
}

/// What may be recorded; a file that another ledger has gone beyond is no equal choice, since a run would apply the rest again.
fn ways(fitting: &[&SchemaMatch]) -> String {
    let (behind, whole): (Vec<&SchemaMatch>, Vec<&SchemaMatch>) =
        fitting.iter().partition(|one| !one.behind.is_empty());
    let ways: Vec<String> = whole.iter().map(|one| format!("`{}`", flag("--to", &one.file))).collect();
    let ways = match &ways[..] {
        [] => None,
        [one] => Some(format!("{one} fits: what comes after it is applied by a run")),
        several => {
            Some(format!("these fit: {}; what comes after it is applied by a run", several.join(", ")))
        }
    };
    let behind = behind.iter().map(|one| {
        let beyond = one.behind.join(", ");
        format!("`{}` fits as well, but {beyond}: a run would apply again what comes after it", one.file)
    });
    ways.into_iter().chain(behind).collect::<Vec<_>>().join("; ")
}
