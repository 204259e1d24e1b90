//! Writes a file atomically, new or in place of an old one: a temporary file in the same folder, synced, renamed,
//! and the folder synced.
//!
//! **Invariant:** after a crash anywhere the target is absent, old, or complete and new.
//! **Invariant:** a temporary file is locked while it is written; one that is not has lost its writer.

use super::read::open_to_read;
use super::{crash_points, exists};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Of a file that is written in parts, so much goes to the disk at once.
const BUFFER_BYTES: usize = 64 << 10;

/// How the name of a file ends that is not finished.
const UNFINISHED: &str = ".larder-new";

/// Replaces `path` by `bytes`, all or nothing; what a writer of it that was killed has left behind goes as well.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_parts(path, |file| file.write_all(bytes))
}

/// Replaces `path` by what `write` writes, all or nothing, as [`write_whole`] does.
pub fn write_parts<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let folder = folder_of(path);
    let (file, written) = complete(folder, path, write)?;
    file.persist(path).map_err(|error| error.error)?;
    synced(folder)?;
    Ok(written)
}

/// Makes the file `path`, all or nothing; fails where there is one.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let (file, ()) = complete(folder, path, |file| file.write_all(bytes))?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    synced(folder)
}

/// Replaces `path` by the file that `make` makes at the path it is given, all or nothing. For a folder in which one process
/// writes at a time: a file that was not finished is removed by the next writer of `path`, or by [`remove_unfinished`].
pub fn write_aside<E: From<io::Error>>(
    path: &Path,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder_of(path).join(format!(".{name}{UNFINISHED}"));
    let replaced = super::remove_file(&aside).and_then(|()| crash_points::step()).map_err(E::from);
    let replaced = replaced.and_then(|()| make(&aside)).and_then(|()| Ok(persist(&aside, path)?));
    if replaced.is_err() {
        // Whatever went wrong is told; what is left takes room.
        let _ = super::remove_file(&aside);
    }
    replaced
}

fn persist(aside: &Path, path: &Path) -> io::Result<()> {
    crash_points::step()?;
    File::options().write(true).open(aside)?.sync_all()?;
    crash_points::step()?;
    fs::rename(aside, path)?;
    synced(folder_of(path))
}

/// Removes what writers of files in `folder` that were killed have left there.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(UNFINISHED) {
            super::remove_file(&entry.path())?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// All that will stand in `path`, safely beside it.
fn complete<T>(
    folder: &Path,
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<(tempfile::NamedTempFile, T)> {
    crash_points::step()?;
    let file = unfinished(folder, path)?;
    crash_points::step()?;
    let mut buffered = BufWriter::with_capacity(BUFFER_BYTES, file.as_file());
    let written = write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    crash_points::step()?;
    file.as_file().sync_all()?;
    crash_points::step()?;
    Ok((file, written))
}

/// A new name is there after a crash, too.
fn synced(folder: &Path) -> io::Result<()> {
    crash_points::step()?;
    File::open(folder)?.sync_all()
}

/// A new file beside `target`, locked for as long as it is written: one that is not locked has lost its writer, and is
/// removed.
fn unfinished(folder: &Path, target: &Path) -> io::Result<tempfile::NamedTempFile> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let (prefix, suffix) = (format!(".{name}."), UNFINISHED);
    for entry in fs::read_dir(folder)?.flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        if found.starts_with(&prefix) && found.ends_with(suffix) {
            let left = open_to_read(&entry.path());
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
