//! Releases of Larder that the action can install, on this machine, packed as the release workflow packs them.

use super::project::Project;
use super::runner;
use super::source_tree::read;
use super::workflow_job::{Job, Map};
use larder::system::files;
use regex::Regex;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
pub const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What stands in for a binary of another machine.
pub const STAND_IN: &str = "#!/bin/sh\necho \"larder $*\"\n";

/// Each runner that the script knows, as `OS-ARCH`, with the target of its binary and the ending of its archive.
pub fn known() -> BTreeMap<String, (String, String)> {
    let case = Regex::new(r"(?m)^  ([A-Za-z]+-[A-Z0-9]+)\) target=(\S+) ending=(\S+) ").unwrap();
    let script = read(".github/action/install");
    let found = case.captures_iter(&script);
    found.map(|found| (found[1].to_owned(), (found[2].to_owned(), found[3].to_owned()))).collect()
}

pub fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    files::make_folder(path.parent().unwrap()).unwrap();
    files::write_whole(path, text.as_bytes()).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

pub fn sum_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Releases, as GitHub lays them out below a repository's address.
pub struct Releases {
    folder: tempfile::TempDir,
}

impl Releases {
    pub fn new() -> Self {
        let releases = Releases { folder: tempfile::tempdir().unwrap() };
        for file in ["Cargo.toml", "LICENSE", "CHANGELOG.md", "README.md", ".github/release/pack"] {
            let copy = releases.path("source").join(file);
            files::make_folder(copy.parent().unwrap()).unwrap();
            files::write_whole(&copy, read(file).as_bytes()).unwrap();
        }
        // What packs and unpacks for Windows is not on every machine.
        script(&releases.path("tools/7z"), "#!/bin/sh\nshift 2\nexec tar -czf \"$@\"\n");
        script(&releases.path("tools/unzip"), "#!/bin/sh\nexec tar -xzf \"$2\" -C \"$4\"\n");
        releases
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The tools of a runner, with those of this folder before them.
    pub fn tools(&self) -> String {
        format!("{}:{PATH}", self.path("tools").display())
    }

    /// Where the archives of this version lie.
    pub fn published(&self) -> PathBuf {
        self.path(&format!("{}/releases/download/v{VERSION}", super::published::name()))
    }

    /// Packs a binary as the release workflow does; gives how that ended and the checksum of each archive.
    pub fn pack(&self, tag: &str, target: &str, binary: &Path) -> (bool, Map) {
        let mut pack = Command::new("bash");
        pack.arg(self.path("source/.github/release/pack")).args([tag, target]).arg(binary).env_clear();
        let output = pack.env("PATH", self.tools()).output().unwrap();
        let dist = self.path("source/dist");
        if !files::exists(&dist) {
            return (output.status.success(), Map::new());
        }
        let archives = files::walk(&dist).unwrap();
        let published = self.published();
        files::make_folder(&published).unwrap();
        let sums = archives.iter().map(|name| {
            let bytes = files::read_bytes(&dist.join(name), 1 << 30).unwrap();
            files::write_whole(&published.join(name), &bytes).unwrap();
            (name.to_str().unwrap().to_owned(), sum_of(&bytes))
        });
        (output.status.success(), sums.collect())
    }

    /// Packs what stands in for the binary of a target.
    pub fn pack_stand_in(&self, target: &str) -> Map {
        let name = if target.contains("windows") { "larder.exe" } else { "larder" };
        let folder = self.path(&format!("built/{target}"));
        script(&folder.join(name), STAND_IN);
        let (done, sums) = self.pack(&format!("v{VERSION}"), target, &folder);
        assert!(done);
        sums
    }

    /// A job on a runner such as `Linux-X64`, for an action that these releases belong to.
    pub fn job<'a>(&self, project: &'a Project, machine: &str) -> Job<'a> {
        let mut job = Job::new(
            project,
            &json!({ "server_url": format!("file://{}", self.folder.path().to_str().unwrap()) }),
        );
        let (system, processor) = machine.split_once('-').unwrap();
        let variables = [("RUNNER_OS", system), ("RUNNER_ARCH", processor), ("PATH", &self.tools())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        job.environment.extend(variables);
        job.inputs = Map::new();
        job
    }
}

/// The action with these inputs.
pub fn run(job: &mut Job, inputs: &[(&str, &str)]) -> (bool, Map) {
    let inputs: Map = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    job.action(&json!({ "with": inputs }))
}

pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// What lies in the runner's folder beside its own files.
pub fn left(job: &Job) -> Vec<String> {
    let names = names_in(&job.temp()).into_iter();
    names.filter(|name| !name.starts_with("GITHUB_") && !name.starts_with("script_")).collect()
}

/// `Linux-X64` and the like, for the machine of this test.
pub fn this_machine() -> String {
    let system = match std::env::consts::OS {
        "macos" => "macOS",
        _ => "Linux",
    };
    let processor = match std::env::consts::ARCH {
        "aarch64" => "ARM64",
        _ => "X64",
    };
    format!("{system}-{processor}")
}

/// Installing ended with this annotation, and left nothing.
#[track_caller]
pub fn refused(job: &Job, done: bool, outputs: &Map, message: &str) {
    assert!(!done, "{message}: {}", job.log);
    let said: Vec<_> = runner::commands(&job.log)
        .into_iter()
        .map(|command| (command.name, command.properties, command.data))
        .collect();
    let title = Map::from([("title".to_owned(), "larder".to_owned())]);
    assert_eq!(said, [("error".to_owned(), title, message.to_owned())]);
    assert_eq!((outputs["binary"].as_str(), outputs["exit"].as_str()), ("", ""), "{message}");
    assert_eq!(left(job), Vec::<String>::new(), "{message}");
}
