//! Time Travel: the versions of a database, their bookmarks, and copies of the latest.
//!
//! Each copy is a whole database, so their bytes are bounded as well as their number.
//!
//! **Invariant:** the number of the version is in the database itself, so it changes with the data or not at all.
//! **Invariant:** a copy is whole or not there, whenever the process ends; one that can't be read stands in nobody's way.
//! **Invariant:** a later version has the greater bookmark, also after a restore.

use crate::system::files;
use jiff::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Versions that can be gone back to, beside the current one.
pub(super) const KEPT_MAX: usize = 50;

/// Bytes of all copies of a database together; the latest is kept whatever its size.
pub(super) const KEPT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The table Cloudflare keeps for itself in every database: listed in the schema, closed to callers (D1-12).
const OWN_TABLE: &str = "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;";

/// One version: its number, and since when it is or was the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    number: u64,
    since: Timestamp,
}

/// What is kept of the versions before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CopyStats {
    /// How many there are.
    pub(super) count: usize,
    /// Of all of them.
    pub(super) bytes: u64,
    /// Files that should be copies, and can't be read.
    pub(super) unreadable: Vec<String>,
}

/// Why a version can't be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeepError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    File(#[from] io::Error),
}

enum CopyData {
    Memory(Connection),
    File(PathBuf),
}

struct VersionCopy {
    version: Version,
    bytes: u64,
    copied: CopyData,
}

/// The versions of one database.
pub(super) struct Versions {
    database: String,
    folder: Option<PathBuf>,
    current: Version,
    kept: BTreeMap<u64, VersionCopy>,
    unreadable: Vec<String>,
    /// For all copies together.
    bytes_max: u64,
}

impl Versions {
    /// Reads what `connection` says of its version, and what copies are in `folder`; makes a fresh database version 0.
    pub(super) fn open(
        connection: &Connection,
        database: &str,
        folder: Option<PathBuf>,
        now: Timestamp,
    ) -> Result<Versions, KeepError> {
        connection.execute_batch(OWN_TABLE)?;
        connection.execute(
            "INSERT OR IGNORE INTO _cf_KV (key, value) VALUES ('version', 0), ('since', ?1)",
            params![now.to_string()],
        )?;
        let current = read(connection)?;
        let mut versions = Versions {
            database: database.to_owned(),
            folder,
            current,
            kept: BTreeMap::new(),
            unreadable: Vec::new(),
            bytes_max: KEPT_BYTES_MAX,
        };
        if let Some(folder) = &versions.folder {
            files::remove_unfinished(folder)?;
        }
        for path in versions.files() {
            match copy_at(&path) {
                Ok(copy) => {
                    versions.kept.insert(copy.version.number, copy);
                }
                Err(_) => versions.unreadable.push(name_of(&path)),
            }
        }
        // An account of before copies were bounded may have more.
        versions.thin_out();
        Ok(versions)
    }

    /// The bookmark of the current version.
    pub(super) fn bookmark(&self) -> String {
        self.bookmark_of(self.current.number)
    }

    /// The number of the version with that bookmark, kept or current.
    pub(super) fn find(&self, bookmark: &str) -> Option<u64> {
        let mut numbers = self.kept.keys().copied().chain([self.current.number]);
        numbers.find(|number| self.bookmark_of(*number) == bookmark)
    }

    /// The bookmark of the version that was the current one at `time`; `None` before the first that is kept.
    pub(super) fn at(&self, time: Timestamp) -> Option<String> {
        let all = self.kept.values().map(|copy| copy.version).chain([self.current]);
        let last = all.filter(|version| version.since <= time).max_by_key(|version| version.number)?;
        Some(self.bookmark_of(last.number))
    }

    /// Keeps a copy of the current version, to be called before what may change it.
    pub(super) fn keep(&mut self, connection: &Connection) -> Result<(), KeepError> {
        let number = self.current.number;
        if self.kept.contains_key(&number) {
            return Ok(());
        }
        let copied = match &self.folder {
            None => {
                let mut copy = Connection::open_in_memory()?;
                copy_all(connection, &mut copy)?;
                CopyData::Memory(copy)
            }
            Some(folder) => {
                let path = folder.join(format!("{number:08x}.sqlite"));
                files::write_aside(&path, |aside| {
                    let mut copy = Connection::open(aside)?;
                    // It is synced as a whole.
                    copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
                    copy_all(connection, &mut copy)?;
                    copy.close().map_err(|(_, error)| KeepError::from(error))
                })?;
                self.unreadable.retain(|name| *name != name_of(&path));
                CopyData::File(path)
            }
        };
        self.kept.insert(number, VersionCopy { version: self.current, bytes: size(connection)?, copied });
        self.thin_out();
        Ok(())
    }

    pub(super) fn copies(&self) -> CopyStats {
        let bytes = self.kept.values().map(|copy| copy.bytes).sum();
        CopyStats { count: self.kept.len(), bytes, unreadable: self.unreadable.clone() }
    }

    /// Removes the oldest copies that are too many or too large.
    fn thin_out(&mut self) {
        let CopyStats { mut count, mut bytes, .. } = self.copies();
        while count > KEPT_MAX || (count > 1 && bytes > self.bytes_max) {
            let Some((_, oldest)) = self.kept.pop_first() else { return };
            (count, bytes) = (count - 1, bytes.saturating_sub(oldest.bytes));
            if let CopyData::File(path) = oldest.copied {
                // One copy too many does no harm.
                let _ = files::remove_file(&path);
            }
        }
    }

    /// Writes the next version's number, inside the transaction that makes it.
    pub(super) fn write_next(&self, connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        write(connection, self.next(now))
    }

    /// Goes on to the version that [`write_next`](Self::write_next) wrote, once that is committed.
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.current = self.next(now);
    }

    /// Calls may have waited for each other: the later version is not the older one.
    fn next(&self, now: Timestamp) -> Version {
        Version { number: self.current.number + 1, since: now.max(self.current.since) }
    }

    /// Makes `number` the content of a new version; false when it is not kept.
    pub(super) fn restore(
        &mut self,
        connection: &mut Connection,
        number: u64,
        now: Timestamp,
    ) -> Result<bool, KeepError> {
        // What goes is read before the copy of what is: that copy may take the place of this one.
        let mut next = Connection::open_in_memory()?;
        match self.kept.get(&number).map(|copy| &copy.copied) {
            Some(CopyData::Memory(copy)) => copy_all(copy, &mut next)?,
            Some(CopyData::File(path)) => copy_all(&Connection::open(path)?, &mut next)?,
            None if number == self.current.number => copy_all(connection, &mut next)?,
            None => return Ok(false),
        }
        self.keep(connection)?;
        self.write_next(&next, now)?;
        copy_all(&next, connection)?;
        self.advance(now);
        Ok(true)
    }

    fn files(&self) -> Vec<PathBuf> {
        let Some(folder) = self.folder.as_deref() else { return Vec::new() };
        let names = files::walk(folder).unwrap_or_default();
        names.iter().filter(|name| is_copy(name)).map(|name| folder.join(name)).collect()
    }

    /// `xxxxxxxx-xxxxxxxx-xxxxxxxx-<32 hex>`, sorted by version (D1-25).
    fn bookmark_of(&self, number: u64) -> String {
        let hash = Sha256::digest(format!("{}/{number}", self.database));
        format!("{number:08x}-00000000-00000000-{}", hex::encode(&hash[..16]))
    }
}

/// A copy that was kept by a process before.
fn copy_at(path: &Path) -> rusqlite::Result<VersionCopy> {
    let connection = Connection::open(path)?;
    let version = read(&connection)?;
    Ok(VersionCopy { version, bytes: size(&connection)?, copied: CopyData::File(path.to_owned()) })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_copy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sqlite")
}

fn copy_all(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.step(-1).map(|_| ())
}

/// Bytes of a database.
pub(super) fn size(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(bytes.unsigned_abs())
}

fn read(connection: &Connection) -> rusqlite::Result<Version> {
    let value = |key: &str| format!("SELECT value FROM _cf_KV WHERE key = '{key}'");
    let number: i64 = connection.query_row(&value("version"), [], |row| row.get(0))?;
    let since: String = connection.query_row(&value("since"), [], |row| row.get(0))?;
    Ok(Version { number: number.unsigned_abs(), since: since.parse().unwrap_or_default() })
}

fn write(connection: &Connection, version: Version) -> rusqlite::Result<()> {
    let number = version.number.cast_signed();
    connection.execute("UPDATE _cf_KV SET value = ?1 WHERE key = 'version'", params![number])?;
    let since = version.since.to_string();
    connection.execute("UPDATE _cf_KV SET value = ?1 WHERE key = 'since'", params![since])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions of a database that holds `kilobytes` of data.
    fn filled(folder: Option<PathBuf>, kilobytes: usize) -> (Connection, Versions) {
        let connection = Connection::open_in_memory().unwrap();
        let versions = Versions::open(&connection, "db", folder, Timestamp::UNIX_EPOCH).unwrap();
        let sql = format!("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob({}))", kilobytes * 1024);
        connection.execute_batch(&sql).unwrap();
        (connection, versions)
    }

    fn change(connection: &Connection, versions: &mut Versions, times: usize) {
        for _ in 0..times {
            versions.keep(connection).unwrap();
            versions.write_next(connection, Timestamp::UNIX_EPOCH).unwrap();
            versions.advance(Timestamp::UNIX_EPOCH);
        }
    }

    #[test]
    fn copies_take_no_more_room_than_they_may_and_the_latest_stay() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path().to_owned())] {
            let (mut connection, mut versions) = filled(folder, 200);
            let one = size(&connection).unwrap();
            versions.bytes_max = 3 * one;
            change(&connection, &mut versions, 20);
            assert_eq!(versions.copies(), CopyStats { count: 3, bytes: 3 * one, unreadable: Vec::new() });
            assert_eq!(versions.files().len(), if versions.folder.is_some() { 3 } else { 0 });
            assert_eq!(versions.kept.keys().copied().collect::<Vec<_>>(), [17, 18, 19]);
            // The oldest can still be gone back to, though the copy of what is now takes its place.
            assert!(versions.restore(&mut connection, 17, Timestamp::UNIX_EPOCH).unwrap());
            assert_eq!(versions.kept.keys().copied().collect::<Vec<_>>(), [18, 19, 20]);
            assert!(!versions.restore(&mut connection, 17, Timestamp::UNIX_EPOCH).unwrap());
        }
    }

    #[test]
    fn the_latest_copy_is_kept_whatever_its_size() {
        let (connection, mut versions) = filled(None, 200);
        versions.bytes_max = 1;
        change(&connection, &mut versions, 3);
        assert_eq!(versions.copies().count, 1);
    }

    #[test]
    fn a_copy_that_cannot_be_read_is_left_out_until_it_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().to_owned();
        let (connection, mut versions) = filled(Some(kept.clone()), 1);
        change(&connection, &mut versions, 3);
        let long = vec![b'x'; 5000];
        for (name, bytes) in
            [("00000001.sqlite", &b"SQLite"[..]), ("00000002.sqlite", b""), ("00000003.sqlite", &long)]
        {
            files::write_whole(&kept.join(name), bytes).unwrap();
        }
        files::write_whole(&kept.join(".00000003.sqlite.larder-new"), b"half").unwrap();
        let mut again = Versions::open(&connection, "db", Some(kept.clone()), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(again.kept.keys().copied().collect::<Vec<_>>(), [0]);
        assert_eq!(again.copies().unreadable, ["00000001.sqlite", "00000002.sqlite", "00000003.sqlite"]);
        assert!(!files::exists(&kept.join(".00000003.sqlite.larder-new")));
        change(&connection, &mut again, 1);
        assert_eq!(again.kept.keys().copied().collect::<Vec<_>>(), [0, 3]);
        assert_eq!(again.copies().unreadable, ["00000001.sqlite", "00000002.sqlite"]);
        let last = Versions::open(&connection, "db", Some(kept), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(last.kept.keys().copied().collect::<Vec<_>>(), [0, 3]);
    }
}
