//! The snapshots of a test file: texts by test and name, stored as TOML beside it.

use super::Update;
use crate::script::testing::{ENDING, SnapshotResult};
use crate::system::files;
use anyhow::{Context as _, anyhow};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How the name of a file of snapshots ends.
const SNAPSHOTS: &str = ".test.toml";

/// They are small; larger ones are nobody's.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// By test, then by name.
type Texts = BTreeMap<String, BTreeMap<String, String>>;

/// Those of one test file.
pub(super) struct Snapshots {
    path: PathBuf,
    /// Below the project's folder.
    name: String,
    update: Update,
    kept: Texts,
    seen: Mutex<Texts>,
}

/// Whether it is known which snapshots nobody compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unused {
    /// Every test was run to its end.
    Known,
    Unknown,
}

impl Snapshots {
    /// Reads those of a test file; none where there is no file.
    pub(super) fn open(root: &Path, test_file: &str, update: Update) -> anyhow::Result<Self> {
        let name = format!("{}{SNAPSHOTS}", test_file.strip_suffix(ENDING).unwrap_or(test_file));
        let path = root.join(&name);
        let kept = if files::exists(&path) {
            let text = files::read_text(&path, BYTES_MAX).with_context(|| format!("can't read `{name}`"))?;
            toml::from_str(&text).map_err(|error| {
                anyhow!("`{name}` holds no snapshots: {}\nhint: `larder test --update` writes a file that is not there", error.message())
            })?
        } else {
            Texts::new()
        };
        Ok(Snapshots { path, name, update, kept, seen: Mutex::default() })
    }

    /// Compares a text of a test with its snapshot.
    pub(super) fn compare(&self, test: &str, name: &str, text: &str) -> SnapshotResult {
        let mut seen = self.seen.lock();
        let of_test = seen.entry(test.to_owned()).or_default();
        if of_test.get(name).is_some_and(|before| before != text) {
            return SnapshotResult::Twice;
        }
        of_test.insert(name.to_owned(), text.to_owned());
        match self.kept.get(test).and_then(|kept| kept.get(name)) {
            _ if self.update == Update::Write => SnapshotResult::Same,
            Some(kept) if kept == text => SnapshotResult::Same,
            Some(kept) => SnapshotResult::Differs(kept.clone()),
            None => SnapshotResult::Missing,
        }
    }

    /// Writes the new snapshots if asked for, drops unused ones, and returns the messages to print.
    pub(super) fn close(&self, unused: Unused) -> anyhow::Result<Vec<String>> {
        let seen = self.seen.lock();
        let is_seen =
            |test: &str, name: &str| seen.get(test).is_some_and(|of_test| of_test.contains_key(name));
        let left: BTreeSet<String> = match unused {
            Unused::Unknown => BTreeSet::new(),
            Unused::Known => {
                names(&self.kept).filter(|(test, name)| !is_seen(test, name)).map(shown).collect()
            }
        };
        if self.update == Update::Keep {
            let say =
                |name: &String| format!("nothing compares with the snapshot {name}: `--update` removes it");
            return Ok(left.iter().map(say).collect());
        }
        let mut all = if unused == Unused::Known { Texts::new() } else { self.kept.clone() };
        for (test, texts) in seen.iter() {
            all.entry(test.clone()).or_default().extend(texts.clone());
        }
        if all == self.kept {
            return Ok(Vec::new());
        }
        let is_new = |test: &str, name: &str| self.kept.get(test).is_none_or(|kept| !kept.contains_key(name));
        let new = names(&all).filter(|(test, name)| is_new(test, name)).count();
        let is_changed =
            |(test, name): &(&str, &str)| !is_new(test, name) && self.kept[*test][*name] != all[*test][*name];
        let changed = names(&all).filter(is_changed).count();
        self.write(&all)?;
        let counts = [(new, "new"), (changed, "changed"), (left.len(), "removed")];
        let counts =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        Ok(vec![format!("wrote `{}`: {}", self.name, counts.collect::<Vec<_>>().join(", "))])
    }

    fn write(&self, all: &Texts) -> anyhow::Result<()> {
        let cannot = || format!("can't write `{}`", self.name);
        let text = toml::to_string_pretty(all).with_context(cannot)?;
        files::write_whole(&self.path, text.as_bytes()).with_context(cannot)
    }
}

fn names(texts: &Texts) -> impl Iterator<Item = (&str, &str)> {
    texts.iter().flat_map(|(test, of_test)| of_test.keys().map(move |name| (test.as_str(), name.as_str())))
}

fn shown((test, name): (&str, &str)) -> String {
    format!("`{name}` of `{test}`")
}
