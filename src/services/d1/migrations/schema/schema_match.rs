//! Compares a live schema with the schema after each file, to find which files a database already has.
//!
//! The files are run one after the other in memory; a file fits where the database has everything that they have made so
//! far. It may have more.
//!
//! **Invariant:** schemas are compared by what they are made of, never by their text.

use super::super::files::folder::Migrations;
use super::super::ledger::reader::Reader;
use super::effect::{EffectKind, SchemaEffect, effects, missing};

use super::other_ledgers::OtherLedger;
use super::replay::{ReplayedFile, replay};
use super::snapshot::Snapshot;
use super::structure::Structure;
use crate::op::Failure;
use std::collections::HashMap;

/// The comparison of a database with the schema after one of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaMatch {
    /// The last of these files.
    pub file: String,
    /// What the database lacks of what they make, in words; nothing where it fits.
    pub lacks: Vec<String>,
    /// What it has and they drop, in words; nothing where it fits.
    pub left: Vec<String>,
    /// Whether the database has a part of what they make, at least.
    pub is_begun: bool,
    /// What is to be known of the file itself.
    pub notes: Vec<String>,
    /// Which other ledgers have files after this one, in words: a run would apply those again.
    pub behind: Vec<String>,
}

impl SchemaMatch {
    /// Whether the database has everything that the files up to this one make.
    pub fn fits(&self) -> bool {
        self.lacks.is_empty() && self.left.is_empty()
    }

    /// All that keeps it from fitting, in words.
    pub fn differences(&self) -> Vec<String> {
        let left = self.left.iter().map(|words| format!("{words} is still there"));
        self.lacks.iter().cloned().chain(left).collect()
    }
}

/// Reads the schema of the database, and compares it with the files, in their order.
pub async fn standings(
    name: &str,
    reader: &Reader<'_>,
    migrations: &Migrations,
) -> Result<Vec<SchemaMatch>, Failure> {
    let of_read = |error| Failure::of_read(name, error);
    let objects = reader.objects().await.map_err(of_read)?;
    let others = OtherLedger::read(reader, &objects).await.map_err(of_read)?;
    let live = Snapshot::of_live(&objects, &migrations.tables);
    let (files, there) = (migrations.files.clone(), live.clone());
    let played = tokio::task::spawn_blocking(move || replay(&files, &there)).await;
    let played = played
        .map_err(|error| Failure::Bug(format!("a comparison ended early: {error}")))?
        .map_err(|error| Failure::Bug(format!("the files can't be compared with the schema: {error}")))?;
    let mut known = HashMap::new();
    let mut removed: Vec<SchemaEffect> = Vec::new();
    let mut failed: Option<String> = None;
    let files = migrations.files.iter().zip(&played).enumerate();
    Ok(files
        .map(|(index, (file, played))| {
            if let Some(why) = &played.failure {
                failed.get_or_insert_with(|| format!("`{}` can't be compared: {why}", file.name));
            }
            let mut notes = Vec::new();
            if failed.is_none() && is_of_rows(played) {
                notes.push("changes no schema: whether it was run can't be seen".to_owned());
            }
            let having = others.iter().filter(|other| other.has(file));
            notes.extend(having.map(|other| format!("`{}` has it", other.table())));
            for effect in effects(played) {
                removed.retain(|other| (&other.id, &other.column) != (&effect.id, &effect.column));
                removed.extend((effect.does == EffectKind::Removes).then_some(effect));
            }
            let lacks = failed.iter().cloned().chain(lacks(played, &live, &mut known)).collect();
            let left = removed.iter().filter(|effect| is_left(effect, &live));
            let left = left.map(|effect| effect.words.clone()).collect();
            let is_begun = played.after.iter().any(|(id, _)| live.get(id).is_some());
            let behind = others.iter().filter_map(|other| {
                let last = migrations.files[index + 1..].iter().rfind(|later| other.has(later))?;
                Some(format!("`{}` has files up to `{}`", other.table(), last.name))
            });
            let behind = behind.collect();
            SchemaMatch { file: file.name.clone(), lacks, left, is_begun, notes, behind }
        })
        .collect())
}

/// Whether the database has what the files have removed.
fn is_left(effect: &SchemaEffect, live: &Snapshot) -> bool {
    let there = live.get(&effect.id);
    match &effect.column {
        None => there.is_some(),
        Some((_, column)) => there
            .and_then(|table| Structure::read(&table.sql, []))
            .is_some_and(|table| table.has_column(column)),
    }
}

/// Whether a file leaves the schema as it is.
fn is_of_rows(played: &ReplayedFile) -> bool {
    let sql = |snapshot: &Snapshot| -> Vec<String> {
        snapshot.iter().map(|(_, object)| object.sql.clone()).collect()
    };
    sql(&played.before) == sql(&played.after) && played.met.is_empty()
}

/// What the database lacks of what there is after a file; each object is compared once.
fn lacks(played: &ReplayedFile, live: &Snapshot, known: &mut HashMap<String, Vec<String>>) -> Vec<String> {
    let objects = played.after.iter().map(|(_, object)| object);
    objects
        .flat_map(|made| known.entry(made.sql.clone()).or_insert_with(|| missing(made, live)).clone())
        .collect()
}
