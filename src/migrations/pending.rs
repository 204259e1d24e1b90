//! Which migrations are left to apply, or why none may be.

use super::error::MigrationError;
use super::files::{Migration, Migrations};
use super::ledger::Ledger;
use std::collections::HashSet;

impl Migrations {
    /// What is asked for and not in the ledger, in order. What wrangler alone has applied counts by its name.
    pub fn pending(&self, database: &str, ledger: &Ledger) -> Result<Vec<&Migration>, MigrationError> {
        let applied: HashSet<&str> = ledger.applied().iter().map(String::as_str).collect();
        let unrecorded: Vec<String> = ledger
            .rows()
            .iter()
            .filter(|row| !applied.contains(row.name.as_str()))
            .map(|row| row.name.clone())
            .collect();
        if !unrecorded.is_empty() {
            return Err(MigrationError::Unrecorded {
                database: database.to_owned(),
                larder: self.tables.larder.clone(),
                wrangler: self.tables.wrangler.clone(),
                files: unrecorded,
            });
        }
        let here: HashSet<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        let missing: Vec<String> =
            ledger.applied().iter().filter(|name| !here.contains(name.as_str())).cloned().collect();
        if !missing.is_empty() {
            return Err(MigrationError::Missing {
                database: database.to_owned(),
                folder: self.folder.clone(),
                files: missing,
            });
        }
        let is_applied = |file: &&Migration| applied.contains(file.name.as_str());
        let last = self.files.iter().rposition(|file| is_applied(&file));
        let first = self.files[..self.asked].iter().position(|file| !is_applied(&file));
        if let (Some(first), Some(last)) = (first, last)
            && first < last
        {
            return Err(MigrationError::OutOfOrder {
                database: database.to_owned(),
                file: self.files[first].name.clone(),
                last: self.files[last].name.clone(),
            });
        }
        Ok(self.files[..self.asked].iter().filter(|file| !is_applied(file)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Tables;
    use super::*;

    fn migrations(names: &[&str], asked: usize) -> Migrations {
        let file = |name: &&str| Migration { name: (*name).into(), sql: String::new(), sha256: "s".into() };
        Migrations {
            folder: "m".into(),
            tables: Tables::named(None).unwrap(),
            files: names.iter().map(file).collect(),
            asked,
            notes: Vec::new(),
            rehearsal: super::super::files::Rehearsal::Skip,
        }
    }

    fn pending(names: &[&str], asked: usize, applied: &[&str]) -> Result<Vec<String>, String> {
        let wrangler = applied.iter().map(|name| (*name).to_owned()).collect();
        let ledger = Ledger { wrangler: Some(wrangler), ..Ledger::default() };
        let migrations = migrations(names, asked);
        let pending = migrations.pending("jobs", &ledger).map_err(|error| error.to_string())?;
        Ok(pending.into_iter().map(|file| file.name.clone()).collect())
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
    fn what_does_not_fit_is_refused() {
        assert_eq!(
            pending(&["1", "3"], 2, &["1", "2"]).unwrap_err(),
            "applied to `jobs` but missing in `m`: `2`"
        );
        assert_eq!(
            pending(&["1", "2", "3"], 3, &["1", "3"]).unwrap_err(),
            "`2` is not applied to `jobs`, but `3`, which sorts after it, is"
        );
        let mut ledger = Ledger::default();
        let all = migrations(&["1"], 1);
        ledger.record(&all.files[0], "run");
        ledger.wrangler = Some(Vec::new());
        assert_eq!(
            all.pending("jobs", &ledger).unwrap_err().to_string(),
            "recorded in `larder_migrations` of `jobs` but not in `d1_migrations`: `1`"
        );
    }
}
