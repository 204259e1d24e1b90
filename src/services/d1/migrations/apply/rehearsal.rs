//! Rehearses files, on a new copy or on the copy of a dry run.
//!
//! **Invariant:** which tables have rows is asked only where a statement could come to something else for it.

use super::super::ledger::reader::Reader;
use super::super::lint::file::File;
use super::super::lint::gate::Gate;
use super::super::rehearse::database::{RehearsalDatabase, RehearsalResult};
use super::super::rehearse::input::RehearsalInput;
use super::super::rehearse::rehearsal_copy::RehearsalCopy;
use super::super::schema::live;
use crate::http::Client;
use crate::op::Failure;
use std::sync::Arc;

/// Where files are rehearsed.
#[derive(Clone)]
pub enum RehearsalTarget {
    /// On a copy of their own.
    Spot,
    /// On the copy of a dry run, which keeps what they do.
    Copy(Arc<RehearsalCopy>),
}

impl RehearsalTarget {
    /// The copy of a dry run.
    pub fn copy(&self) -> Option<&Arc<RehearsalCopy>> {
        match self {
            RehearsalTarget::Spot => None,
            RehearsalTarget::Copy(copy) => Some(copy),
        }
    }
}

/// What is asked about rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowQuery {
    /// Which tables have some.
    Asked,
    /// Nothing, where they can't matter.
    IfTheyMatter,
}

/// Rehearses files; `reader` is `None` where the database is only planned.
pub async fn rehearse(
    database: &str,
    staged: RehearsalInput,
    reader: Option<&Reader<'_>>,
    on: &RehearsalTarget,
) -> Result<RehearsalResult, Failure> {
    hold(database, staged, reader, on, RowQuery::IfTheyMatter).await
}

/// Rehearses again, with rows, what this copy was rehearsed without, before something else is played on it.
pub async fn furnish(
    client: &Client,
    (id, name): (&str, &str),
    copy: &Arc<RehearsalCopy>,
) -> Result<(), Failure> {
    let Some(staged) = copy.take_rowless() else { return Ok(()) };
    let tables = staged.tables.clone();
    let reader = Reader { client, id, tables: &tables, copy: None };
    hold(name, staged, Some(&reader), &RehearsalTarget::Copy(copy.clone()), RowQuery::Asked).await.map(drop)
}

async fn hold(
    database: &str,
    staged: RehearsalInput,
    reader: Option<&Reader<'_>>,
    on: &RehearsalTarget,
    rows: RowQuery,
) -> Result<RehearsalResult, Failure> {
    let kept = on.copy().and_then(|copy| copy.take());
    let is_furnished = kept.is_some();
    // What keeps a rehearsal from being held is no fault of the files.
    let not_held = |error: rusqlite::Error, gate, files: &[File]| {
        if let Some(copy) = on.copy() {
            copy.end();
        }
        let notes = vec![format!("the files are not rehearsed: {error}")];
        Ok(RehearsalResult { notes, ..by_text(gate, files) })
    };
    let built = kept.map_or_else(|| RehearsalDatabase::build(&staged.objects, &staged.tables), Ok);
    let turned = built.and_then(|mut stage| {
        stage.turn_to(&staged.tables);
        Ok((stage.tables()?, stage))
    });
    let (mut tables, mut stage) = match turned {
        Ok(built) => built,
        Err(error) => return not_held(error, Gate::new(staged.catalog, &[], &[]), &staged.files),
    };
    stage.reach = staged.reach.clone();
    let is_rowless =
        reader.is_some() && !is_furnished && rows == RowQuery::IfTheyMatter && staged.is_rowless();
    let filled = match reader {
        Some(_) if is_furnished => Ok(stage.schema().map(|schema| stage.filled(&schema)).unwrap_or_default()),
        Some(reader) if !is_rowless => live::filled(reader, &tables).await,
        _ => Ok(Vec::new()),
    };
    let filled = filled.map_err(|error| Failure::of_read(database, error))?;
    if is_rowless {
        tables.clear();
    }
    let gate = Gate::new(staged.catalog.clone(), &tables, &filled);
    if staged.calls.is_empty() {
        if let Some(copy) = on.copy() {
            copy.end();
        }
        return Ok(by_text(gate, &staged.files));
    }
    // It may take seconds, which are not the other ops'.
    let (again, pending) = (gate.clone(), staged.files.clone());
    let copy = on.copy().cloned();
    let run = move || {
        if !is_furnished {
            stage.furnish(&staged.objects, &filled, &staged.seen)?;
        }
        let rehearsed = stage.run(gate, &staged.calls, &staged.files)?;
        let Some(copy) = copy else { return Ok(rehearsed) };
        if !rehearsed.refused.is_empty() || !rehearsed.passed.refused.is_empty() {
            copy.end();
        } else if is_rowless {
            copy.keep_rowless(staged);
        } else {
            copy.keep(stage, (!is_furnished).then_some(staged.objects), &staged.others);
        }
        Ok(rehearsed)
    };
    match tokio::task::spawn_blocking(run).await {
        Ok(Ok(rehearsed)) => Ok(rehearsed),
        Ok(Err(error)) => not_held(error, again, &pending),
        Err(error) => Err(Failure::Bug(format!("a rehearsal ended early: {error}"))),
    }
}

/// What the files' own text says of files that are not rehearsed.
pub fn by_text(mut gate: Gate, files: &[File]) -> RehearsalResult {
    for file in files {
        gate.begin_file(file);
        for statement in file.script.statements() {
            gate.pass(file, statement, None);
            gate.follow(statement);
        }
    }
    RehearsalResult { passed: gate.passed, ..RehearsalResult::default() }
}
