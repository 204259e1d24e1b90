//! A folder that relative paths of a recipe or a project file never leave.

use super::files;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The project's folder, links followed.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

/// Why a path was not given.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// It is absolute, or climbs out.
    #[error("`{0}` leads out of the project")]
    Outside(String),
    /// It can't be reached.
    #[error("can't read `{path}`: {source}")]
    Unreadable {
        /// As asked.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

impl Root {
    /// That folder; it must exist.
    pub fn new(folder: &Path) -> io::Result<Self> {
        files::canonical(folder).map(Root)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The real path of `relative`, which must exist and lie inside after every link is followed.
    pub fn resolve(&self, relative: &str) -> Result<PathBuf, RootError> {
        let path = Path::new(relative);
        let climbs = |part: Component| matches!(part, Component::RootDir | Component::Prefix(_));
        if relative.contains('\0') || path.components().any(climbs) {
            return Err(RootError::Outside(relative.to_owned()));
        }
        let real = files::canonical(&self.0.join(path))
            .map_err(|source| RootError::Unreadable { path: relative.to_owned(), source })?;
        if real.starts_with(&self.0) { Ok(real) } else { Err(RootError::Outside(relative.to_owned())) }
    }

    /// The real path of a file to be written, whose folder must exist and lie inside; a link of that name is replaced,
    /// not followed.
    pub fn place(&self, relative: &str) -> Result<PathBuf, RootError> {
        let outside = || RootError::Outside(relative.to_owned());
        let path = Path::new(relative);
        let name = path.file_name().ok_or_else(outside)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(self.resolve(folder.to_str().ok_or_else(outside)?)?.join(name))
    }

    /// Makes the folder `relative` where there is none, inside; gives its real path.
    pub fn make_folder(&self, relative: &str) -> Result<PathBuf, RootError> {
        let path = Path::new(relative);
        let is_plain = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(is_plain) {
            return self.resolve(relative);
        }
        let above = path.ancestors().find(|above| files::exists(&self.0.join(above)));
        self.resolve(above.and_then(Path::to_str).unwrap_or_default())?;
        files::make_folder(&self.0.join(path))
            .map_err(|source| RootError::Unreadable { path: relative.to_owned(), source })?;
        self.resolve(relative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("in");
        files::make_folder(&inside).unwrap();
        files::write_whole(&folder.path().join("secret"), b"x").unwrap();
        files::write_whole(&inside.join("a"), b"x").unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
        let root = Root::new(&inside).unwrap();
        assert!(root.resolve("./a").is_ok());
        assert!(root.resolve("../in/a").is_ok());
        for path in ["../secret", "/etc/passwd", "link", "a\0"] {
            assert!(matches!(root.resolve(path), Err(RootError::Outside(_))), "{path}");
        }
        assert!(matches!(root.resolve("b"), Err(RootError::Unreadable { .. })));
        assert!(root.place("b").is_ok() && root.place("./c/../b").is_err() && root.place("link").is_ok());
        for path in ["../b", "/tmp/b", "..", "", "a\0/b"] {
            assert!(matches!(root.place(path), Err(RootError::Outside(_))), "{path}");
        }
        std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
        for path in ["../new", "/new", "up/new"] {
            assert!(root.make_folder(path).is_err(), "{path}");
        }
        assert!(!files::exists(&folder.path().join("new")));
        assert!(root.make_folder("c/d").unwrap().ends_with("in/c/d"));
        assert!(root.make_folder("./c").is_ok());
    }
}
