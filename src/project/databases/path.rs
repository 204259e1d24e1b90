//! Paths and patterns of a file, relative to the project's folder.

use crate::system::{files, plain};
use std::path::{Component, Path, PathBuf};

/// What a config at `config` (from the project's folder) calls `dir`, from the project's folder.
pub(super) fn from_project(config: &str, dir: &str, folder: &Path) -> String {
    let beside = Path::new(config).parent().unwrap_or(Path::new(""));
    let path = plain(&beside.join(dir));
    let path = path.strip_prefix(folder).map(Path::to_owned).unwrap_or(path);
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.to_string_lossy().replace('\\', "/") }
}

/// A pattern from the folder; in a wrangler config it begins with the folder as written there.
pub(super) fn inside(pattern: &str, dir: &str) -> String {
    let tidy = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    let (pattern, dir) = (tidy(pattern), tidy(dir));
    let inside = pattern.strip_prefix(&dir).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
    inside.unwrap_or(pattern)
}

/// Whether two paths from the project's folder lead to one place.
pub(super) fn is_same(one: &str, other: &str, folder: &Path) -> bool {
    let real = |path: &str| files::canonical(&folder.join(path)).ok();
    plain(Path::new(one)) == plain(Path::new(other))
        || real(one).is_some_and(|real_one| real(other) == Some(real_one))
}

/// The way from one folder to another, both absolute and plain.
pub fn way(from: &Path, to: &Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    way.to_string_lossy().replace('\\', "/")
}
