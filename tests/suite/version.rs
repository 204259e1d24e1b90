//! What `--version` prints, and where the build takes the commit from that it names.

use super::project::Project;
use super::source_tree::root;
use larder::system::files;
use regex::Regex;

use std::process::Command;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn version_names_version_commit_and_target() {
    let project = Project::empty();
    let version = env!("CARGO_PKG_VERSION");
    project.run(&["-V"]).exit(0).says(&format!("larder {version}\n"), "");
    let printed = project.run(&["--version"]).exit(0).stdout;
    let version = regex::escape(version);
    let form =
        format!(r"^larder {version} \(commit (unknown|[0-9a-f]{{12}}(-modified)?), ([a-z0-9_-]+)\)\n$");
    let target = Regex::new(&form).unwrap().captures(&printed).unwrap_or_else(|| panic!("{printed}"));
    let machine = [std::env::consts::ARCH, if cfg!(target_os = "macos") { "darwin" } else { "linux" }];
    assert!(machine.iter().all(|part| target[3].contains(part)), "{printed}");
}

/// The build script, built; run in a folder as cargo would run it.
struct Script {
    folder: tempfile::TempDir,
}

impl Script {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2024", "--crate-name", "build_script_build", "-o"]);
        let built = rustc.arg(folder.path().join("script")).arg(root().join("build.rs")).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Script { folder }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        files::make_folder(self.path(path).parent().unwrap()).unwrap();
        files::write_whole(&self.path(path), text.as_bytes()).unwrap();
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.com"]).args(arguments);
        git.current_dir(self.path(folder)).env_clear().env("PATH", path()).env("HOME", self.folder.path());
        let output = git.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// What the script tells cargo, or its error.
    fn run(&self, folder: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let mut script = Command::new(self.path("script"));
        script.current_dir(self.path(folder)).env_clear().env("PATH", path()).env("HOME", self.folder.path());
        let output = script.env("TARGET", "a-target").envs(variables.iter().copied()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// The commit that it names.
    fn commit(&self, folder: &str, variables: &[(&str, &str)]) -> String {
        let told = self.run(folder, variables).unwrap();
        assert!(told.contains("cargo::rustc-env=BUILD_TARGET=a-target\n"), "{told}");
        let named = told.lines().find_map(|line| line.strip_prefix("cargo::rustc-env=BUILD_COMMIT="));
        named.unwrap().to_owned()
    }
}

fn path() -> String {
    larder::system::Environment::of_process().get("PATH").unwrap().to_owned()
}

const RELEASE: (&str, &str) = ("PROFILE", "release");
const DEBUG: (&str, &str) = ("PROFILE", "debug");

#[test]
fn the_commit_of_a_build_is_found_where_one_is_recorded() {
    let script = Script::new();
    // Nothing that names one: a downloaded source.
    files::make_folder(&script.path("bare")).unwrap();
    assert_eq!(script.commit("bare", &[RELEASE]), "unknown");

    // A package, as `cargo package` makes it, which wins over a checkout that it lies in.
    let vcs = |more: &str| {
        format!("{{\n  \"git\": {{\n    \"sha1\": \"{COMMIT}\"{more}\n  }},\n  \"path_in_vcs\": \"\"\n}}")
    };
    script.write("package/.cargo_vcs_info.json", &vcs(""));
    assert_eq!(script.commit("package", &[DEBUG]), "0123456789ab");
    script.write("package/.cargo_vcs_info.json", &vcs(",\n    \"dirty\": true"));
    assert_eq!(script.commit("package", &[RELEASE]), "0123456789ab-modified");

    // A checkout: named in a release build, and not in a development build, which would be built again with each commit.
    script.write("checkout/src/main.rs", "fn main() {}\n");
    script.write("checkout/vendor/larder/Cargo.toml", "");
    script.git("checkout", &["init", "--quiet"]);
    script.git("checkout", &["add", "."]);
    script.git("checkout", &["commit", "--quiet", "--message", "one"]);
    let head = script.git("checkout", &["rev-parse", "HEAD"])[..12].to_owned();
    assert_eq!(script.commit("checkout", &[RELEASE]), head);
    assert_eq!(script.commit("checkout", &[DEBUG]), "unknown");
    let told = script.run("checkout", &[DEBUG]).unwrap();
    let watched: Vec<&str> =
        told.lines().filter(|line| line.starts_with("cargo::rerun-if-changed=")).collect();
    assert_eq!(watched, ["cargo::rerun-if-changed=build.rs"]);
    let told = script.run("checkout", &[RELEASE]).unwrap();
    assert!(told.contains("cargo::rerun-if-changed=src\n") && told.contains("/logs/HEAD\n"), "{told}");
    // What cargo is told to watch is there: it builds again and again for a file that is missing.
    for path in told.lines().filter_map(|line| line.strip_prefix("cargo::rerun-if-changed=")) {
        assert!(path == "build.rs" || files::exists(&script.path("checkout").join(path)), "{path}");
    }

    // Somebody else's checkout around the source is no commit of Larder's.
    assert_eq!(script.commit("checkout/vendor/larder", &[RELEASE]), "unknown");
    // Nor is a source that differs from its commit that commit; what lies beside it does not matter.
    script.write("checkout/notes.txt", "");
    assert_eq!(script.commit("checkout", &[RELEASE]), head);
    script.write("checkout/src/main.rs", "fn main() { }\n");
    assert_eq!(script.commit("checkout", &[RELEASE]), format!("{head}-modified"));
}

#[test]
fn the_commit_that_a_build_is_given_wins_and_is_one() {
    let script = Script::new();
    files::make_folder(&script.path("bare")).unwrap();
    assert_eq!(script.commit("bare", &[("LARDER_COMMIT", COMMIT)]), "0123456789ab");
    assert_eq!(script.commit("bare", &[("LARDER_COMMIT", "")]), "unknown");
    for wrong in ["main", "0123456", "0123456789ab; rm"] {
        let error = script.run("bare", &[("LARDER_COMMIT", wrong)]).unwrap_err();
        assert_eq!(error, format!("Error: \"`{wrong}` is not the name of a commit\"\n"));
    }
}
