//! Decides from a history which rows a baseline or repair writes.
//!
//! **Invariant:** a correction is only made for what the history says is so, and for nothing else.

use super::super::error::MigrationError;
use super::super::files::folder::{Migration, Migrations};
use super::super::files::tables::Tables;
use super::super::sql::quoted::{identifier, literal};
use super::history::{History, LedgerState};
use super::rows::{Ledger, Row};
use super::shape::LedgerShape;
use std::fmt;

/// One change of a ledger, and why it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// The file is applied, though not by any tool that keeps this ledger.
    Record { name: String, sha256: String },
    /// Another tool has applied the file, and its text is the present one.
    Adopt { name: String, sha256: String },
    /// The present text stands for the one that was applied.
    Edited {
        name: String,
        /// The text that was applied.
        old: String,
        sha256: String,
    },
    /// The file has a new name.
    Renamed {
        /// In the ledger.
        from: String,
        /// In the folder.
        to: String,
    },
    /// Wrangler's table lacks a row that Larder's has.
    Unrecorded { name: String },
    /// The file is not in the folder any more, on purpose.
    Removed { name: String },
}

impl Correction {
    /// The file that it is about, as the folder knows it; where it is gone, as the ledger does.
    pub fn file(&self) -> &str {
        match self {
            Correction::Record { name, .. }
            | Correction::Adopt { name, .. }
            | Correction::Edited { name, .. }
            | Correction::Unrecorded { name }
            | Correction::Removed { name } => name,
            Correction::Renamed { to, .. } => to,
        }
    }

    /// The ledger with it.
    pub fn make(&self, ledger: &mut Ledger, run: &str) {
        match self {
            Correction::Record { name, sha256 } => ledger.add(name, sha256, run),
            Correction::Adopt { name, sha256 } => {
                let before = ledger.applied().iter().position(|row| row == name).unwrap_or_default();
                ledger.add_larder(name, sha256, i64::try_from(before).unwrap_or(i64::MAX), run);
            }
            Correction::Edited { name, sha256, .. } => {
                for row in rows(ledger).filter(|row| row.name == *name) {
                    row.sha256.clone_from(sha256);
                }
            }
            Correction::Renamed { from, to } => {
                for row in rows(ledger).filter(|row| row.name == *from) {
                    row.name.clone_from(to);
                }
                for row in ledger.wrangler.iter_mut().flatten().filter(|row| *row == from) {
                    row.clone_from(to);
                }
            }
            Correction::Unrecorded { name } => ledger.wrangler.get_or_insert_default().push(name.clone()),
            Correction::Removed { name } => {
                ledger.wrangler.get_or_insert_default().retain(|row| row != name);
                ledger.larder.get_or_insert_default().retain(|row| row.name != *name);
            }
        }
    }

    /// Whether a ledger has it.
    pub fn is_made(&self, ledger: &Ledger) -> bool {
        let is_applied = |name: &String| ledger.applied().contains(name);
        let has_text = |name: &str, text: &str| ledger.row(name).is_some_and(|row| row.sha256 == text);
        match self {
            Correction::Record { name, sha256 }
            | Correction::Adopt { name, sha256 }
            | Correction::Edited { name, sha256, .. } => is_applied(name) && has_text(name, sha256),
            Correction::Renamed { from, to } => {
                is_applied(to) && ledger.row(to).is_some() && ledger.row(from).is_none()
            }
            Correction::Unrecorded { name } => is_applied(name),
            Correction::Removed { name } => !is_applied(name) && ledger.row(name).is_none(),
        }
    }

    /// What must be so beside the numbers of rows, so that it is made once.
    pub fn condition(&self, tables: &Tables) -> Option<String> {
        let larder = identifier(&tables.larder);
        match self {
            Correction::Edited { name, old, .. } => Some(format!(
                "(SELECT sha256 FROM {larder} WHERE name = {}) = {}",
                literal(name),
                literal(old)
            )),
            Correction::Renamed { from, .. } => {
                Some(format!("EXISTS (SELECT 1 FROM {larder} WHERE name = {})", literal(from)))
            }
            _ => None,
        }
    }

    /// The statements that make it, where they are no inserts of Larder's.
    pub fn statements(&self, tables: &Tables, seen: &Ledger) -> Vec<String> {
        let (wrangler, larder) = (identifier(&tables.wrangler), identifier(&tables.larder));
        match self {
            Correction::Adopt { .. } => Vec::new(),
            Correction::Record { name, .. } | Correction::Unrecorded { name } => {
                vec![seen.shape.insert(tables, name)]
            }
            Correction::Edited { name, sha256, .. } => vec![format!(
                "UPDATE {larder} SET sha256 = {} WHERE name = {};",
                literal(sha256),
                literal(name)
            )],
            Correction::Renamed { from, to } => [wrangler, larder]
                .iter()
                .map(|table| {
                    format!("UPDATE {table} SET name = {} WHERE name = {};", literal(to), literal(from))
                })
                .collect(),
            Correction::Removed { name } => [wrangler, larder]
                .iter()
                .map(|table| format!("DELETE FROM {table} WHERE name = {};", literal(name)))
                .collect(),
        }
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Correction::Record { name, .. } => write!(f, "`{name}` is recorded as applied and not run"),
            Correction::Adopt { name, .. } => {
                write!(f, "`{name}` keeps its row, and its present text is recorded")
            }
            Correction::Edited { name, .. } => {
                write!(f, "the present text of `{name}` is recorded as the one that was applied")
            }
            Correction::Renamed { from, to } => write!(f, "`{from}` is recorded as `{to}`"),
            Correction::Unrecorded { name } => write!(f, "`{name}` is put back into wrangler's table"),
            Correction::Removed { name } => write!(f, "`{name}` is forgotten"),
        }
    }
}

fn rows(ledger: &mut Ledger) -> impl Iterator<Item = &mut Row> {
    ledger.larder.iter_mut().flatten()
}

/// Files to repair, by the reason.
#[derive(Clone, Debug, Default)]
pub struct Repairs {
    /// Whose present text stands for the one that was applied.
    pub edited: Vec<String>,
    /// Which have a new name; the old one is given.
    pub renamed: Vec<String>,
    /// Whose row of wrangler's is put back.
    pub unrecorded: Vec<String>,
    /// Which were removed on purpose.
    pub removed: Vec<String>,
}

impl Repairs {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        [&self.edited, &self.renamed, &self.unrecorded, &self.removed].iter().all(|names| names.is_empty())
    }
}

impl Migrations {
    /// What makes every file that is asked for applied without running it.
    pub fn baseline(&self, database: &str, ledger: &Ledger) -> Result<Vec<Correction>, MigrationError> {
        let history = History::of(self, ledger);
        self.check(database, ledger, &history)?;
        let asked = self.files[..self.asked].iter();
        let correction = |file: &Migration| {
            let (name, sha256) = (file.name.clone(), file.sha256.clone());
            match (ledger.applied().contains(&name), ledger.row(&name)) {
                (false, _) => Some(Correction::Record { name, sha256 }),
                (true, None) => Some(Correction::Adopt { name, sha256 }),
                (true, Some(_)) => None,
            }
        };
        Ok(asked.filter_map(correction).collect())
    }

    /// What repairs a ledger as asked; nothing that the history does not show.
    pub fn repair(
        &self,
        database: &str,
        ledger: &Ledger,
        asked: &Repairs,
    ) -> Result<Vec<Correction>, MigrationError> {
        if let LedgerShape::Foreign(why) = ledger.shape.clone() {
            let table = self.tables.wrangler.clone();
            return Err(MigrationError::ForeignTable { database: self.named(database), table, why });
        }
        let history = History::of(self, ledger);
        let is = |name: &String, state: &LedgerState| {
            history.entries.iter().any(|entry| entry.name == *name && entry.state == *state)
        };
        let wrong = |name: &String, reason: &'static str| MigrationError::NotSo {
            database: self.named(database),
            file: name.clone(),
            reason,
            state: history.entries.iter().find(|entry| entry.name == *name).map(|entry| entry.state.word()),
        };
        let mut corrections = Vec::new();
        for name in &asked.edited {
            let file = self.files.iter().find(|file| file.name == *name);
            match (file, ledger.row(name)) {
                (Some(file), Some(row))
                    if is(name, &LedgerState::Edited) || is(name, &LedgerState::Partial) =>
                {
                    corrections.push(Correction::Edited {
                        name: name.clone(),
                        old: row.sha256.clone(),
                        sha256: file.sha256.clone(),
                    });
                }
                _ => return Err(wrong(name, "edited")),
            }
        }
        for name in &asked.renamed {
            let found = history.renamed().into_iter().find(|(from, to)| from == name || to == name);
            let (from, to) = found.ok_or_else(|| wrong(name, "renamed"))?;
            corrections.push(Correction::Renamed { from, to });
        }
        for (names, state) in
            [(&asked.unrecorded, LedgerState::Unrecorded), (&asked.removed, LedgerState::Missing)]
        {
            for name in names {
                // What is in Larder's table alone may be gone from the folder as well.
                let is_gone = state == LedgerState::Missing
                    && is(name, &LedgerState::Unrecorded)
                    && !self.files.iter().any(|file| file.name == *name);
                if !is(name, &state) && !is_gone {
                    return Err(wrong(
                        name,
                        if state == LedgerState::Missing { "missing" } else { "unrecorded" },
                    ));
                }
                let name = name.clone();
                corrections.push(match state {
                    LedgerState::Missing => Correction::Removed { name },
                    _ => Correction::Unrecorded { name },
                });
            }
        }
        Ok(corrections)
    }
}
