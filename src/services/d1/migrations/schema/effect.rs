//! The effect of one file on a schema, and whether a database has it already.

use super::super::ledger::object::Object;
use super::super::sql::compound::fit;
use super::super::sql::script::Script;
use super::normal_form::normal;
use super::replay::{ReplayedFile, TableColumn};
use super::snapshot::{Id, Snapshot};
use super::structure::{MissingPart, Structure};
use std::collections::HashSet;

/// One difference that a file makes, from its beginning to its end: what it makes and drops itself is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaEffect {
    /// Of an object; of a column, the table's.
    pub id: Id,
    /// The column that is added or removed.
    pub column: Option<TableColumn>,
    /// What the file does.
    pub does: EffectKind,
    /// The object or column, in words.
    pub words: String,
}

/// What a file does to an object or a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectKind {
    /// It is there after the file, and not before.
    Adds,
    /// The other way round.
    Removes,
    /// It is another one after the file.
    Changes,
}

/// What a file does.
pub fn effects(played: &ReplayedFile) -> Vec<SchemaEffect> {
    let (before, after) = (&played.before, &played.after);
    let mut found = Vec::new();
    for (id, object) in after.iter() {
        match before.get(id) {
            None => found.push(SchemaEffect::of(id, object, EffectKind::Adds)),
            Some(old) if old.sql != object.sql => found.extend(changes(id, old, object)),
            Some(_) => {}
        }
    }
    // What belongs to a table goes with it.
    let goes_along = |object: &Object| object.kind != "table" && after.table(&object.table).is_none();
    for (id, object) in before.iter().filter(|(id, _)| after.get(id).is_none()) {
        if object.kind == "view" || !goes_along(object) {
            found.push(SchemaEffect::of(id, object, EffectKind::Removes));
        }
    }
    found
}

impl SchemaEffect {
    fn of(id: &Id, object: &Object, does: EffectKind) -> Self {
        SchemaEffect { id: id.clone(), column: None, does, words: words(object) }
    }

    fn of_column(id: &Id, table: &Object, column: &str, does: EffectKind) -> Self {
        let names = (table.name.to_ascii_lowercase(), column.to_ascii_lowercase());
        let words = format!("the column `{}.{column}`", table.name);
        SchemaEffect { id: id.clone(), column: Some(names), does, words }
    }
}

fn changes(id: &Id, old: &Object, new: &Object) -> Vec<SchemaEffect> {
    let read = |object: &Object| Structure::read(&object.sql, []).filter(|_| object.kind == "table");
    let (Some(was), Some(is)) = (read(old), read(new)) else {
        let is_same = normal(&old.sql) == normal(&new.sql);
        return if is_same { Vec::new() } else { vec![SchemaEffect::of(id, new, EffectKind::Changes)] };
    };
    let (added, removed) = (is.lacked_by(&was, &new.name), was.lacked_by(&is, &new.name));
    let mut found = Vec::new();
    for (lacks, does) in [(&added, EffectKind::Adds), (&removed, EffectKind::Removes)] {
        found.extend(lacks.iter().filter_map(|lack| match lack {
            MissingPart::Column(column) => Some(SchemaEffect::of_column(id, new, column, does)),
            MissingPart::Other(_) => None,
        }));
    }
    let is_other = |lack: &MissingPart| matches!(lack, MissingPart::Other(_));
    if added.iter().any(is_other) || removed.iter().any(is_other) {
        found.push(SchemaEffect::of(id, new, EffectKind::Changes));
    }
    found
}

/// An object, in words.
pub fn words(object: &Object) -> String {
    format!("the {} `{}`", object.kind, object.name)
}

/// What `live` lacks of an object that the files make, in words; nothing where it has all of it.
pub fn missing(made: &Object, live: &Snapshot) -> Vec<String> {
    let Some(there) = live.get(&Id::of(made)) else {
        return vec![format!("{} is missing", words(made))];
    };
    if made.sql == there.sql || written(made) == written(there) {
        return Vec::new();
    }
    let name = &there.name;
    let tables = (made.kind == "table").then(|| {
        Some((Structure::read(&made.sql, [])?, Structure::read(&there.sql, live.indexes_of(name))?))
    });
    match tables.flatten() {
        Some((made, there)) => {
            let in_words = |lack: MissingPart| match lack {
                MissingPart::Column(column) => format!("the column `{name}.{column}` is missing"),
                MissingPart::Other(words) => words,
            };
            made.lacked_by(&there, name).into_iter().map(in_words).collect()
        }
        None => vec![format!("{} is made otherwise than in the files", words(made))],
    }
}

/// What an object is, but for what is the same in other words.
fn written(object: &Object) -> String {
    match object.kind.as_str() {
        "trigger" => normal(fit(&Script::new(object.sql.as_str())).sql.text()),
        "index" => normal(&object.sql).replace(" asc ", " "),
        _ => normal(&object.sql),
    }
}

/// The live database while the pending files are followed.
pub struct FollowedSchema<'a> {
    live: &'a Snapshot,
    /// What pending files make, change or drop: it will be as they leave it, and not as it is in the database.
    objects: HashSet<Id>,
    /// Columns that they add or drop.
    columns: HashSet<TableColumn>,
}

impl<'a> FollowedSchema<'a> {
    /// Before the first pending file.
    pub fn new(live: &'a Snapshot) -> Self {
        FollowedSchema { live, objects: HashSet::new(), columns: HashSet::new() }
    }

    /// Takes notice of a file that will be applied.
    pub fn follow(&mut self, played: &ReplayedFile, effects: &[SchemaEffect]) {
        self.objects.extend(played.dropped.keys().cloned());
        for effect in effects {
            match &effect.column {
                Some(column) => drop(self.columns.insert(column.clone())),
                // It stays as it is.
                None if played.lenient.contains(&effect.id) && self.live.get(&effect.id).is_some() => {}
                None => drop(self.objects.insert(effect.id.clone())),
            }
        }
    }

    /// Whether the database has a column; no earlier pending file has a part in that.
    pub fn has_column(&self, column: &TableColumn) -> bool {
        let table = Id::new("table", &column.0);
        let is_of_pending = self.objects.contains(&table) || self.columns.contains(column);
        let there = self.live.get(&table).filter(|_| !is_of_pending);
        let table = there.and_then(|table| Structure::read(&table.sql, []));
        table.is_some_and(|table| table.has_column(&column.1))
    }

    /// Whether the database is already as the effect would make it; no earlier pending file has a part in that.
    pub fn has(&self, effect: &SchemaEffect, played: &ReplayedFile) -> bool {
        let is_of_pending = self.objects.contains(&effect.id)
            || effect.column.as_ref().is_some_and(|column| self.columns.contains(column));
        if is_of_pending {
            return false;
        }
        let there = self.live.get(&effect.id);
        match (&effect.column, effect.does) {
            (None, EffectKind::Adds) => there.is_some(),
            (None, EffectKind::Removes) => there.is_none(),
            (None, EffectKind::Changes) => {
                let is_like = |snapshot: &Snapshot| {
                    snapshot.get(&effect.id).is_some_and(|made| missing(made, self.live).is_empty())
                };
                there.is_some() && is_like(&played.after) && !is_like(&played.before)
            }
            (Some(column), does) => {
                let table = there.and_then(|table| Structure::read(&table.sql, []));
                table.is_some_and(|table| table.has_column(&column.1) == (does == EffectKind::Adds))
            }
        }
    }
}
