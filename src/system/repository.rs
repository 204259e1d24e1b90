//! Finds the repository of a project, which limits where its files may be.
//!
//! **Invariant:** neither a home folder nor the root of the file system is a repository, whatever lies in it.

use super::environment::Environment;
use super::files;
use std::path::{Path, PathBuf};

/// A `package.json` is written by hand.
const PACKAGE_BYTES_MAX: u64 = 1 << 20;

/// The nearest folder, from `folder` upwards, that holds a `.git` (a folder, or the file of a worktree or submodule);
/// without one, the nearest that holds a workspace file; without either, `folder` itself, which has every link followed.
pub fn repository(folder: &Path, environment: &Environment) -> PathBuf {
    let home = ["HOME", "USERPROFILE"].into_iter().filter_map(|name| environment.get(name));
    let homes: Vec<PathBuf> = home.filter_map(|home| files::canonical(Path::new(home)).ok()).collect();
    let is_too_high = |above: &&Path| above.parent().is_none() || homes.iter().any(|home| home == above);
    let above: Vec<&Path> = folder.ancestors().take_while(|above| !is_too_high(above)).collect();
    let has_git = |above: &&&Path| files::exists(&above.join(".git"));
    let found = above.iter().find(has_git).or_else(|| above.iter().find(|above| is_workspace(above)));
    found.copied().unwrap_or(folder).to_owned()
}

fn is_workspace(folder: &Path) -> bool {
    if files::exists(&folder.join("pnpm-workspace.yaml")) {
        return true;
    }
    let package = files::read_bytes(&folder.join("package.json"), PACKAGE_BYTES_MAX).ok();
    let package = package.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    package.is_some_and(|package| !package["workspaces"].is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The repository of `folder` below a new folder with these files, from that folder; `~` is its name for home.
    fn found(paths: &[(&str, &str)], folder: &str, home: &str) -> String {
        let keep = tempfile::tempdir().unwrap();
        let root = files::canonical(keep.path()).unwrap();
        files::make_folder(&root.join(folder)).unwrap();
        for (path, text) in paths {
            files::make_folder(root.join(path).parent().unwrap()).unwrap();
            files::write_whole(&root.join(path), text.as_bytes()).unwrap();
        }
        let environment: Environment = [("HOME", root.join(home).to_str().unwrap())].into_iter().collect();
        let found = repository(&root.join(folder), &environment);
        found.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_nearest_git_counts_and_then_the_nearest_workspace() {
        let git = ("r/.git/HEAD", "ref");
        assert_eq!(found(&[git], "r/apps/worker", "h"), "r");
        assert_eq!(found(&[("r/.git", "gitdir: x")], "r/apps/worker", "h"), "r", "of a worktree");
        assert_eq!(found(&[git, ("r/apps/.git/HEAD", "ref")], "r/apps/worker", "h"), "r/apps");
        assert_eq!(found(&[git, ("r/apps/pnpm-workspace.yaml", "")], "r/apps/worker", "h"), "r");
        assert_eq!(found(&[("r/pnpm-workspace.yaml", "")], "r/apps/worker", "h"), "r");
        let package = r#"{"workspaces": ["apps/*"]}"#;
        assert_eq!(found(&[("r/package.json", package)], "r/apps/worker", "h"), "r");
        assert_eq!(found(&[("r/package.json", "{}")], "r/apps/worker", "h"), "r/apps/worker");
        assert_eq!(found(&[("r/package.json", "{")], "r/apps/worker", "h"), "r/apps/worker");
    }

    #[test]
    fn a_home_folder_is_no_repository() {
        let git = ("home/.git/HEAD", "ref");
        assert_eq!(found(&[git], "home/app", "home"), "home/app");
        assert_eq!(found(&[git], "home", "home"), "home");
        assert_eq!(found(&[git, ("home/app/.git/HEAD", "ref")], "home/app/worker", "home"), "home/app");
        assert_eq!(found(&[("home/pnpm-workspace.yaml", "")], "home/app", "home"), "home/app");
        assert_eq!(found(&[(".git/HEAD", "ref")], "home/app", "home"), "home/app", "nor is what is above it");
    }
}
