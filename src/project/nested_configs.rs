//! Finds project files and wrangler configs in sub folders of a folder that has none.
//!
//! **Invariant:** the search is bounded in depth and in folders, and enters neither hidden folders, nor installed or built
//! files, nor links.

use super::file::PROJECT_FILE;
use super::wrangler;
use crate::system::files;
use std::path::{Path, PathBuf};

/// `apps/web/workers` of a repository's root.
const DEPTH_MAX: usize = 4;

/// A repository with more is not searched to its end.
const FOLDERS_MAX: usize = 2000;

/// Nobody reads more suggestions.
const FOUND_MAX: usize = 5;

/// Folders that hold what a tool has put there.
pub const LEFT_OUT: [&str; 6] = ["node_modules", "target", "dist", "build", "vendor", "coverage"];

/// The nearest folders below `start` with a project file or a wrangler config, relative to it, sorted.
pub fn projects_below(start: &Path) -> Vec<PathBuf> {
    let mut found = all_below(start);
    found.truncate(FOUND_MAX);
    found
}

/// The nearest folder above `start`, in its repository, with a wrangler config; relative to it.
pub fn worker_above(start: &Path) -> Option<PathBuf> {
    let root = start.ancestors().find(|folder| files::exists(&folder.join(".git")))?;
    let above = start.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    let found = above.enumerate().find(|(_, folder)| wrangler::find(folder).is_some());
    found.map(|(at, _)| (0..=at).map(|_| "..").collect())
}

/// The nearest folders below `start` with a wrangler config that belong to no project yet, relative to it, sorted.
pub fn workers_below(start: &Path) -> Vec<PathBuf> {
    let mut found = all_below(start);
    found.retain(|folder| !files::exists(&start.join(folder).join(PROJECT_FILE)));
    found
}

fn all_below(start: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![PathBuf::new()];
    let mut left = FOLDERS_MAX;
    for _ in 0..DEPTH_MAX {
        let mut below: Vec<PathBuf> = Vec::new();
        for parent in &level {
            let names = files::folders(&start.join(parent)).unwrap_or_default();
            let names = names.into_iter().filter(|name| !LEFT_OUT.iter().any(|out| name == out));
            below.extend(names.map(|name| parent.join(name)));
        }
        below.truncate(left);
        left -= below.len();
        let (projects, others): (Vec<_>, Vec<_>) =
            below.into_iter().partition(|folder| is_project(&start.join(folder)));
        found.extend(projects);
        level = others;
    }
    found.sort();
    found
}

fn is_project(folder: &Path) -> bool {
    files::exists(&folder.join(PROJECT_FILE)) || wrangler::find(folder).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_of_the_repository_is_seen_from_a_folder_of_its_sources() {
        let root = tempfile::tempdir().unwrap();
        for path in ["wrangler.toml", "repo/.git/HEAD", "repo/app/wrangler.toml", "repo/app/src/lib/x.ts"] {
            let path = root.path().join(path);
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, b"").unwrap();
        }
        let above = |folder: &str| worker_above(&root.path().join(folder));
        assert_eq!(above("repo/app/src/lib"), Some("../..".into()));
        assert_eq!(above("repo/app/src"), Some("..".into()));
        // What lies beyond the repository is somebody else's.
        assert_eq!(above("repo/app"), None);
        assert_eq!(above("repo"), None);
    }

    #[test]
    fn the_nearest_are_found_and_nothing_installed_hidden_or_deep() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "apps/web/wrangler.toml",
            "apps/web/inner/wrangler.toml",
            "apps/api/wrangler.jsonc",
            "services/jobs/larder.toml",
            "node_modules/x/wrangler.toml",
            "apps/web2/node_modules/x/wrangler.toml",
            ".hidden/wrangler.toml",
            "target/x/wrangler.toml",
            "a/b/c/d/e/wrangler.toml",
        ] {
            let path = root.path().join(path);
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, b"").unwrap();
        }
        let found = projects_below(root.path());
        assert_eq!(found, ["apps/api", "apps/web", "services/jobs"].map(PathBuf::from));
        assert_eq!(workers_below(root.path()), ["apps/api", "apps/web"].map(PathBuf::from));
    }
}
