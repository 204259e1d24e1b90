//! How the action puts a release on a runner that the inputs name, packed as the release workflow packs it and held to its
//! checksum.

use super::project::Project;
use super::releases::{
    Releases, STAND_IN, VERSION, known, names_in, refused, run, script, sum_of, this_machine,
};
use super::source_tree::read;
use super::workflow_file::yaml;
use super::workflow_job::Map;
use larder::system::files;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    assert!(job.log.starts_with(&format!("larder {VERSION} (commit ")), "{}", job.log);

    let binary = PathBuf::from(&outputs["binary"]);
    let said = project.command_of(&binary, &["--version"]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with(&format!("larder {VERSION} (commit ")), "{said}");
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
    let no_sum = format!("the release {VERSION} needs its SHA-256 as the input 'checksum'");
    let no_sum = no_sum.as_str();
    let cases = [
        ("Linux-X64", VERSION, other, differs.as_str()),
        ("Linux-X64", another, sum, &missing),
        ("Linux-X64", "v0.1.0", sum, no_version),
        ("Linux-X64", "../0.1.0", sum, no_version),
        ("Linux-X64", "0.1.0\n::warning::x", sum, no_version),
        ("Linux-X64", VERSION, "", no_sum),
        ("Linux-X64", VERSION, &sum[1..], no_sum),
        ("Linux-X64", "", sum, "the input 'checksum' needs the input 'version'"),
        (
            "Linux-RISCV64",
            VERSION,
            sum,
            "there is no release for Linux on RISCV64: 'build: true' builds it from its source, or 'binary' names one",
        ),
        (
            "Plan9-X64",
            VERSION,
            sum,
            "there is no release for Plan9 on X64: 'build: true' builds it from its source, or 'binary' names one",
        ),
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
