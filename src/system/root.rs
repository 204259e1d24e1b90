//! The project's folder, which relative paths of a recipe cannot leave, and the repository around it, in which a
//! project file or config may name files.
//!
//! **Invariant:** a path is judged by where it really leads, every link followed.

use super::environment::Environment;
use super::files;
use super::repository::repository;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The project's folder, links followed, and what its files name beside it.
#[derive(Clone, Debug)]
pub struct Root {
    folder: PathBuf,
    /// Nothing outside can be named.
    repository: PathBuf,
    /// What was named, with every link followed; clones share it.
    named: Arc<Mutex<BTreeSet<PathBuf>>>,
}

/// Why a path was not given.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// It is absolute, or climbs out.
    #[error("`{0}` leads out of the project")]
    Outside(String),
    /// A file of the project names what is not in its repository.
    #[error("`{path}` leads out of {}", around(repository.as_deref()))]
    OutsideRepository {
        /// As named.
        path: String,
        /// The repository; `None` where nothing says that the project's folder is a part of one.
        repository: Option<PathBuf>,
    },
    /// It is what git keeps for itself.
    #[error("`{0}` is inside `.git`")]
    InsideGit(String),
    /// It can't be reached.
    #[error("can't read `{path}`: {source}")]
    Unreadable {
        /// As asked.
        path: String,
        /// The error of the system.
        source: io::Error,
    },
}

fn around(repository: Option<&Path>) -> String {
    repository.map_or_else(
        || {
            "the project's folder, and no `.git` or workspace file above it makes it a part of more"
                .to_owned()
        },
        |repository| format!("the repository `{}`", repository.display()),
    )
}

impl Root {
    /// That folder, alone; it must exist.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let folder = files::canonical(folder)?;
        Ok(Root { repository: folder.clone(), folder, named: Arc::default() })
    }

    /// That folder in its repository.
    pub fn in_repository(folder: &Path, environment: &Environment) -> io::Result<Self> {
        let root = Root::new(folder)?;
        Ok(Root { repository: repository(&root.folder, environment), ..root })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The repository around it; the folder itself where there is none.
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// The real path of `relative`, which must exist and lie inside, or in what was named, after every link is followed.
    pub fn resolve(&self, relative: &str) -> Result<PathBuf, RootError> {
        let outside = || RootError::Outside(relative.to_owned());
        let path = Path::new(relative);
        let is_absolute = path.components().any(is_absolute);
        if relative.contains('\0') || (is_absolute && self.named.lock().is_empty()) {
            return Err(outside());
        }
        let joined = self.folder.join(path);
        let real = match files::canonical(&joined) {
            Err(_) if is_absolute => return Err(outside()),
            real => real.map_err(|source| RootError::Unreadable { path: relative.to_owned(), source })?,
        };
        let is_inside = real.starts_with(&self.folder) && !is_absolute;
        if is_inside || self.is_named(&joined, &real) { Ok(real) } else { Err(outside()) }
    }

    /// Whether it is, or lies in, what was named; a link in there may lead to anything in the repository.
    fn is_named(&self, joined: &Path, real: &Path) -> bool {
        let folder = joined.parent().and_then(|folder| files::canonical(folder).ok());
        let holds = |path: &Path| self.named.lock().iter().any(|named| path.starts_with(named));
        holds(real)
            || (folder.is_some_and(|folder| holds(&folder))
                && real.starts_with(&self.repository)
                && !is_of_git(real, &self.repository))
    }

    /// Takes note of a file or folder that the project's files name: it must exist and lie in the repository, and can be
    /// resolved from now on. Gives its real path.
    pub fn name(&self, path: &str) -> Result<PathBuf, RootError> {
        if path.contains('\0') {
            return Err(RootError::Outside(path.to_owned()));
        }
        let real = files::canonical(&self.folder.join(path))
            .map_err(|source| RootError::Unreadable { path: path.to_owned(), source })?;
        self.check_named(path, &real)?;
        self.named.lock().insert(real.clone());
        Ok(real)
    }

    /// The real path of a file that a person names. Where it begins in the repository, no link leads out of there; what lies
    /// elsewhere is theirs.
    pub fn follow(&self, path: &Path) -> Result<PathBuf, RootError> {
        let shown = || path.to_string_lossy().into_owned();
        let joined = self.folder.join(path);
        let real =
            files::canonical(&joined).map_err(|source| RootError::Unreadable { path: shown(), source })?;
        let folder = joined.parent().and_then(|folder| files::canonical(folder).ok());
        let begins_inside =
            folder.into_iter().chain([plain(&joined)]).any(|begin| begin.starts_with(&self.repository));
        if begins_inside {
            self.check_named(&shown(), &real)?;
        }
        Ok(real)
    }

    fn check_named(&self, path: &str, real: &Path) -> Result<(), RootError> {
        if !real.starts_with(&self.repository) {
            let repository = (self.repository != self.folder).then(|| self.repository.clone());
            return Err(RootError::OutsideRepository { path: path.to_owned(), repository });
        }
        if is_of_git(real, &self.repository) {
            return Err(RootError::InsideGit(path.to_owned()));
        }
        Ok(())
    }

    /// The real path of a file to be written, whose folder must exist and lie inside; a link of that name is replaced,
    /// not followed.
    pub fn place(&self, relative: &str) -> Result<PathBuf, RootError> {
        let outside = || RootError::Outside(relative.to_owned());
        let path = Path::new(relative);
        let name = path.file_name().ok_or_else(outside)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = self.resolve(folder.to_str().ok_or_else(outside)?)?;
        if folder.starts_with(&self.folder) { Ok(folder.join(name)) } else { Err(outside()) }
    }

    /// Makes the folder that the project's files name where there is none, in the repository; gives its real path.
    pub fn make_folder(&self, path: &str) -> Result<PathBuf, RootError> {
        let unreadable = |source| RootError::Unreadable { path: path.to_owned(), source };
        let wanted = plain(&self.folder.join(path));
        let above = wanted.ancestors().find(|above| files::exists(above)).unwrap_or(&self.folder);
        self.check_named(path, &files::canonical(above).map_err(unreadable)?)?;
        files::make_folder(&wanted).map_err(unreadable)?;
        self.name(path)
    }
}

fn is_absolute(part: Component) -> bool {
    matches!(part, Component::RootDir | Component::Prefix(_))
}

fn is_of_git(real: &Path, repository: &Path) -> bool {
    let below = real.strip_prefix(repository).unwrap_or(real);
    below.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// The path without `.` and `..`, as Node resolves it.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        let climbs = matches!(plain.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if climbs => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
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
            assert!(root.name(path).is_err(), "{path}");
        }
        assert!(!files::exists(&folder.path().join("new")));
        assert!(root.make_folder("c/d").unwrap().ends_with("in/c/d"));
        assert!(root.make_folder("./c").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn what_begins_in_the_repository_ends_there() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["r/.git", "r/app", "away"] {
            files::make_folder(&folder.path().join(path)).unwrap();
        }
        for path in ["r/env", "away/env"] {
            files::write_whole(&folder.path().join(path), b"x").unwrap();
        }
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, folder.path().join(at)).unwrap();
        link("../env", "r/app/env");
        link("../../away/env", "r/app/out");
        link("../../away", "r/app/folder");
        link("env", "away/other");
        link("r/app", "to-app");
        let root = Root::in_repository(&folder.path().join("r/app"), &Environment::default()).unwrap();
        let follow = |path: &str| root.follow(&folder.path().join(path));
        for path in ["r/app/env", "r/env", "away/env", "away/other"] {
            assert!(follow(path).is_ok(), "{path}");
        }
        for path in ["r/app/out", "r/app/folder/env", "to-app/out", "away/../r/app/out"] {
            assert!(matches!(follow(path), Err(RootError::OutsideRepository { .. })), "{path}");
        }
        assert!(matches!(root.follow(Path::new("none")), Err(RootError::Unreadable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_named_may_be_anywhere_in_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        for path in [".git/hooks", "apps/worker", "packages/db/m", "packages/other", "outside"] {
            files::make_folder(&folder.path().join("r").join(path)).unwrap();
        }
        files::make_folder(&folder.path().join("m")).unwrap();
        files::write_whole(&folder.path().join("r/packages/db/m/1.sql"), b"x").unwrap();
        files::write_whole(&folder.path().join("r/packages/other/2.sql"), b"x").unwrap();
        let link = |to: &str, at: &str| {
            std::os::unix::fs::symlink(to, folder.path().join("r").join(at)).unwrap();
        };
        link("../../other/2.sql", "packages/db/m/2.sql");
        link("../../../../m", "packages/db/m/out");
        link("../../packages/db/m", "apps/worker/m");
        link("../../.git/hooks", "apps/worker/git");
        let root =
            Root::in_repository(&folder.path().join("r/apps/worker"), &Environment::default()).unwrap();
        let file = "../../packages/db/m/1.sql";
        assert!(matches!(root.resolve(file), Err(RootError::Outside(_))), "nothing is named yet");
        assert!(matches!(root.resolve("m/1.sql"), Err(RootError::Outside(_))));
        let real = root.name("../../packages/db/m").unwrap();
        for path in
            [file, "../../packages/db/m/2.sql", "m/1.sql", "m/2.sql", real.join("1.sql").to_str().unwrap()]
        {
            assert!(root.resolve(path).is_ok(), "{path}");
        }
        for path in ["m/out", "../../packages/other/2.sql", "../../packages"] {
            assert!(matches!(root.resolve(path), Err(RootError::Outside(_))), "{path}");
        }
        assert!(root.place("m/3.sql").is_err(), "nothing is written there");
        assert!(matches!(root.name("git"), Err(RootError::InsideGit(_))));
        assert!(matches!(
            root.name("../../../m"),
            Err(RootError::OutsideRepository { repository: Some(_), .. })
        ));
        assert!(matches!(root.name("none"), Err(RootError::Unreadable { .. })));
        assert!(root.make_folder("../../packages/new/m").unwrap().ends_with("r/packages/new/m"));
        assert!(root.make_folder("../../.git/m").is_err() && root.make_folder("../../../new").is_err());
        assert!(!files::exists(&folder.path().join("new")));
    }
}
