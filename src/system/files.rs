//! Reads files with a size limit and writes them atomically.

#![allow(clippy::disallowed_methods)]

mod crash_points;
mod read;
mod streams;
mod walk;
mod atomic_write;

pub use atomic_write::{remove_unfinished, write_aside, write_new, write_parts, write_whole};
pub use crash_points::commit_step;
pub use read::{read_bytes, read_text};
pub use streams::{Source, Spool, SpoolReader};
pub use walk::{entries, some_below, walk};

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Adds a block of whole lines to the end of a file, with one write: on a line of its own, or not at all.
pub fn append_block(path: &Path, block: &str) -> io::Result<()> {
    crash_points::step()?;
    let mut file = File::options().read(true).append(true).create(true).open(path)?;
    let length = file.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let lead = if last == [b'\n'] { "" } else { "\n" };
    // One write, so that a kill leaves all of it or nothing.
    let written = crash_points::step().and_then(|()| file.write_all(format!("{lead}{block}").as_bytes()));
    if written.is_err() {
        // Half a block would be taken for something else.
        file.set_len(length)?;
    }
    written
}

/// Makes a folder and what is above it.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes a folder that only its owner may enter (0700 where the system knows modes).
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The same for a folder that git leaves alone.
pub fn make_ignored_folder(path: &Path) -> io::Result<()> {
    make_private_folder(path)?;
    let ignore = path.join(".gitignore");
    if ignore.try_exists()? { Ok(()) } else { write_whole(&ignore, b"*\n") }
}

/// Removes a folder and all in it; an absent one is fine.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes a file; an absent one is fine.
pub fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The path with every link followed.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// Whether `path`, links followed, is a regular file: not a folder, pipe or device, which a read could block on.
pub fn is_regular_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether `path` itself is a link.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Whether something is there.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The names of the folders in a folder, sorted; hidden ones and links are left out.
pub fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.file_type()?.is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A file that this process alone holds until the value is dropped or the process ends.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

/// Why a file can't be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another holder has it.
    #[error("held by process {pid}")]
    Taken {
        /// What the holder wrote into the file; `unknown` when it wrote nothing yet.
        pid: String,
    },
    /// The file can't be used.
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Takes the lock file at `path` without waiting and writes this process's id into it. The file stays when the lock is
/// gone: removing it would let two processes hold two files of one name.
pub fn lock(path: &Path) -> Result<FileLock, LockError> {
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.take(20).read_to_string(&mut pid)?;
            let pid = pid.trim();
            return Err(LockError::Taken { pid: if pid.is_empty() { "unknown" } else { pid }.to_owned() });
        }
        Err(fs::TryLockError::Error(error)) => return Err(error.into()),
    }
    file.set_len(0)?;
    file.write_all(std::process::id().to_string().as_bytes())?;
    file.sync_all()?;
    Ok(FileLock { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_whole_replaces_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(read_text(&path, 10).unwrap(), "two");
        assert_eq!(walk(folder.path()).unwrap(), [PathBuf::from("report.json")]);
    }

    #[test]
    fn a_block_begins_on_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        append_block(&path, "a\n").unwrap();
        append_block(&path, "b").unwrap();
        append_block(&path, "c\n").unwrap();
        assert_eq!(read_text(&path, 10).unwrap(), "a\nb\nc\n");
        assert!(append_block(folder.path(), "d\n").is_err());
    }
}
