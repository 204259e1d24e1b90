//! A cache of the parsed environments of a config, since each environment is compared with all others.

use super::{Worker, WranglerFile};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Shared by the copies of a [`WranglerFile`].
#[derive(Debug, Default)]
pub(super) struct ParsedEnvironments {
    /// By environment; `None` is the top level.
    workers: Mutex<BTreeMap<Option<String>, Worker>>,
    /// Set when nothing is wrong in any environment.
    is_right: OnceLock<()>,
    databases: OnceLock<Vec<BTreeSet<String>>>,
}

impl ParsedEnvironments {
    /// What an environment says; one that the file does not have is not kept.
    pub(super) fn worker(
        &self,
        environment: Option<&str>,
        read: impl FnOnce() -> Option<Worker>,
    ) -> Option<Worker> {
        let key = environment.map(str::to_owned);
        let workers = || self.workers.lock();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::fixture::schema;
    use std::path::Path;

    fn file() -> WranglerFile {
        let text = "name = \"shop\"\n[[d1_databases]]\nbinding = \"DB\"\n[env.dev]\n[[env.dev.d1_databases]]\nbinding = \"JOBS\"\n";
        WranglerFile::parse(Path::new("/w/wrangler.toml"), "wrangler.toml", text, schema().bindings())
            .unwrap()
    }

    #[test]
    fn an_environment_is_read_once_whichever_copy_is_asked() {
        let (file, mut reads) = (file(), 0);
        let copy = file.clone();
        for one in [&file, &copy, &file] {
            let mut read = |environment: Option<&str>| {
                let found = one.as_read.worker(environment, || {
                    reads += 1;
                    one.readable(None)
                });
                found.map(|worker| worker.name)
            };
            assert_eq!(read(Some("dev")), Some(Some("shop".to_owned())));
        }
        assert_eq!(reads, 1);
        assert_eq!(file.readable(Some("live")), None);
        assert_eq!(copy.readable(None).unwrap().bindings[0].binding, "DB");
    }

    #[test]
    fn databases_are_found_once() {
        let (file, mut finds) = (file(), 0);
        for _ in 0..3 {
            let found = file.databases(|| {
                finds += 1;
                vec![BTreeSet::from(["DB".to_owned()])]
            });
            assert_eq!(found.len(), 1);
        }
        assert_eq!(finds, 1);
    }

    #[test]
    fn what_is_wrong_is_looked_at_again() {
        let as_read = ParsedEnvironments::default();
        assert_eq!(as_read.check(|| Err("wrong")), Err("wrong"));
        assert_eq!(as_read.check(|| Err("still")), Err("still"));
        assert_eq!(as_read.check(|| Ok::<(), &str>(())), Ok(()));
        assert_eq!(as_read.check(|| Err("not asked")), Ok(()));
    }
}
