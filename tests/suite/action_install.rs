//! How the action puts Larder on a runner: a release, packed as the release workflow packs it, held to its checksum; or its
//! own source.

use super::job::{Job, Map};
use super::project::Project;
use super::runner;
use super::tree::{read, root};
use super::workflow_file::yaml;
use larder::system::files;
use regex::Regex;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What stands in for a binary of another machine.
const STAND_IN: &str = "#!/bin/sh\necho \"larder $*\"\n";

/// Each runner that the script knows, as `OS-ARCH`, with the target of its binary and the ending of its archive.
fn known() -> BTreeMap<String, (String, String)> {
    let case = Regex::new(r"(?m)^  ([A-Za-z]+-[A-Z0-9]+)\) target=(\S+) ending=(\S+) ").unwrap();
    let script = read(".github/action/install");
    let found = case.captures_iter(&script);
    found.map(|found| (found[1].to_owned(), (found[2].to_owned(), found[3].to_owned()))).collect()
}

fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    files::make_folder(path.parent().unwrap()).unwrap();
    files::write_whole(path, text.as_bytes()).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

fn sum_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Releases, as GitHub lays them out below a repository's address.
struct Releases {
    folder: tempfile::TempDir,
}

impl Releases {
    fn new() -> Self {
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

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The tools of a runner, with those of this folder before them.
    fn tools(&self) -> String {
        format!("{}:{PATH}", self.path("tools").display())
    }

    /// Where the archives of this version lie.
    fn published(&self) -> PathBuf {
        self.path(&format!("larder-provision/larder/releases/download/v{VERSION}"))
    }

    /// Packs a binary as the release workflow does; gives how that ended and the checksum of each archive.
    fn pack(&self, tag: &str, target: &str, binary: &Path) -> (bool, Map) {
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
    fn pack_stand_in(&self, target: &str) -> Map {
        let name = if target.contains("windows") { "larder.exe" } else { "larder" };
        let folder = self.path(&format!("built/{target}"));
        script(&folder.join(name), STAND_IN);
        let (done, sums) = self.pack(&format!("v{VERSION}"), target, &folder);
        assert!(done);
        sums
    }

    /// A job on a runner such as `Linux-X64`, for an action that these releases belong to.
    fn job<'a>(&self, project: &'a Project, machine: &str) -> Job<'a> {
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
fn run(job: &mut Job, inputs: &[(&str, &str)]) -> (bool, Map) {
    let inputs: Map = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    job.action(&json!({ "with": inputs }))
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// What lies in the runner's folder beside its own files.
fn left(job: &Job) -> Vec<String> {
    let names = names_in(&job.temp()).into_iter();
    names.filter(|name| !name.starts_with("GITHUB_") && !name.starts_with("script_")).collect()
}

/// `Linux-X64` and the like, for the machine of this test.
fn this_machine() -> String {
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

#[test]
fn the_release_workflow_builds_what_the_action_installs() {
    let release = yaml(".github/workflows/release.yml");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let built: BTreeSet<&str> = matrix.iter().map(|one| one["target"].as_str().unwrap()).collect();
    let known = known();
    assert_eq!(known.values().map(|(target, _)| target.as_str()).collect::<BTreeSet<_>>(), built);
    assert_eq!(known.len(), built.len());
}

#[test]
fn each_runner_installs_the_archive_that_is_packed_for_it() {
    let releases = Releases::new();
    for (machine, (target, ending)) in known() {
        let sums = releases.pack_stand_in(&target);
        let checksum = &sums[&format!("larder-{VERSION}-{target}.{ending}")];
        let project = Project::empty();
        let mut job = releases.job(&project, &machine);
        // As on Windows, whose paths hold backslashes.
        let temp = job.temp().join(r"D\_temp");
        files::make_folder(&temp).unwrap();
        job.environment.insert("RUNNER_TEMP".into(), temp.to_str().unwrap().to_owned());
        let (done, outputs) = run(&mut job, &[("version", VERSION), ("checksum", checksum)]);
        assert!(done, "{machine}: {}", job.log);
        let binary = outputs["binary"].as_str();
        let folder = temp.join(format!("larder/larder-{VERSION}-{target}"));
        assert_eq!(Path::new(binary).parent(), Some(folder.as_path()), "{machine}");
        assert_eq!(job.log, "larder --version\nlarder run\n", "{machine}");
        assert_eq!(names_in(&temp), ["larder"], "{machine}");
    }
}

#[test]
fn a_release_is_installed_and_provisions() {
    let machine = this_machine();
    let (target, ending) = known()[&machine].clone();
    let releases = Releases::new();
    let built = Path::new(env!("CARGO_BIN_EXE_larder")).parent().unwrap();
    let (done, sums) = releases.pack(&format!("v{VERSION}"), &target, built);
    assert!(done);
    let name = format!("larder-{VERSION}-{target}");
    let checksum = &sums[&format!("{name}.{ending}")];

    let project = Project::example().served();
    let mut job = releases.job(&project, &machine).with_credentials("TOKEN", "ID");
    let with = [("version", VERSION), ("checksum", checksum), ("environment", "dev"), ("command", "plan")];
    let credentials = [("api-token", "${{ secrets.TOKEN }}"), ("account-id", "${{ vars.ID }}")];
    let (done, outputs) = run(&mut job, &[&with[..], &credentials].concat());
    assert!(done, "{}", job.log);
    assert_eq!((outputs["environment"].as_str(), outputs["exit"].as_str()), ("development", "0"));
    assert!(job.log.starts_with(&format!("larder {VERSION}\n")), "{}", job.log);

    let binary = PathBuf::from(&outputs["binary"]);
    let said = project.command_of(&binary, &["--version"]).output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("larder {VERSION}\n"));
    let folder = binary.parent().unwrap();
    let packed: Vec<String> =
        files::walk(folder).unwrap().iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    let expected = [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "completions/larder.bash",
        "completions/larder.elvish",
        "completions/larder.fish",
        "completions/larder.powershell",
        "completions/larder.zsh",
        "larder",
        "man/larder.1",
    ];
    assert_eq!(packed, expected);
    let text = |path: &str| files::read_text(&folder.join(path), 1 << 20).unwrap();
    assert_eq!(text("LICENSE"), read("LICENSE"));
    assert!(text("man/larder.1").contains("\n.TH larder 1 "), "{}", text("man/larder.1"));
    assert!(text("completions/larder.bash").contains("complete -F _larder "));
}

#[test]
fn what_is_no_release_is_refused_and_leaves_nothing() {
    let releases = Releases::new();
    let (target, ending) = known()["Linux-X64"].clone();
    let archive = format!("larder-{VERSION}-{target}.{ending}");
    let sum = releases.pack_stand_in(&target)[&archive].clone();
    let other = "0".repeat(64);
    let another = "9.9.9";
    let (sum, other) = (sum.as_str(), other.as_str());
    let missing = format!(
        "the release {another} has no larder-{another}-{target}.{ending}, or it could not be fetched"
    );
    let differs = format!("the archive has the SHA-256 {sum}, not the one asked for");
    let no_version = "the input 'version' is no version such as 0.1.0";
    let no_sum = "a release needs its SHA-256 as the input 'checksum'";
    let cases = [
        ("Linux-X64", VERSION, other, differs.as_str()),
        ("Linux-X64", another, sum, &missing),
        ("Linux-X64", "v0.1.0", sum, no_version),
        ("Linux-X64", "../0.1.0", sum, no_version),
        ("Linux-X64", "0.1.0\n::warning::x", sum, no_version),
        ("Linux-X64", VERSION, "", no_sum),
        ("Linux-X64", VERSION, &sum[1..], no_sum),
        ("Linux-X64", "", sum, "the input 'checksum' needs the input 'version'"),
        ("Linux-RISCV64", VERSION, sum, "there is no release for Linux on RISCV64"),
        ("Plan9-X64", VERSION, sum, "there is no release for Plan9 on X64"),
    ];
    for (machine, version, checksum, message) in cases {
        let project = Project::empty();
        let mut job = releases.job(&project, machine);
        let (done, outputs) = run(&mut job, &[("version", version), ("checksum", checksum)]);
        refused(&job, done, &outputs, message);
    }
}

#[test]
fn an_archive_that_does_not_hold_what_it_should_is_refused() {
    let releases = Releases::new();
    let (target, ending) = known()["Linux-X64"].clone();
    let archive = releases.published().join(format!("larder-{VERSION}-{target}.{ending}"));
    releases.pack_stand_in(&target);
    let broken = "#!/bin/sh\nexit 1\n";
    script(&releases.path(&format!("built/{target}/larder")), broken);
    let (_, sums) =
        releases.pack(&format!("v{VERSION}"), &target, &releases.path(&format!("built/{target}")));
    let does_not_run = format!("the larder of the release {VERSION} does not run here");
    let project = Project::empty();
    let mut job = releases.job(&project, "Linux-X64");
    let sum = sums.values().next().unwrap();
    let (done, outputs) = run(&mut job, &[("version", VERSION), ("checksum", sum)]);
    refused(&job, done, &outputs, &does_not_run);

    files::write_whole(&archive, b"no archive").unwrap();
    let sum = sum_of(b"no archive");
    let mut job = releases.job(&project, "Linux-X64");
    let (done, outputs) = run(&mut job, &[("version", VERSION), ("checksum", &sum)]);
    refused(&job, done, &outputs, "the archive could not be unpacked");
}

#[test]
fn a_tag_that_is_not_the_version_is_not_packed() {
    let releases = Releases::new();
    let (target, _) = known()["Linux-X64"].clone();
    let binary = releases.path("built");
    script(&binary.join("larder"), STAND_IN);
    for tag in ["v9.9.9", "v0x1.0", "v", "main"] {
        assert_eq!(releases.pack(tag, &target, &binary), (false, Map::new()), "{tag}");
    }
}

#[test]
fn without_a_version_the_action_builds_its_own_source() {
    let releases = Releases::new();
    let project = Project::empty();
    let mut job = releases.job(&project, &this_machine());
    let asked = releases.path("asked");
    let larder = env!("CARGO_BIN_EXE_larder");
    script(
        &releases.path("tools/cargo"),
        &format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\nfor last; do :; done\nmkdir -p \"$last/bin\"\n\
             cp '{larder}' \"$last/bin/larder\"\n",
            asked.display()
        ),
    );
    let (done, outputs) = run(&mut job, &[("command", "run"), ("arguments", "--help")]);
    assert!(done, "{}", job.log);
    let folder = job.temp().join("larder");
    assert_eq!(Path::new(&outputs["binary"]), folder.join("bin/larder"));
    assert!(job.log.starts_with(&format!("larder {VERSION}\n")), "{}", job.log);
    let source = files::canonical(root()).unwrap();
    let expected = [
        "install",
        "--quiet",
        "--locked",
        "--path",
        source.to_str().unwrap(),
        "--root",
        folder.to_str().unwrap(),
    ];
    let asked = files::read_text(&asked, 1 << 16).unwrap();
    assert_eq!(asked.lines().collect::<Vec<_>>(), expected);

    script(&releases.path("tools/cargo"), "#!/bin/sh\nexit 101\n");
    let project = Project::empty();
    let mut job = releases.job(&project, &this_machine());
    let (done, outputs) = run(&mut job, &[]);
    refused(&job, done, &outputs, "Larder could not be built from its source");
}

#[test]
fn without_rust_and_without_a_version_nothing_is_tried() {
    let project = Project::empty();
    let mut job = Releases::new().job(&project, &this_machine());
    let tools = tempfile::tempdir().unwrap();
    let bash = PATH.split(':').map(|folder| Path::new(folder).join("bash")).find(|path| files::exists(path));
    std::os::unix::fs::symlink(bash.unwrap(), tools.path().join("bash")).unwrap();
    job.environment.insert("PATH".into(), tools.path().to_str().unwrap().to_owned());
    let (done, outputs) = run(&mut job, &[]);
    refused(&job, done, &outputs, "no Rust to build with: name a release by 'version' and 'checksum'");
}

#[track_caller]
fn refused(job: &Job, done: bool, outputs: &Map, message: &str) {
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
