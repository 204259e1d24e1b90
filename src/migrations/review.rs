//! Looks at the pending files before the first of them is sent: put in a form that D1 takes, linted, rehearsed.
//!
//! **Invariant:** nothing is written, neither to the database nor to the files.
//! **Invariant:** a database of which it is known that it is empty is not asked.

use super::already::Question;
use super::catalog::Catalog;
use super::compound::{fit, needs_import};
use super::files::{Migration, Migrations, Rehearsal};
use super::finding::{Finding, excerpt, refusal, refusal_for};
use super::ledger::Ledger;
use super::lint::{File, Linted, lint};
use super::live::{self, Object};
use super::reader::Reader;
use super::rehearse::{Rehearsed, Stage};
use super::statements::{Statement, read};
use crate::op::{Failure, Surroundings};
use std::borrow::Cow;

/// The statements of one file that a plan shows; of those that lose data, it shows all.
const STATEMENTS_OF_FILE_MAX: usize = 8;

/// The statements of all files that a plan shows.
const STATEMENTS_SHOWN_MAX: usize = 40;

/// What a review has shown of files that may be sent.
#[derive(Debug)]
pub(super) struct Review<'a> {
    /// With every pending file as it is sent.
    pub(super) migrations: Cow<'a, Migrations>,
    /// For the plan: each file, and under it what it loses and what it holds.
    pub(super) files: Vec<String>,
    /// What is worth knowing.
    pub(super) notes: Vec<String>,
    /// The schema diff.
    pub(super) changes: Vec<String>,
}

/// Reviews what `ledger` does not have; `reader` is `None` where the database is only planned.
pub(super) async fn review<'a>(
    database: &str,
    migrations: &'a Migrations,
    ledger: &Ledger,
    reader: Option<&Reader<'_>>,
    surroundings: Option<&Surroundings>,
) -> Result<Review<'a>, Failure> {
    let (migrations, mut notes) = fitted(migrations, &migrations.pending(database, ledger)?);
    let pending = migrations.pending(database, ledger)?;
    let reader = reader.filter(|_| !ledger.is_empty_database);
    let is_rehearsed = migrations.rehearsal == Rehearsal::Run;
    let of_read = |error| Failure::of_read(database, error);
    // Tables without a ledger are looked at in any case: to begin anew there does again what was done.
    let objects = match reader {
        Some(reader) if is_rehearsed || ledger.applied().is_empty() => {
            let objects = live::schema(reader).await.map_err(of_read)?;
            let question = Question { reader, migrations: &migrations, ledger, surroundings };
            if let Some(finding) = question.ask(&pending, &objects).await.map_err(of_read)? {
                return Err(refusal_for(database, &finding));
            }
            Some(objects)
        }
        Some(_) => None,
        None => Some(Vec::new()),
    };
    let catalog = catalog(&migrations, ledger, objects.as_deref());
    let files = scripts(&migrations, &pending);
    let linted = lint(&files, &migrations.tables, catalog);
    let same = migrations.shared_numbers();
    let same = same.iter().filter(|shared| pending.iter().any(|file| file.name == shared.file));
    notes.extend(same.map(ToString::to_string));
    if let Some(failure) = refusal(database, &linted.refused) {
        return Err(failure);
    }
    let rehearsed = match objects {
        Some(objects) if is_rehearsed => {
            rehearse(database, objects, &migrations, files.clone(), reader).await?
        }
        _ => Rehearsed::default(),
    };
    if let Some(failure) = refusal(database, &rehearsed.refused) {
        return Err(failure);
    }
    let files = shown(&files, &linted);
    notes.extend(linted.notes);
    notes.extend(rehearsed.notes);
    Ok(Review { migrations, files, notes, changes: rehearsed.changes })
}

async fn rehearse(
    database: &str,
    objects: Vec<Object>,
    migrations: &Migrations,
    files: Vec<File>,
    reader: Option<&Reader<'_>>,
) -> Result<Rehearsed, Failure> {
    // What keeps a rehearsal from being held is no fault of the files.
    let not_held = |error: rusqlite::Error| {
        Ok(Rehearsed { notes: vec![format!("the files are not rehearsed: {error}")], ..Rehearsed::default() })
    };
    let built = Stage::build(&objects, &migrations.tables).and_then(|stage| Ok((stage.tables()?, stage)));
    let (tables, mut stage) = match built {
        Ok(built) => built,
        Err(error) => return not_held(error),
    };
    let filled = match reader {
        Some(reader) => live::filled(reader, &tables).await,
        None => Ok(Vec::new()),
    };
    let filled = filled.map_err(|error| Failure::of_read(database, error))?;
    // It may take seconds, which are not the other ops'.
    let run = move || stage.furnish(&objects, &filled).and_then(|()| stage.run(&files));
    match tokio::task::spawn_blocking(run).await {
        Ok(Ok(rehearsed)) => Ok(rehearsed),
        Ok(Err(error)) => not_held(error),
        Err(error) => Err(Failure::Bug(format!("a rehearsal ended early: {error}"))),
    }
}

/// Puts the pending files in the form in which D1 takes them; with them, what was done.
fn fitted<'a>(migrations: &'a Migrations, pending: &[&Migration]) -> (Cow<'a, Migrations>, Vec<String>) {
    let (mut whole, mut notes) = (Cow::Borrowed(migrations), Vec::new());
    for file in pending {
        let fitted = fit(&file.sql);
        let path = migrations.path(&file.name);
        for (line, column) in fitted.enclosed {
            let words =
                "this `CASE` is sent in parentheses: D1 would take its `END;` for that of the trigger";
            notes.push(format!("{path}:{line}:{column}: {words}"));
        }
        if let Some(why) = needs_import(&fitted.sql) {
            notes.push(format!(
                "{path}: goes in as an import, the database serves nothing else meanwhile: {why}"
            ));
        }
        let index = migrations.files.iter().position(|other| other.name == file.name);
        if let Some(index) = index.filter(|_| fitted.sql != file.sql) {
            whole.to_mut().files[index].sql = fitted.sql;
        }
    }
    (whole, notes)
}

/// What is known of the tables that are there before the first pending file.
fn catalog(migrations: &Migrations, ledger: &Ledger, objects: Option<&[Object]>) -> Catalog {
    if let Some(objects) = objects {
        let tables = objects.iter().filter(|object| object.kind == "table");
        return Catalog::of_schema(tables.map(|object| object.sql.as_str()));
    }
    let applied = migrations.files.iter().filter(|file| ledger.applied().contains(&file.name));
    let statements: Vec<_> = applied.flat_map(|file| read(&file.sql).statements).collect();
    Catalog::of_history(statements.iter().map(|statement| &statement.kind))
}

fn scripts(migrations: &Migrations, pending: &[&Migration]) -> Vec<File> {
    let file = |file: &&Migration| File {
        name: file.name.clone(),
        path: migrations.path(&file.name),
        script: read(&file.sql),
    };
    pending.iter().map(file).collect()
}

/// Each file with what it holds; under it what it loses, all of it, and how its statements begin, as far as there is room.
fn shown(files: &[File], linted: &Linted) -> Vec<String> {
    let (mut lines, mut room) = (Vec::new(), STATEMENTS_SHOWN_MAX);
    for file in files {
        let statements = &file.script.statements;
        let losses: Vec<&Finding> = linted
            .destructive
            .iter()
            .filter(|(name, _)| *name == file.name)
            .map(|(_, finding)| finding)
            .collect();
        let mark = if losses.is_empty() { "" } else { ", destructive" };
        let plural = if statements.len() == 1 { "" } else { "s" };
        lines.push(format!("`{}` is pending: {} statement{plural}{mark}", file.name, statements.len()));
        lines.extend(losses.into_iter().map(|finding| format!("! {finding}")));
        let count = statements.len().min(STATEMENTS_OF_FILE_MAX).min(room);
        room -= count;
        let begin = |statement: &Statement| format!("line {}: {}", statement.line, excerpt(&statement.text));
        lines.extend(statements.iter().take(count).map(begin));
        if 0 < count && count < statements.len() {
            lines.push(format!("and {} more statements of `{}`", statements.len() - count, file.name));
        }
    }
    lines
}
