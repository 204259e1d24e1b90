//! A build of the action's own source, where that is asked for: whatever the project has for Rust, it has no part in it.

use super::project::Project;
use super::releases::{PATH, Releases, VERSION, refused, run, script, this_machine};
use super::workflow_job::Job;
use larder::system::files;
use std::path::Path;

/// A `cargo` that writes down where and how it was called, and builds nothing.
fn cargo(releases: &Releases) -> String {
    let larder = env!("CARGO_BIN_EXE_larder");
    let asked = releases.path("asked");
    format!(
        "#!/bin/sh\n{{ pwd; printf '%s\\n' \"$@\"; ls -a; env | grep -E '^(CARGO|RUST)' | sort; }} > '{}'\n\
         [ \"$6\" = --root ] && mkdir -p \"$7/bin\" && cp '{larder}' \"$7/bin/larder\"\n",
        asked.display()
    )
}

/// A project that has settings for Rust of its own.
fn project() -> Project {
    Project::empty()
        .file("rust-toolchain.toml", "[toolchain]\nchannel = \"1.60\"\n")
        .file(".cargo/config.toml", "[build]\ntarget-dir = \"elsewhere\"\n")
}

/// The action with a source of its own, built on this machine.
fn job<'a>(releases: &Releases, project: &'a Project) -> Job<'a> {
    for file in ["action/build", "action/install", "action/release.txt", "action/run", "action/show"] {
        let file = format!(".github/{file}");
        script(&releases.path("action").join(&file), &super::source_tree::read(&file));
    }
    for file in ["Cargo.toml", "rust-toolchain.toml", "src/main.rs", "target/large"] {
        script(&releases.path("action").join(file), "");
    }
    let mut job = releases.job(project, &this_machine());
    job.action_path = releases.path("action");
    // Not below the project, as on a runner.
    files::make_folder(&releases.path("temp")).unwrap();
    job.environment.insert("RUNNER_TEMP".into(), releases.path("temp").to_str().unwrap().to_owned());
    job
}

#[test]
fn it_is_built_in_a_copy_without_the_settings_of_the_project() {
    let releases = Releases::new();
    script(&releases.path("tools/cargo"), &cargo(&releases));
    let project = project();
    let mut job = job(&releases, &project);
    let disturbing = [
        ("RUSTUP_TOOLCHAIN", "1.60"),
        ("CARGO_TARGET_DIR", "elsewhere"),
        ("RUSTFLAGS", "-D warnings"),
        ("CARGO_ENCODED_RUSTFLAGS", "-D"),
        ("RUSTC_WRAPPER", "sccache"),
        ("CARGO_BUILD_TARGET", "wasm32-unknown-unknown"),
        ("CARGO_PROFILE_RELEASE_DEBUG", "true"),
        ("CARGO_INCREMENTAL", "1"),
    ];
    let kept =
        [("CARGO_HOME", "/c"), ("CARGO_HTTP_PROXY", "p"), ("CARGO_NET_RETRY", "9"), ("RUSTUP_HOME", "/r")];
    let variables = disturbing.iter().chain(&kept);
    job.environment.extend(variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let (done, outputs) = run(&mut job, &[("build", "true"), ("arguments", "--help")]);
    assert!(done, "{}", job.log);
    let folder = releases.path("temp/larder");
    assert_eq!(Path::new(&outputs["binary"]), folder.join("bin/larder"));
    assert!(job.log.starts_with(&format!("larder {VERSION}")), "{}", job.log);
    let copy = releases.path("temp/larder.source");
    let [copy, target, folder] =
        [&copy, &copy.join("target"), &folder].map(|path| path.to_str().unwrap().to_owned());
    let expected = [
        &copy,
        "install",
        "--quiet",
        "--locked",
        "--path",
        &copy,
        "--root",
        &folder,
        "--target-dir",
        &target,
        ".",
        "..",
        "Cargo.toml",
        "rust-toolchain.toml",
        "src",
        "CARGO_HOME=/c",
        "CARGO_HTTP_PROXY=p",
        "CARGO_NET_RETRY=9",
        "RUSTUP_HOME=/r",
    ];
    let asked = files::read_text(&releases.path("asked"), 1 << 16).unwrap();
    assert_eq!(asked.lines().collect::<Vec<_>>(), expected);
    assert!(!files::exists(&releases.path("temp/larder.source")), "the copy goes");
}

#[test]
fn what_can_not_be_built_is_said() {
    let releases = Releases::new();
    script(&releases.path("tools/cargo"), "#!/bin/sh\nexit 101\n");
    let project = project();
    let mut job = job(&releases, &project);
    let (done, outputs) = run(&mut job, &[("build", "true")]);
    refused(&job, done, &outputs, "Larder could not be built from its source");
}

#[test]
fn without_rust_nothing_is_built() {
    let releases = Releases::new();
    let project = project();
    let mut job = job(&releases, &project);
    let tools = tempfile::tempdir().unwrap();
    for name in ["bash", "dirname"] {
        let found =
            PATH.split(':').map(|folder| Path::new(folder).join(name)).find(|path| files::exists(path));
        std::os::unix::fs::symlink(found.unwrap(), tools.path().join(name)).unwrap();
    }
    job.environment.insert("PATH".into(), tools.path().to_str().unwrap().to_owned());
    let (done, outputs) = run(&mut job, &[("build", "true")]);
    refused(
        &job,
        done,
        &outputs,
        "no Rust to build with: install it, or leave 'build' out and use a release",
    );
}

#[test]
fn a_build_is_of_no_release() {
    let releases = Releases::new();
    let message = "the input 'build' is for this action's own source: leave 'version' and 'checksum' empty";
    let other = "0".repeat(64);
    for (inputs, message) in [
        (&[("build", "true"), ("version", VERSION)][..], message),
        (&[("build", "true"), ("checksum", &other)], message),
        (&[("build", "yes")], "the input 'build' is 'true' or 'false'"),
        (&[("build", "")], "the input 'build' is 'true' or 'false'"),
    ] {
        let project = project();
        let mut job = job(&releases, &project);
        let (done, outputs) = run(&mut job, inputs);
        refused(&job, done, &outputs, message);
    }
}
