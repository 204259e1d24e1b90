//! Finds pending files whose objects already exist while the ledger has no row for them.
//!
//! Somebody has run them by hand, or another tool keeps a ledger of its own. To run such a file fails, or does again what
//! was done, and what would make it run is to drop what is there. The way out is to record it.
//!
//! **Invariant:** a table that a file makes only if it is missing, beside others that are missing, is no reason to refuse.

use super::super::files::folder::{Migration, Migrations};
use super::super::ledger::object::Object;
use super::super::ledger::reader::Reader;
use super::super::ledger::rows::Ledger;
use super::super::lint::finding::LintFinding;
use super::effect::{EffectKind, FollowedSchema, SchemaEffect, effects};
use super::other_ledgers::OtherLedger;
use super::replay::{ReplayedFile, replay};
use super::snapshot::Snapshot;
use crate::http::ReadError;
use crate::op::Failure;

/// Objects that are named in a message.
const NAMED_MAX: usize = 3;

/// What is asked of a database that may have what pending files make.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub reader: &'a Reader<'a>,
    pub migrations: &'a Migrations,
    pub ledger: &'a Ledger,
}

/// The first pending file whose work is done already: what is so, and what to do.
pub async fn done_already(
    name: &str,
    reader: &Reader<'_>,
    migrations: &Migrations,
    ledger: &Ledger,
) -> Result<Option<(String, String)>, Failure> {
    let pending = migrations.pending(name, ledger)?;
    if pending.is_empty() {
        return Ok(None);
    }
    let of_read = |error| Failure::of_read(name, error);
    let objects = reader.objects().await.map_err(of_read)?;
    let question = Question { reader, migrations, ledger };
    let found = question.ask(&pending, &objects).await.map_err(of_read)?;
    Ok(found.map(|finding| (finding.to_string(), finding.hint)))
}

impl Question<'_> {
    /// What keeps the first of the `pending` files from being run whose work is done already, wholly or in a part that
    /// makes it fail.
    pub async fn ask(
        &self,
        pending: &[&Migration],
        objects: &[Object],
    ) -> Result<Option<LintFinding>, ReadError> {
        let live = Snapshot::of_live(objects, &self.migrations.tables);
        if live.is_empty() {
            return Ok(None);
        }
        let recorded = self.ledger.applied().iter();
        let recorded =
            recorded.filter_map(|name| self.migrations.files.iter().find(|file| file.name == *name));
        let mut files: Vec<Migration> = recorded.cloned().collect();
        let first = files.len();
        files.extend(pending.iter().map(|file| (*file).clone()));
        let looked = tokio::task::spawn_blocking(move || look(&files, first, &live)).await;
        // What can't be replayed is left to the rehearsal.
        let Ok(Ok(Some(already))) = looked else { return Ok(None) };
        let others = OtherLedger::read(self.reader, objects).await?;
        Ok(Some(already.finding(self.migrations, &others)))
    }
}

/// A pending file that is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AppliedFile {
    file: Migration,
    place: Option<(usize, usize)>,
    words: String,
}

/// Looks at the files from the one at `first`; those before it are recorded.
fn look(files: &[Migration], first: usize, live: &Snapshot) -> rusqlite::Result<Option<AppliedFile>> {
    let played = replay(files, live)?;
    let mut followed = FollowedSchema::new(live);
    for (file, played) in files.iter().zip(&played).skip(first) {
        let effects = effects(played);
        if let Some((place, words)) = judge(played, &effects, &followed) {
            return Ok(Some(AppliedFile { file: file.clone(), place, words }));
        }
        followed.follow(played, &effects);
    }
    Ok(None)
}

fn judge(
    played: &ReplayedFile,
    effects: &[SchemaEffect],
    followed: &FollowedSchema,
) -> Option<(Option<(usize, usize)>, String)> {
    let is_there = |effect: &&SchemaEffect| followed.has(effect, played);
    // What would fail, or what a rebuild would lose.
    let is_in_the_way = |effect: &&SchemaEffect| {
        effect.does == EffectKind::Adds
            && (effect.column.is_some()
                || (!played.lenient.contains(&effect.id) && !played.dropped.contains_key(&effect.id)))
    };
    let mut in_the_way: Vec<&SchemaEffect> =
        effects.iter().filter(is_in_the_way).filter(|effect| is_there(effect)).collect();
    // The files before it may have made a column that is not there any more.
    if let Some((table, column)) = played.met.iter().find(|met| followed.has_column(met)) {
        let place = played.added.get(&(table.clone(), column.clone())).copied();
        return Some((place, makes(&[format!("the column `{table}.{column}`")])));
    }
    if !in_the_way.is_empty() {
        in_the_way.sort_by_key(|effect| place(effect, played));
        let words: Vec<String> = in_the_way.iter().map(|effect| effect.words.clone()).collect();
        return Some((place(in_the_way[0], played), makes(&words)));
    }
    let is_harmless = |effect: &SchemaEffect| {
        effect.does == EffectKind::Removes
            && played.dropped.get(&effect.id).is_some_and(|is_lenient| *is_lenient)
    };
    let is_all_there = played.failure.is_none()
        && played.met.is_empty()
        && !effects.iter().all(is_harmless)
        && effects.iter().all(|effect| is_there(&effect));
    is_all_there.then(|| {
        let words: Vec<String> = effects.iter().map(|effect| effect.words.clone()).collect();
        let place = effects.iter().filter_map(|effect| place(effect, played)).min();
        (place, format!("all that it does to the schema is done already ({})", list(&words)))
    })
}

fn place(effect: &SchemaEffect, played: &ReplayedFile) -> Option<(usize, usize)> {
    match &effect.column {
        Some(column) => played.added.get(column).copied(),
        None => played.made.get(&effect.id).copied(),
    }
}

fn makes(words: &[String]) -> String {
    let verb = if words.len() == 1 { "is" } else { "are" };
    format!("it makes {}, which {verb} there already", list(words))
}

fn list(words: &[String]) -> String {
    let mut shown = words[..words.len().min(NAMED_MAX)].join(", ");
    if words.len() > NAMED_MAX {
        shown = format!("{shown} and {} more", words.len() - NAMED_MAX);
    }
    shown
}

impl AppliedFile {
    /// With what other ledgers have.
    fn finding(&self, migrations: &Migrations, others: &[OtherLedger]) -> LintFinding {
        let others: Vec<String> =
            others.iter().map(|other| format!("; {}", other.words(&self.file))).collect();
        LintFinding {
            path: migrations.path(&self.file.name),
            line_column: self.place,
            words: format!("{}, and the ledger has no row of this file{}", self.words, others.concat()),
            hint: format!(
                "`{}` shows which files the database has already, and records them without \
                 running them: no row is touched",
                migrations.reach.writing("migrations baseline")
            ),
        }
    }
}
