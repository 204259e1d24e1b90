//! Writes a file whole, a new one or in place of an old one: a temporary file beside the target, synced, renamed, the folder synced.
//!
//! **Invariant:** after a crash anywhere the target is absent, old, or complete and new.
//! **Invariant:** a temporary file is locked while it is written; one that is not has lost its writer.

use super::{exists, fate};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Replaces `path` by `bytes`, all or nothing; what a writer of it that was killed has left behind goes as well.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let file = complete(folder, path, bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    synced(folder)
}

/// Makes the file `path`, all or nothing; fails where there is one.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let file = complete(folder, path, bytes)?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    synced(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// All that will stand in `path`, safely beside it.
fn complete(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    fate::step()?;
    let mut file = unfinished(folder, path)?;
    fate::step()?;
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    fate::step()?;
    file.as_file().sync_all()?;
    fate::step()?;
    Ok(file)
}

/// A new name is there after a crash, too.
fn synced(folder: &Path) -> io::Result<()> {
    fate::step()?;
    File::open(folder)?.sync_all()
}

/// A new file beside `target`, locked for as long as it is written: one that is not locked has lost its writer, and is
/// removed.
fn unfinished(folder: &Path, target: &Path) -> io::Result<tempfile::NamedTempFile> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let (prefix, suffix) = (format!(".{name}."), ".larder-new");
    for entry in fs::read_dir(folder)?.flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if found.starts_with(&prefix) && found.ends_with(suffix) {
            let left = File::open(entry.path());
            // Removed while it is locked, so that nobody writes on in it.
            if let Some(left) = left.ok().filter(|left| left.try_lock().is_ok()) {
                super::remove_file(&entry.path())?;
                drop(left);
            }
        }
    }
    loop {
        let file = tempfile::Builder::new().prefix(&prefix).suffix(suffix).tempfile_in(folder)?;
        // Where there are no locks, nothing is taken for left behind either.
        let _ = file.as_file().lock();
        // Between its making and its lock, another writer may have removed it.
        if exists(file.path()) {
            return Ok(file);
        }
    }
}
