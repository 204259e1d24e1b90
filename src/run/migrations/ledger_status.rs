//! The state of a database: its files, its ledger, and the drift of its schema.

use super::{Database, Declared, Ledgers};
use crate::run::Error;
use crate::services::d1::migrations::{Drift, History, LedgerState, done_already, drift};

/// The state of a database, its ledger and its files.
pub struct LedgerStatus {
    pub database: Database,
    /// Each file, and what the ledger has of it.
    pub history: History,
    /// Why nothing would be applied, and what to do.
    pub at_odds: Option<(String, String)>,
    /// How its schema differs from what the applied files give.
    pub drift: Drift,
}

impl Ledgers<'_> {
    /// Looks at a database; nothing is created.
    pub fn stands(&self, declared: Declared) -> Result<LedgerStatus, Error> {
        let database = self.look(declared, None)?;
        let Database { name, migrations, ledger, objects, .. } = &database;
        let at_odds = match (migrations.pending(name, ledger), self.reader(&database)) {
            (Err(error), _) => Some((error.to_string(), error.hint())),
            (Ok(pending), Some(reader)) if !pending.is_empty() => {
                self.wait(done_already(name, &reader, migrations, ledger))?
            }
            _ => None,
        };
        let history = History::of(migrations, ledger);
        let drift = drift(name, migrations, ledger, objects);
        Ok(LedgerStatus { database, history, at_odds, drift })
    }
}

impl LedgerStatus {
    /// Whether a file is pending, files and ledger do not fit together, or the schema is another one.
    pub fn differs(&self) -> bool {
        self.at_odds.is_some()
            || !self.drift.differences.is_empty()
            || self.drift.stop.is_some()
            || self.history.entries.iter().any(|entry| entry.state != LedgerState::Applied)
    }

    /// How many files are in each state, in words.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for entry in &self.history.entries {
            let word = entry.state.word();
            match counts.iter_mut().find(|(known, _)| *known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        counts
    }
}
