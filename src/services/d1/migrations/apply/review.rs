//! Reviews the pending files before the first is sent: rewrites them for D1, lints and rehearses them.
//!
//! **Invariant:** nothing is written, neither to the database nor to the files.
//! **Invariant:** a database of which it is known that it is empty is not asked.

use super::super::files::folder::{Atomic, Migration, Migrations, Rehearsal};
use super::super::ledger::guard::{GuardedCall, Stamp};
use super::super::ledger::object::Object;
use super::super::ledger::reader::{Expected, LedgerAndSchema, Reader};
use super::super::ledger::rows::Ledger;
use super::super::lint::catalog::Catalog;
use super::super::lint::file::File;
use super::super::lint::finding::{LintFinding, excerpt, excerpt_of, refusal, refusal_for};
use super::super::lint::gate::{EmptyTables, Gate};
use super::super::lint::rules::lint;
use super::super::lint::step_back::steps_back;
use super::super::rehearse::database::RehearsalResult;
use super::super::rehearse::input::RehearsalInput;
use super::super::schema::already_applied::Question;
use super::super::schema::other_ledgers::OtherLedger;
use super::super::sql::compound::{fit, needs_import};
use super::super::sql::kind::StatementKind;
use super::super::sql::pragma;
use super::super::sql::script::Statement;
use super::database::Database;
use super::rehearsal::{RehearsalTarget, by_text, rehearse};
use super::units::{self, Batching};
use crate::http::ReadError;
use crate::op::Failure;
use std::borrow::Cow;

/// So much of a statement is in a plan, in characters; a terminal shows what fits.
const PLANNED_CHARS_MAX: usize = 160;

/// The statements of one file that a plan shows; of those that lose data, it shows all.
const STATEMENTS_OF_FILE_MAX: usize = 8;

/// The statements of all files that a plan shows.
const STATEMENTS_SHOWN_MAX: usize = 40;

/// What a review has shown of files that may be sent.
#[derive(Debug)]
pub struct Review<'a> {
    /// With every pending file as it is sent.
    pub migrations: Cow<'a, Migrations>,
    /// For the plan: each file, and under it what it loses and what it holds.
    pub files: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    pub changes: Vec<String>,
    /// What must have no rows when the files are applied.
    pub needs: EmptyTables,
}

/// Reviews what the ledger does not have; `reader` is `None` where the database is only planned.
pub async fn review<'a>(
    database: &str,
    migrations: &'a Migrations,
    found: &LedgerAndSchema,
    reader: Option<&Reader<'_>>,
    on: &RehearsalTarget,
) -> Result<Review<'a>, Failure> {
    let LedgerAndSchema { ledger, objects } = found;
    let (migrations, mut notes) = fitted(migrations, &migrations.pending(database, ledger)?);
    let pending = migrations.pending(database, ledger)?;
    let reader = reader.filter(|_| !ledger.is_empty_database);
    let is_rehearsed = migrations.rehearsal == Rehearsal::Run;
    let of_read = |error| Failure::of_read(database, error);
    // Tables without a ledger are looked at in any case: to begin anew there does again what was done.
    let objects = match reader {
        Some(reader) if is_rehearsed || ledger.applied().is_empty() => {
            let others = others(reader, objects, on).await.map_err(of_read)?;
            if let Some(finding) = OtherLedger::refusal(&others, &migrations, &pending) {
                return Err(refusal_for(database, &finding));
            }
            let question = Question { reader, migrations: &migrations, ledger };
            if let Some(finding) = question.ask(&pending, objects).await.map_err(of_read)? {
                return Err(refusal_for(database, &finding));
            }
            Some(objects.clone())
        }
        Some(_) => None,
        None => Some(Vec::new()),
    };
    let catalog = catalog(&migrations, ledger, objects.as_deref());
    let files = scripts(&migrations, &pending);
    let linted = lint(&files, &migrations.tables, catalog.clone());
    let same = migrations.shared_numbers();
    let same = same.iter().filter(|shared| pending.iter().any(|file| file.name == shared.file));
    notes.extend(same.map(ToString::to_string));
    let mut found: Vec<LintFinding> = Vec::new();
    if migrations.atomic == Atomic::All {
        found.extend(outlasting_pragmas(&files));
    }
    found.extend(steps_back(&migrations, &pending));
    found.extend(linted.refused.iter().cloned());
    let rehearsed = match objects {
        Some(objects) if is_rehearsed => {
            let of = |stamp: &Stamp<'_>| calls(&migrations, ledger, &pending, stamp);
            let calls = if found.is_empty() { of(&Stamp { run: "", version: "" }) } else { Vec::new() };
            let others = of(&Stamp { run: "another", version: "another" });
            let others = others.iter().map(GuardedCall::text).collect();
            let seen = ledger.clone();
            let (tables, reach) = (migrations.tables.clone(), migrations.reach.clone());
            let staged =
                RehearsalInput { objects, calls, others, seen, files: files.clone(), catalog, tables, reach };
            rehearse(database, staged, reader, on).await?
        }
        _ => by_text(Gate::new(catalog, &[], &[]), &files),
    };
    let RehearsalResult { refused, passed, changes, notes: told } = rehearsed;
    found.extend(passed.refused.iter().cloned());
    found.extend(refused);
    in_order(&files, &mut found);
    if let Some(failure) = refusal(database, &found) {
        return Err(failure);
    }
    let files = shown(&files, &passed.destructive);
    notes.extend(linted.notes);
    notes.extend(told);
    Ok(Review { migrations, files, notes, changes, needs: passed.needs })
}

/// Reviews what is pending, if anything is; what was found is looked at again where that may explain a finding.
pub async fn reviewed<'a>(
    database: Database<'_>,
    migrations: &'a Migrations,
    reader: &Reader<'_>,
    found: &mut LedgerAndSchema,
    on: &RehearsalTarget,
) -> Result<Option<Review<'a>>, Failure> {
    loop {
        if migrations.pending(database.name, &found.ledger)?.is_empty() {
            return Ok(None);
        }
        let failure = match review(database.name, migrations, found, Some(reader), on).await {
            Ok(review) => return Ok(Some(review)),
            Err(failure) => failure,
        };
        // Without a look at the schema, only the files can be at fault.
        let is_by_text = migrations.rehearsal == Rehearsal::Skip && !found.ledger.applied().is_empty();
        if found.ledger.is_empty_database || is_by_text {
            return Err(failure);
        }
        // What another run has applied between two reads is in one and not in the other, and looks like a fault of the
        // files.
        let now =
            reader.look(Expected::Tables).await.map_err(|error| Failure::of_read(database.name, error))?;
        if now.ledger.has_rows_of(&found.ledger) && now.objects == found.objects {
            return Err(failure);
        }
        *found = now;
    }
}

/// The calls that will be sent, as long as nothing comes in between.
fn calls(
    migrations: &Migrations,
    ledger: &Ledger,
    pending: &[&Migration],
    stamp: &Stamp<'_>,
) -> Vec<GuardedCall> {
    let (mut now, mut rest) = (ledger.clone(), pending);
    let mut calls = Vec::new();
    while !rest.is_empty() {
        let (unit, later) = rest.split_at(units::next(migrations, rest, Batching::of(ledger)));
        calls.push(GuardedCall::of(&migrations.tables, &now, unit, &[], stamp));
        for file in unit {
            now.record(file, stamp.run);
        }
        rest = later;
    }
    calls
}

/// Statements that would hold for the files after theirs, which alone they do not.
fn outlasting_pragmas(files: &[File]) -> Vec<LintFinding> {
    let earlier = files.split_last().map(|(_, earlier)| earlier).unwrap_or_default();
    let of_file = |file: &File| {
        let outlasting = file.script.statements().iter().filter(|statement| match &statement.kind {
            StatementKind::Pragma { name, value } => pragma::outlasts(name, value.as_deref()),
            _ => false,
        });
        let finding = |statement: &Statement| {
            let it = excerpt(&statement.text);
            let words = format!(
                "{it} would hold for the files after it, too: `atomic = \"all\"` makes them one transaction"
            );
            let hint = format!(
                "leave `atomic = \"all\"` out, or apply the files up to this one first, with `to: \"{}\"`",
                file.name
            );
            LintFinding::at(&file.path, statement, words, hint)
        };
        outlasting.map(finding).collect::<Vec<_>>()
    };
    earlier.iter().flat_map(of_file).collect()
}

/// By file and place; what is said of a file as a whole comes first.
fn in_order(files: &[File], found: &mut [LintFinding]) {
    let position = |finding: &LintFinding| files.iter().position(|file| file.path == finding.path);
    found.sort_by_key(|finding| (position(finding), finding.line_column));
}

/// Puts the pending files in the form in which D1 takes them; with them, what was done.
fn fitted<'a>(migrations: &'a Migrations, pending: &[&Migration]) -> (Cow<'a, Migrations>, Vec<String>) {
    let (mut whole, mut notes) = (Cow::Borrowed(migrations), Vec::new());
    for file in pending {
        let fitted = fit(&file.sql);
        let path = migrations.path(&file.name);
        for (line, column, rewrite) in fitted.changed {
            notes.push(format!("{path}:{line}:{column}: {}", rewrite.words()));
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

/// Other ledgers. A copy has made-up rows of those that were there before: the database is asked.
async fn others(
    reader: &Reader<'_>,
    objects: &[Object],
    on: &RehearsalTarget,
) -> Result<Vec<OtherLedger>, ReadError> {
    let Some(copy) = on.copy() else { return OtherLedger::read(reader, objects).await };
    let live = copy.live();
    let is_new = |object: &&Object| !live.iter().any(|known| known.name.eq_ignore_ascii_case(&object.name));
    let new: Vec<Object> = objects.iter().filter(is_new).cloned().collect();
    let account = Reader { copy: None, ..*reader };
    let mut found = OtherLedger::read(&account, &live).await?;
    found.extend(OtherLedger::read(reader, &new).await?);
    Ok(found)
}

/// What is known of the tables that are there before the first pending file.
fn catalog(migrations: &Migrations, ledger: &Ledger, objects: Option<&[Object]>) -> Catalog {
    if let Some(objects) = objects {
        let tables = objects.iter().filter(|object| object.kind == "table");
        return Catalog::of_schema(tables.map(|object| (object.name.as_str(), object.sql.as_str())));
    }
    let applied = migrations.files.iter().filter(|file| ledger.applied().contains(&file.name));
    let statements = applied.flat_map(|file| file.sql.statements());
    Catalog::of_history(statements.map(|statement| &statement.kind))
}

fn scripts(migrations: &Migrations, pending: &[&Migration]) -> Vec<File> {
    let file = |file: &&Migration| File {
        name: file.name.clone(),
        path: migrations.path(&file.name),
        script: file.sql.clone(),
    };
    pending.iter().map(file).collect()
}

/// Each file with what it holds; under it what it loses, all of it, and how its statements begin, as far as there is room.
fn shown(files: &[File], destructive: &[(String, LintFinding)]) -> Vec<String> {
    let (mut lines, mut room) = (Vec::new(), STATEMENTS_SHOWN_MAX);
    for file in files {
        let statements = file.script.statements();
        let losses: Vec<&LintFinding> =
            destructive.iter().filter(|(name, _)| *name == file.name).map(|(_, finding)| finding).collect();
        let mark = if losses.is_empty() { "" } else { ", destructive" };
        let plural = if statements.len() == 1 { "" } else { "s" };
        lines.push(format!("`{}` is pending: {} statement{plural}{mark}", file.name, statements.len()));
        lines.extend(losses.into_iter().map(|finding| format!("! {finding}")));
        let count = statements.len().min(STATEMENTS_OF_FILE_MAX).min(room);
        room -= count;
        let begin = |statement: &Statement| {
            format!("line {}: {}", statement.line, excerpt_of(&statement.text, PLANNED_CHARS_MAX))
        };
        lines.extend(statements.iter().take(count).map(begin));
        if 0 < count && count < statements.len() {
            lines.push(format!("and {} more statements of `{}`", statements.len() - count, file.name));
        }
    }
    lines
}
