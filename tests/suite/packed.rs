//! A release as its workflow packs it: the archive of every target from the same scripts, and what is made of the archives.

use super::source_tree::{read, root};
use super::workflow_file::yaml;
use larder::system::{Environment, files};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A checkout with the archives of a release in `dist`.
pub struct Packed {
    folder: tempfile::TempDir,
}

impl Packed {
    /// The checkout, without archives.
    pub fn new() -> Self {
        let packed = Packed { folder: tempfile::tempdir().unwrap() };
        let below = ["packaging", ".github/release"].into_iter().flat_map(|folder| {
            let paths = files::walk(&root().join(folder)).unwrap().into_iter();
            paths.map(move |path| format!("{folder}/{}", path.display()))
        });
        let beside = ["Cargo.toml", "LICENSE", "CHANGELOG.md", "README.md"].map(str::to_owned);
        for path in beside.into_iter().chain(below) {
            write(&packed.path(&path), read(&path).as_bytes());
        }
        // What packs and unpacks for Windows is not on every machine.
        script(&packed.path("tools/7z"), "#!/bin/sh\nshift 2\nexec tar -czf \"$@\"\n");
        script(&packed.path("tools/unzip"), "#!/bin/sh\nexec tar -xzf \"$2\" -C \"$4\"\n");
        packed
    }

    /// The archives of every target, with what does not run here; for this machine with a binary, if one is given.
    pub fn with_all(binary: Option<&Path>) -> Self {
        let packed = Packed::new();
        for target in targets() {
            let folder = packed.path(&format!("built/{target}"));
            let name = if target.contains("windows") { "larder.exe" } else { "larder" };
            script(&folder.join(name), "#!/bin/sh\nexit 1\n");
            if let Some(binary) = binary.filter(|_| target == this_target()) {
                std::fs::copy(binary, folder.join(name)).unwrap();
            }
            packed.script("pack", &[&tag(), &target, folder.to_str().unwrap()]);
        }
        packed
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs `.github/release/NAME`, which must succeed.
    pub fn script(&self, name: &str, arguments: &[&str]) -> String {
        let output = self.try_script(name, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, whatever it comes to.
    pub fn try_script(&self, name: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("bash");
        command.arg(self.path(".github/release").join(name)).args(arguments).env_clear();
        let tools = format!("{}:{}", self.path("tools").display(), path_of_process());
        command.env("PATH", tools).env("HOME", self.folder.path()).output().unwrap()
    }

    /// The names of the files of a folder, sorted.
    pub fn names_in(&self, folder: &str) -> Vec<String> {
        names_in(&self.path(folder))
    }
}

pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn tag() -> String {
    format!("v{VERSION}")
}

/// The targets that the release workflow builds.
pub fn targets() -> Vec<String> {
    let release = yaml(".github/workflows/release.yml");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    matrix.iter().map(|one| one["target"].as_str().unwrap().to_owned()).collect()
}

/// The one of them that this machine is given.
pub fn this_target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("{}-{system}", std::env::consts::ARCH)
}

/// The binary under test without what only a debugger reads, which is most of it.
pub fn stripped(folder: &Path) -> PathBuf {
    let path = folder.join("stripped");
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&path).arg(env!("CARGO_BIN_EXE_larder"));
    assert!(strip.status().unwrap().success());
    path
}

pub fn write(path: &Path, bytes: &[u8]) {
    files::make_folder(path.parent().unwrap()).unwrap();
    files::write_whole(path, bytes).unwrap();
}

pub fn script(path: &Path, text: &str) {
    write(path, text.as_bytes());
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

pub fn path_of_process() -> String {
    Environment::of_process().get("PATH").unwrap().to_owned()
}
