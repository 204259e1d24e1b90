//! What a baseline records: the files up to one that the schema fits, and that a person has named.
//!
//! **Invariant:** where several files fit, none of them is chosen for the user.

use super::super::Stopped;
use super::super::globals::Format;
use super::super::question;
use super::databases::{Database, Ledgers};
use crate::migrations::{Correction, Migrations, Reader, Standing, standings, word};
use crate::op::Failure;
use crate::run::exit;
use std::fmt::Write as _;

/// Differences that a line of the list shows.
const SHOWN_MAX: usize = 3;

/// A database whose ledger is to be begun.
pub struct Choice<'a> {
    /// The account.
    pub ledgers: &'a Ledgers<'a>,
    /// The database.
    pub found: &'a Database,
}

impl Choice<'_> {
    /// What is recorded of the files up to `to`.
    pub fn corrections(&self, to: Option<&str>) -> Result<Vec<Correction>, Stopped> {
        let all = self.up_to(&self.found.migrations)?;
        let records = |one: &Correction| matches!(one, Correction::Record { .. });
        if !all.iter().any(records) {
            return Ok(all);
        }
        let standings = self.standings()?;
        let is_recorded = |file: &String| self.found.ledger.applied().contains(file);
        let open: Vec<&Standing> = standings.iter().filter(|one| !is_recorded(&one.file)).collect();
        let fitting: Vec<&Standing> = open.iter().copied().filter(|one| one.fits()).collect();
        if let Some(to) = to {
            return match standings.iter().find(|one| one.file == to) {
                Some(named) if !named.fits() => Err(self.lacking(named, &fitting)),
                _ => Ok(all),
            };
        }
        if fitting.is_empty() {
            let adopted: Vec<Correction> = all.into_iter().filter(|one| !records(one)).collect();
            return if adopted.is_empty() { Err(self.nothing_fits(&open)) } else { Ok(adopted) };
        }
        self.show(&open);
        let file = self.ask(&fitting)?;
        let mut migrations = self.found.migrations.clone();
        migrations.asked = migrations.files.iter().position(|one| one.name == file).map_or(0, |at| at + 1);
        self.up_to(&migrations)
    }

    fn up_to(&self, migrations: &Migrations) -> Result<Vec<Correction>, Stopped> {
        let corrections = migrations.baseline(&self.found.name, &self.found.ledger);
        corrections.map_err(|error| self.ledgers.told(&error.into()))
    }

    fn standings(&self) -> Result<Vec<Standing>, Stopped> {
        let Some(id) = &self.found.id else { return Ok(Vec::new()) };
        let (name, migrations) = (&self.found.name, &self.found.migrations);
        let reader = Reader { client: &self.ledgers.context.client, id, tables: &migrations.tables };
        let compared = self.ledgers.session.runtime().block_on(standings(name, &reader, migrations));
        compared.map_err(|failure| self.ledgers.told(&failure))
    }

    fn show(&self, open: &[&Standing]) {
        let shell = self.ledgers.shell;
        if shell.globals.format != Format::Text {
            return;
        }
        let width = open.iter().map(|one| one.file.chars().count()).max().unwrap_or(0);
        let mut text = format!("{} -> {}\n", self.found.declared.logical, self.found.name);
        for one in open {
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

    /// The last file, from a person.
    fn ask(&self, fitting: &[&Standing]) -> Result<String, Stopped> {
        let Ledgers { shell, session, .. } = self.ledgers;
        if !question::is_anybody_there() {
            let message = "nothing was written: which file is the last that was applied is not said";
            return Err(self.refused(message.to_owned(), ways(fitting)));
        }
        let Some(line) = question::ask_for_line(&shell.console, session, "the last file that was applied: ")
        else {
            return Err(Stopped::Told(exit::of_no(session.signal())));
        };
        match fitting.iter().find(|one| one.file == line) {
            Some(one) => Ok(one.file.clone()),
            None if line.is_empty() => Err(self.refused("nothing was written".to_owned(), ways(fitting))),
            None => Err(self.refused(format!("`{line}` is none of the files that fit"), ways(fitting))),
        }
    }

    fn lacking(&self, named: &Standing, fitting: &[&Standing]) -> Stopped {
        let differences = named.differences().join("; ");
        let message = format!("`{}` can't be recorded: in `{}`, {differences}", named.file, self.found.name);
        self.refused(message, way_out(named, fitting, &self.run()))
    }

    fn nothing_fits(&self, open: &[&Standing]) -> Stopped {
        self.show(open);
        let name = &self.found.name;
        let Some(nearest) = open.iter().min_by_key(|one| one.differences().len()) else {
            return self.refused(format!("`{name}` fits none of the files"), applied_by(&self.run()));
        };
        let differences = nearest.differences().join("; ");
        let message =
            format!("`{name}` fits none of the files; the nearest is `{}`: {differences}", nearest.file);
        self.refused(message, way_out(nearest, &[], &self.run()))
    }

    fn run(&self) -> String {
        self.found.migrations.reach.run()
    }

    fn refused(&self, message: String, hint: String) -> Stopped {
        self.ledgers.told(&Failure::refused_with_hint("migration", message, hint))
    }
}

/// What is left where a database has a part of a file.
const BY_HAND: &str = "make by hand what is missing, in the words of the file, and give the command again; where the \
    database is right and no other one has the file, correct the file";

/// What is left where a database has nothing of it.
fn applied_by(run: &str) -> String {
    format!("a file that has not been run is applied by `{run}`")
}

/// What to do about a file that does not fit; what is to be dropped is left to a run, which asks about rows.
fn way_out(named: &Standing, fitting: &[&Standing], run: &str) -> String {
    let mut out = Vec::new();
    out.extend((!fitting.is_empty()).then(|| ways(fitting)));
    out.extend((named.is_begun && !named.lacks.is_empty()).then(|| BY_HAND.to_owned()));
    if out.is_empty() { applied_by(run) } else { out.join("; or ") }
}

/// What may be recorded; a file that another ledger has gone beyond is no equal choice, since a run would apply the rest again.
fn ways(fitting: &[&Standing]) -> String {
    let (behind, whole): (Vec<&Standing>, Vec<&Standing>) =
        fitting.iter().partition(|one| !one.behind.is_empty());
    let ways: Vec<String> = whole.iter().map(|one| format!("`--to {}`", word(&one.file))).collect();
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

fn shortened(lacks: &[String]) -> String {
    let mut shown = lacks[..lacks.len().min(SHOWN_MAX)].join("; ");
    if lacks.len() > SHOWN_MAX {
        let _ = write!(shown, "; and {} more", lacks.len() - SHOWN_MAX);
    }
    shown
}
