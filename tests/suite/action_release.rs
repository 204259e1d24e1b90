//! The release that the action carries: written by the release workflow, installed without an input, kept in the runner's
//! tool cache and held to its checksum each time.

use super::project::Project;
use super::releases::{PATH, Releases, VERSION, known, left, names_in, refused, run, script};
use super::runner;
use super::source_tree::read;
use super::workflow_job::{Job, Map};
use larder::system::files;
use regex::Regex;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository of the action with a remote, as the release workflow checks it out.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Repository { folder: tempfile::tempdir().unwrap() };
        let files = [
            "Cargo.toml",
            ".github/action/build",
            ".github/action/install",
            ".github/action/release.txt",
            ".github/action/run",
            ".github/action/show",
            ".github/release/action",
        ];
        for file in files {
            script(&repository.path().join(file), &read(file));
        }
        let remote = repository.folder.path().join("remote");
        files::make_folder(&remote).unwrap();
        repository.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
        repository.git(&["init", "--quiet"]);
        repository.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
        repository.git(&["add", "."]);
        repository.git(&[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.c",
            "commit",
            "--quiet",
            "-m",
            "release",
        ]);
        repository
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", self.path());
        command.output().unwrap()
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git", arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Gives the action a release; the error if that is refused.
    fn carry(&self, tag: &str, sums: &str) -> Result<(), String> {
        let file = self.folder.path().join("SHA256SUMS");
        files::write_whole(&file, sums.as_bytes()).unwrap();
        let output = self.command("bash", &[".github/release/action", tag, file.to_str().unwrap()]);
        if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
    }

    /// A job with the action of this repository.
    fn job<'a>(&self, releases: &Releases, project: &'a Project, machine: &str) -> Job<'a> {
        let mut job = releases.job(project, machine);
        job.action_path = self.path();
        job
    }
}

/// Every release that is packed, and its `SHA256SUMS`.
fn released(releases: &Releases) -> String {
    // Each gives the sums of all that are there.
    let sums = known().into_values().fold(Map::new(), |_, (target, _)| releases.pack_stand_in(&target));
    sums.iter().fold(String::new(), |text, (name, sum)| text + sum.as_str() + "  " + name.as_str() + "\n")
}

fn carrying(releases: &Releases) -> Repository {
    let repository = Repository::new();
    repository.carry(&format!("v{VERSION}"), &released(releases)).unwrap();
    repository
}

fn with_cache(job: &mut Job, cache: &Path) {
    job.environment.insert("RUNNER_TOOL_CACHE".into(), cache.to_str().unwrap().to_owned());
}

#[test]
fn one_line_installs_the_release_that_the_action_carries() {
    let releases = Releases::new();
    let repository = carrying(&releases);
    for (machine, (target, _)) in known() {
        let project = Project::empty();
        let mut job = repository.job(&releases, &project, &machine);
        let (done, outputs) = run(&mut job, &[]);
        assert!(done, "{machine}: {}", job.log);
        assert_eq!(job.log, "larder --version\nlarder run\n", "{machine}");
        assert!(outputs["binary"].contains(&target), "{machine}: {outputs:?}");
        // Its own version may be named, too.
        let project = Project::empty();
        let mut job = repository.job(&releases, &project, &machine);
        assert!(run(&mut job, &[("version", VERSION)]).0, "{machine}: {}", job.log);
    }
}

#[test]
fn another_release_than_the_one_that_is_carried_needs_its_checksum() {
    let releases = Releases::new();
    let repository = carrying(&releases);
    let project = Project::empty();
    let mut job = repository.job(&releases, &project, "Linux-X64");
    let (done, outputs) = run(&mut job, &[("version", "9.9.9")]);
    refused(&job, done, &outputs, "the release 9.9.9 needs its SHA-256 as the input 'checksum'");
    let other = "0".repeat(64);
    let project = Project::empty();
    let mut job = repository.job(&releases, &project, "Linux-X64");
    let (done, outputs) = run(&mut job, &[("version", VERSION), ("checksum", &other)]);
    assert!(!done && outputs["binary"].is_empty(), "a checksum that is given counts: {}", job.log);
}

/// No build of minutes that nobody has asked for.
#[test]
fn an_action_without_a_release_says_how_to_get_one() {
    let project = Project::empty();
    let releases = Releases::new();
    script(&releases.path("tools/cargo"), "#!/bin/sh\necho built\n");
    let mut job = releases.job(&project, "Linux-X64");
    let (done, outputs) = run(&mut job, &[]);
    let message = "this commit of the action carries no release: use its tag v1, name a release by 'version' and \
                   'checksum', or write 'build: true', which needs Rust and takes minutes";
    refused(&job, done, &outputs, message);
}

#[test]
fn a_release_moves_the_tag_of_the_action_and_keeps_its_own() {
    let repository = Repository::new();
    let sums = |digit: &str, version: &str| -> String {
        let line = |(target, ending): (String, String)| {
            format!("{}  larder-{version}-{target}.{ending}\n", digit.repeat(64))
        };
        known().into_values().map(line).collect::<String>() + "0  larder-cli-x.tgz\n"
    };
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.carry(&format!("v{VERSION}"), &sums("a", VERSION)).unwrap();
    let at_remote =
        |name: &str| repository.git(&["ls-remote", "origin", name]).split('\t').next().unwrap().to_owned();
    let carried = at_remote("refs/tags/v1");
    assert_eq!(at_remote(&format!("refs/tags/action-{VERSION}")), carried);
    assert_eq!(repository.git(&["rev-parse", &format!("{carried}^")]), first);
    assert_eq!(repository.git(&["diff", "--name-only", &first, &carried]), ".github/action/release.txt");
    let text = repository.git(&["show", &format!("{carried}:.github/action/release.txt")]);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], format!("version {VERSION}"));
    let line = Regex::new(&format!("^a{{64}}  larder-{VERSION}-[a-z0-9_-]+\\.(tar\\.gz|zip)$")).unwrap();
    assert!(lines[1..].iter().all(|text| line.is_match(text)), "{text}");
    assert_eq!(lines.len(), 1 + known().len());

    // The next one.
    repository.git(&["checkout", "--quiet", &first]);
    let manifest = read("Cargo.toml").replace(&format!("version = \"{VERSION}\""), "version = \"7.0.0\"");
    files::write_whole(&repository.path().join("Cargo.toml"), manifest.as_bytes()).unwrap();
    repository.carry("v7.0.0", &sums("b", "7.0.0")).unwrap();
    assert_eq!(at_remote("refs/tags/v1"), at_remote("refs/tags/action-7.0.0"));
    assert_eq!(at_remote(&format!("refs/tags/action-{VERSION}")), carried);
}

#[test]
fn what_is_no_whole_release_is_not_carried() {
    let repository = Repository::new();
    let (target, ending) = known()["Windows-X64"].clone();
    let sum = "a".repeat(64);
    let whole = known().into_values().fold(String::new(), |text, (target, ending)| {
        text + format!("{sum}  larder-{VERSION}-{target}.{ending}\n").as_str()
    });
    let name = format!("larder-{VERSION}-{target}.{ending}");
    let missing = format!("error: there is no checksum of {name} in ");
    let without: String =
        whole.lines().filter(|line| !line.contains("windows")).map(|line| line.to_owned() + "\n").collect();
    for sums in [
        without,
        whole.replace(&name, &format!("x{name}")),
        whole.replace(&"a".repeat(64), "short"),
        String::new(),
    ] {
        let error = repository.carry(&format!("v{VERSION}"), &sums).unwrap_err();
        assert!(error.starts_with("error: there is no checksum of larder-"), "{error}");
        assert!(sums.is_empty() || sums.contains("short") || error.starts_with(&missing), "{error}");
    }
    let error = repository.carry("v9.9.9", &whole).unwrap_err();
    assert_eq!(error, "error: the tag v9.9.9 is not the version of Cargo.toml\n");
    assert_eq!(repository.git(&["ls-remote", "origin"]), "");
    assert_eq!(repository.git(&["status", "--short"]), "");
}

#[test]
fn an_archive_is_taken_from_the_tool_cache_the_second_time() {
    let releases = Releases::new();
    let repository = carrying(&releases);
    let cache = tempfile::tempdir().unwrap();
    for (machine, (target, ending)) in known() {
        let project = Project::empty();
        let mut job = repository.job(&releases, &project, &machine);
        with_cache(&mut job, cache.path());
        assert!(run(&mut job, &[]).0, "{machine}: {}", job.log);
        let kept = names_in(&cache.path().join(format!("larder/{VERSION}")));
        assert!(kept.contains(&format!("larder-{VERSION}-{target}.{ending}")), "{kept:?}");
    }
    assert_eq!(names_in(&cache.path().join(format!("larder/{VERSION}"))).len(), known().len());

    // Nothing can be fetched now.
    std::fs::remove_dir_all(releases.published()).unwrap();
    for machine in known().into_keys() {
        let project = Project::empty();
        let mut job = repository.job(&releases, &project, &machine);
        with_cache(&mut job, cache.path());
        assert!(run(&mut job, &[]).0, "{machine}: {}", job.log);
        assert_eq!(job.log, "larder --version\nlarder run\n", "{machine}");
    }
}

#[test]
fn what_was_changed_in_the_tool_cache_is_never_run() {
    let releases = Releases::new();
    let repository = carrying(&releases);
    let cache = tempfile::tempdir().unwrap();
    let project = Project::empty();
    let mut job = repository.job(&releases, &project, "Linux-X64");
    with_cache(&mut job, cache.path());
    assert!(run(&mut job, &[]).0, "{}", job.log);
    let (target, ending) = known()["Linux-X64"].clone();
    let kept = cache.path().join(format!("larder/{VERSION}/larder-{VERSION}-{target}.{ending}"));
    let whole = files::read_bytes(&kept, 1 << 30).unwrap();

    files::write_whole(&kept, &[whole.as_slice(), b"more"].concat()).unwrap();
    let project = Project::empty();
    let mut job = repository.job(&releases, &project, "Linux-X64");
    with_cache(&mut job, cache.path());
    assert!(run(&mut job, &[]).0, "{}", job.log);
    let warnings: Vec<String> = runner::commands(&job.log).into_iter().map(|command| command.data).collect();
    let warning = "the archive in the tool cache has another SHA-256 than the release: it is fetched again";
    assert_eq!(warnings, [warning]);
    assert_eq!(files::read_bytes(&kept, 1 << 30).unwrap(), whole, "it is mended");

    files::write_whole(&kept, b"other").unwrap();
    std::fs::remove_dir_all(releases.published()).unwrap();
    let project = Project::empty();
    let mut job = repository.job(&releases, &project, "Linux-X64");
    with_cache(&mut job, cache.path());
    let (done, outputs) = run(&mut job, &[]);
    assert!(!done && outputs["binary"].is_empty() && !job.log.contains("larder --version"), "{}", job.log);
    assert_eq!(left(&job), Vec::<String>::new());
}

#[test]
fn a_tool_cache_that_can_not_be_written_is_none() {
    let releases = Releases::new();
    let repository = carrying(&releases);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    files::write_whole(&file, b"").unwrap();
    for cache in [file.as_path(), Path::new("/proc/nowhere"), Path::new("")] {
        let project = Project::empty();
        let mut job = repository.job(&releases, &project, "Linux-X64");
        with_cache(&mut job, cache);
        assert!(run(&mut job, &[]).0, "{}: {}", cache.display(), job.log);
        assert_eq!(job.log, "larder --version\nlarder run\n");
    }
}

/// A folder with the tools that a runner has, but for those that this one lacks; a link to what stands in for another.
fn tools(lacks: &[&str], others: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let needed = [
        "bash",
        "cat",
        "cp",
        "curl",
        "cut",
        "dirname",
        "gzip",
        "mkdir",
        "mktemp",
        "mv",
        "rm",
        "sed",
        "sh",
        "sha256sum",
        "tar",
    ];
    let find = |name: &str| {
        PATH.split(':').map(|folder| Path::new(folder).join(name)).find(|path| files::exists(path))
    };
    for name in needed.into_iter().filter(|name| !lacks.contains(name)) {
        symlink(find(name).unwrap_or_else(|| panic!("{name}")), folder.path().join(name)).unwrap();
    }
    for (name, text) in others {
        script(&folder.path().join(name), text);
    }
    folder
}

/// Installs the carried release with these tools alone.
fn installed_with<'a>(
    releases: &Releases,
    project: &'a Project,
    machine: &str,
    tools: &Path,
) -> (bool, Map, Job<'a>) {
    let repository = carrying(releases);
    let mut job = repository.job(releases, project, machine);
    job.environment.insert("PATH".into(), tools.to_str().unwrap().to_owned());
    let (done, outputs) = run(&mut job, &[]);
    (done, outputs, job)
}

/// As on macOS.
#[test]
fn a_checksum_is_taken_with_what_the_runner_has() {
    let releases = Releases::new();
    let shasum = "#!/bin/sh\n[ \"$*\" = '-a 256' ] || exit 1\nexec /usr/bin/sha256sum\n";
    for others in [&[("shasum", shasum)][..], &[]] {
        let project = Project::empty();
        let tools = tools(&["sha256sum"], others);
        let (done, outputs, job) = installed_with(&releases, &project, "macOS-ARM64", tools.path());
        if others.is_empty() {
            let message = "neither 'sha256sum' nor 'shasum' is there to check the release with";
            refused(&job, done, &outputs, message);
        } else {
            assert!(done, "{}", job.log);
            assert_eq!(job.log, "larder --version\nlarder run\n");
        }
    }
}

#[test]
fn without_curl_nothing_is_fetched() {
    let (releases, project) = (Releases::new(), Project::empty());
    let tools = tools(&["curl"], &[]);
    let (done, outputs, job) = installed_with(&releases, &project, "Linux-X64", tools.path());
    let message = "there is no 'curl' to fetch the release with: install it, or name a larder by 'binary'";
    refused(&job, done, &outputs, message);
}

#[test]
fn a_windows_without_unzip_unpacks_with_powershell() {
    let releases = Releases::new();
    let project = Project::empty();
    let powershell = "#!/bin/sh\n\
                      case \"$3\" in 'Expand-Archive -LiteralPath $env:LARDER_ARCHIVE -DestinationPath $env:LARDER_STAGING') ;;\n\
                      *) exit 1 ;; esac\nexec tar -xzf \"$LARDER_ARCHIVE\" -C \"$LARDER_STAGING\"\n";
    let tools = tools(&[], &[("powershell", powershell)]);
    let (done, _, job) = installed_with(&releases, &project, "Windows-X64", tools.path());
    assert!(done, "{}", job.log);
    assert_eq!(job.log, "larder --version\nlarder run\n");
}
