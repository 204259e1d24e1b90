//! What was read of a config so far. Each environment is compared with all others, so each is read once, whichever asks.

use super::{Worker, WranglerFile};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Shared by the copies of a [`WranglerFile`].
#[derive(Debug, Default)]
pub(super) struct AsRead {
    /// By environment; `None` is the top level.
    workers: Mutex<BTreeMap<Option<String>, Worker>>,
    /// Set when nothing is wrong in any environment.
    is_right: OnceLock<()>,
    databases: OnceLock<Vec<BTreeSet<String>>>,
}

impl AsRead {
    /// What an environment says; one that the file does not have is not kept.
    pub(super) fn worker(
        &self,
        environment: Option<&str>,
        read: impl FnOnce() -> Option<Worker>,
    ) -> Option<Worker> {
        let key = environment.map(str::to_owned);
        let workers = || self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = workers().get(&key) {
            return Some(worker.clone());
        }
        let worker = read()?;
        workers().insert(key, worker.clone());
        Some(worker)
    }

    /// Looks at every environment until nothing was wrong once.
    pub(super) fn check<E>(&self, check: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        if self.is_right.get().is_none() {
            check()?;
            let _ = self.is_right.set(());
        }
        Ok(())
    }
}

impl WranglerFile {
    /// The databases of all environments, each as the names of its bindings, as `find` finds them.
    pub(in crate::project) fn databases(
        &self,
        find: impl FnOnce() -> Vec<BTreeSet<String>>,
    ) -> &[BTreeSet<String>] {
        self.as_read.databases.get_or_init(find)
    }
}
