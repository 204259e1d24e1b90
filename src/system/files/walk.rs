//! Lists the files below a folder.

use super::canonical;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The names in a folder, each with whether it is a folder; what is no text is left out.
pub fn entries(folder: &Path) -> io::Result<Vec<(String, bool)>> {
    let entry = |entry: fs::DirEntry| {
        let is_folder = fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
        Some((entry.file_name().into_string().ok()?, is_folder))
    };
    Ok(fs::read_dir(folder)?.filter_map(Result::ok).filter_map(entry).collect())
}

/// Every file below `folder`, as paths relative to it, sorted; links are followed, dot files left out. A pipe or a device is
/// among them, so that whoever reads it tells what it is. What can't be looked at, such as a link that leads nowhere, is named.
pub fn walk(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    // With the real folders that lead there: a link to one of them would have no end.
    let mut left = vec![(PathBuf::new(), vec![canonical(folder)?])];
    while let Some((relative, above)) = left.pop() {
        for entry in fs::read_dir(folder.join(&relative)).map_err(|error| named(&relative, &error))? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = relative.join(entry.file_name());
            let full = folder.join(&path);
            if fs::metadata(&full).map_err(|error| reason(&full, &path, &error))?.is_dir() {
                let real = canonical(&full)?;
                if above.contains(&real) {
                    let message = format!("`{}` is a link to a folder that it lies in", path.display());
                    return Err(io::Error::other(message));
                }
                left.push((path, above.iter().cloned().chain([real]).collect()));
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The files below `folder`, as paths relative to it, the nearest ones first: what a search comes to that looks at so many
/// entries. Hidden entries, links and folders of these names are left out, and so is what can't be read.
pub fn some_below(folder: &Path, left_out: &[&str], entries_max: usize) -> Vec<PathBuf> {
    let (mut found, mut left, mut looked_at) = (Vec::new(), VecDeque::from([PathBuf::new()]), 0);
    while let Some(relative) = left.pop_front() {
        let entries = fs::read_dir(folder.join(&relative)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.take(entries_max - looked_at).collect();
        looked_at += names.len();
        names.sort_by_key(fs::DirEntry::file_name);
        for entry in names {
            let name = entry.file_name();
            let is_left_out =
                name.as_encoded_bytes().starts_with(b".") || left_out.iter().any(|out| name == *out);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !is_left_out => left.push_back(relative.join(name)),
                Ok(kind) if kind.is_file() && !is_left_out => found.push(relative.join(name)),
                _ => {}
            }
        }
    }
    found
}

fn reason(full: &Path, path: &Path, error: &io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound && fs::read_link(full).is_ok() {
        let message = format!("`{}` is a link that leads nowhere", path.display());
        return io::Error::new(io::ErrorKind::InvalidData, message);
    }
    named(path, error)
}

/// The folder itself is named by whoever asks.
fn named(path: &Path, error: &io::Error) -> io::Error {
    let name = if path.as_os_str().is_empty() { String::new() } else { format!("`{}`: ", path.display()) };
    io::Error::new(error.kind(), format!("{name}{error}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::{make_folder, write_whole};
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_leads_nowhere_or_round_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        make_folder(&at("a/b")).unwrap();
        write_whole(&at("a/b/file"), b"").unwrap();
        symlink("a/b", at("link")).unwrap();
        assert_eq!(walk(folder.path()).unwrap(), [PathBuf::from("a/b/file"), PathBuf::from("link/file")]);
        symlink("gone", at("a/dangling")).unwrap();
        let message = || walk(folder.path()).unwrap_err().to_string();
        assert_eq!(message(), "`a/dangling` is a link that leads nowhere");
        fs::remove_file(at("a/dangling")).unwrap();
        symlink("..", at("a/b/up")).unwrap();
        assert!(
            message().ends_with("`a/b/up` is a link to a folder that it lies in")
                || message().starts_with("`link/up`")
        );
    }
}
