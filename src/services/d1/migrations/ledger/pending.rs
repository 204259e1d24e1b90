//! Decides which migrations are pending, or why none may be applied.

use super::super::error::MigrationError;
use super::super::files::folder::{LatePolicy, Migration, Migrations};
use super::super::files::order;
use super::history::{History, LedgerState};
use super::rows::Ledger;
use super::shape::LedgerShape;
use std::cmp::Ordering;
use std::collections::HashSet;

impl Migrations {
    /// What is asked for and not in the ledger, in order. What wrangler alone has applied counts by its name.
    pub fn pending(&self, database: &str, ledger: &Ledger) -> Result<Vec<&Migration>, MigrationError> {
        let history = History::of(self, ledger);
        self.check(database, ledger, &history)?;
        let asked = &self.files[..self.asked];
        let pending: HashSet<&str> = history
            .entries
            .iter()
            .filter(|entry| matches!(entry.state, LedgerState::Pending | LedgerState::OutOfOrder))
            .map(|entry| entry.name.as_str())
            .collect();
        let pending: Vec<&Migration> =
            asked.iter().filter(|file| pending.contains(file.name.as_str())).collect();
        let late = history.in_state(&LedgerState::OutOfOrder);
        if self.late == LatePolicy::Refuse
            && let Some(first) = pending.iter().find(|file| late.contains(&file.name))
        {
            let last = self.files.iter().rev().find(|file| ledger.applied().contains(&file.name));
            return Err(MigrationError::OutOfOrder {
                database: self.named(database),
                file: first.name.clone(),
                last: last.map(|file| file.name.clone()).unwrap_or_default(),
            });
        }
        Ok(pending)
    }

    /// What no order of files could make right.
    pub fn check(&self, database: &str, ledger: &Ledger, history: &History) -> Result<(), MigrationError> {
        let (name, database, folder) = (database, self.named(database), self.folder.clone());
        if let LedgerShape::Foreign(why) = ledger.shape.clone() {
            return Err(MigrationError::ForeignTable { database, table: self.tables.wrangler.clone(), why });
        }
        let files = history.in_state(&LedgerState::Unrecorded);
        if !files.is_empty() {
            let (larder, wrangler) = (self.tables.larder.clone(), self.tables.wrangler.clone());
            return Err(MigrationError::Unrecorded { database, larder, wrangler, files });
        }
        let files = history.in_state(&LedgerState::Partial);
        if !files.is_empty() {
            return Err(MigrationError::Partial { database, files });
        }
        let files = history.in_state(&LedgerState::Edited);
        if !files.is_empty() {
            return Err(MigrationError::Edited { database, folder, files });
        }
        let files = history.renamed();
        if !files.is_empty() {
            return Err(MigrationError::Renamed { database, folder, files });
        }
        let files = history.in_state(&LedgerState::Missing);
        if files.is_empty() {
            return Ok(());
        }
        let untold: Vec<String> = files.iter().filter(|file| ledger.row(file).is_none()).cloned().collect();
        if let Some((after, here)) = self.parting(ledger, history, &files) {
            let database = name.to_owned();
            let (there, here, untold) = (files.into(), here.into(), untold.into());
            return Err(MigrationError::Diverged { database, folder, after, there, here, untold });
        }
        let has_others = [LedgerState::Pending, LedgerState::OutOfOrder]
            .iter()
            .any(|state| !history.in_state(state).is_empty());
        let untold = if has_others { untold } else { Vec::new() };
        Err(MigrationError::Missing { database, folder, files, untold })
    }

    /// Where both have gone on after the last file that they share: that file, and what the folder has after it.
    fn parting(
        &self,
        ledger: &Ledger,
        history: &History,
        missing: &[String],
    ) -> Option<(Option<String>, Vec<String>)> {
        let shared = self.files.iter().rev().find(|file| ledger.applied().contains(&file.name));
        let is_after = |name: &String| {
            shared.is_none_or(|shared| order::compare(name, &shared.name) == Ordering::Greater)
        };
        let here = history.in_state(&LedgerState::Pending);
        let both = !here.is_empty() && missing.iter().all(is_after);
        both.then(|| (shared.map(|file| file.name.clone()), here))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::files::folder::fixture;
    use super::*;

    fn migrations(names: &[&str], asked: usize) -> Migrations {
        Migrations { asked, ..fixture::migrations(names) }
    }

    fn names(migrations: &Migrations, applied: &[&str]) -> Result<Vec<String>, String> {
        let wrangler = applied.iter().map(|name| (*name).to_owned()).collect();
        let ledger = Ledger { wrangler: Some(wrangler), ..Ledger::default() };
        let pending = migrations.pending("jobs", &ledger).map_err(|error| error.to_string())?;
        Ok(pending.into_iter().map(|file| file.name.clone()).collect())
    }

    fn pending(files: &[&str], asked: usize, applied: &[&str]) -> Result<Vec<String>, String> {
        names(&migrations(files, asked), applied)
    }

    #[test]
    fn what_is_not_in_the_ledger_is_pending() {
        assert_eq!(pending(&["1", "2", "3"], 3, &["1"]).unwrap(), ["2", "3"]);
        assert_eq!(pending(&["1", "2", "3"], 2, &["1"]).unwrap(), ["2"]);
        assert!(pending(&["1", "2", "3"], 1, &["1"]).unwrap().is_empty());
        // Recorded out of order by wrangler, which is nobody's trouble any more.
        assert_eq!(pending(&["1", "2", "3"], 3, &["2", "1"]).unwrap(), ["3"]);
    }

    #[test]
    fn what_comes_too_late_is_applied_where_that_is_allowed() {
        let refuse = migrations(&["1", "2", "3", "4"], 4);
        assert_eq!(
            names(&refuse, &["1", "3"]).unwrap_err(),
            "`2` is not applied to `jobs`, but `3`, which sorts after it, is"
        );
        let allow = Migrations { late: LatePolicy::Allow, ..refuse };
        assert_eq!(names(&allow, &["1", "3"]).unwrap(), ["2", "4"]);
        // What is not asked for is nobody's trouble.
        assert_eq!(pending(&["1", "2", "3"], 1, &["1", "3"]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(
            pending(&["1", "3", "4"], 3, &["1", "2", "3"]).unwrap_err(),
            "applied to `jobs` but missing in `m`: `2`"
        );
        assert_eq!(pending(&["1"], 1, &["1", "2"]).unwrap_err(), "applied to `jobs` but missing in `m`: `2`");
        assert_eq!(
            pending(&["1", "3"], 2, &["1", "2"]).unwrap_err(),
            "the histories of `jobs` and `m` part after `1`: the database has `2`, the folder `3`"
        );
        assert_eq!(
            pending(&["3"], 1, &["1", "2"]).unwrap_err(),
            "the histories of `jobs` and `m` have nothing in common: the database has `1`, `2`, the folder `3`"
        );
    }

    #[test]
    fn what_larder_knows_of_a_text_must_hold() {
        let all = migrations(&["1", "2"], 2);
        let mut ledger = Ledger::default();
        ledger.record(&all.files[0], "run");
        let said = |files: &Migrations, ledger: &Ledger| {
            files.pending("jobs", ledger).map(|_| ()).unwrap_err().to_string()
        };
        let mut edited = all.clone();
        edited.files[0].sha256 = "0f".into();
        assert_eq!(said(&edited, &ledger), "applied to `jobs` with another text than `m` has now: `1`");
        // Whatever is asked for.
        assert!(Migrations { asked: 0, ..edited }.pending("jobs", &ledger).is_err());
        let mut renamed = all.clone();
        renamed.files[0].name = "01".into();
        assert_eq!(
            said(&renamed, &ledger),
            "applied to `jobs` under another name than in `m`: `1`, now `01`"
        );
        ledger.wrangler = Some(Vec::new());
        assert_eq!(
            said(&all, &ledger),
            "recorded in `larder_migrations` of `jobs` but not in `d1_migrations`: `1`"
        );
    }
}
