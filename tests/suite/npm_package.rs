//! The npm packages: packed from the archives of a release, installed with npm from their tarballs alone, and run.

use super::packed::{Packed, VERSION, names_in, path_of_process, stripped, tag, targets};
use super::project::{Output, Project, filtered};
use super::source_tree::read;
use super::workflow_file::yaml;
use larder::system::files;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What npm calls this machine.
pub fn platform() -> String {
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    format!("{}-{processor}", if cfg!(target_os = "macos") { "darwin" } else { "linux" })
}

/// The tarballs of a release whose binary for this machine is the one under test.
fn packed() -> Packed {
    let folder = tempfile::tempdir().unwrap();
    let packed = Packed::with_all(Some(&stripped(folder.path())));
    packed.script("npm", &[&tag()]);
    packed
}

fn manifest(packed: &Packed, tarball: &str) -> Json {
    let mut tar = Command::new("tar");
    tar.arg("-xzOf").arg(packed.path("dist/npm").join(tarball)).arg("package/package.json");
    serde_json::from_slice(&tar.output().unwrap().stdout).unwrap()
}

/// A project as `wrangler init` and a few weeks leave it: a config, migrations, a manifest; no file of Larder's.
fn worker() -> Project {
    Project::empty()
        .file("package.json", "{ \"name\": \"shop\", \"private\": true }\n")
        .file(
            "wrangler.jsonc",
            r#"{
  "name": "shop",
  "main": "src/index.js",
  "compatibility_date": "2026-09-01",
  "kv_namespaces": [{ "binding": "SESSIONS" }],
  "r2_buckets": [{ "binding": "IMAGES", "bucket_name": "shop-images" }],
  "d1_databases": [{ "binding": "DB", "database_name": "shop", "migrations_dir": "migrations" }],
}
"#,
        )
        .file("src/index.js", "export default { fetch: () => new Response(\"ok\") };\n")
        .file(
            "migrations/0001_orders.sql",
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER NOT NULL);\n",
        )
        .env("PATH", &path_of_process())
}

fn ran(project: &Project, command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let folder = files::canonical(project.path()).unwrap();
    let text = |bytes: Vec<u8>| filtered(&String::from_utf8(bytes).unwrap(), &folder);
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn npm(project: &Project, program: &str, arguments: &[&str]) -> Output {
    let mut command = project.command_of(Path::new(program), arguments);
    // Nothing is asked of a registry, and nothing of the person's own settings is read.
    command.env("npm_config_offline", "true").env("npm_config_cache", project.path().join("cache"));
    let quiet = ["audit", "fund", "update_notifier"].map(|name| (format!("npm_config_{name}"), "false"));
    ran(project, command.envs(quiet))
}

/// Installs these tarballs, which lie outside of the project.
fn install(project: &Project, packed: &Packed, names: &[String]) {
    let paths: Vec<String> = names
        .iter()
        .map(|name| packed.path(&format!("dist/npm/{name}-{VERSION}.tgz")).to_str().unwrap().to_owned())
        .collect();
    let mut arguments = vec!["install", "--save-dev"];
    arguments.extend(paths.iter().map(String::as_str));
    npm(project, "npm", &arguments).exit(0);
}

#[test]
fn a_worker_installs_the_tarballs_and_provisions_with_npx() {
    let packed = packed();
    let (by_npm, direct) = (worker(), worker());
    install(&by_npm, &packed, &["larder-cli".to_owned(), format!("larder-cli-{}", platform())]);
    let installed = names_in(&by_npm.path().join("node_modules"));
    let installed: Vec<&String> = installed.iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(installed, ["larder-cli", &format!("larder-cli-{}", platform())]);

    // Each line with the exit code that the program itself gives it.
    let lines: [(&[&str], i32); 6] = [
        (&["plan", "--local", "--exit-code"], 3),
        (&["run", "--local"], 0),
        (&["plan", "--local", "--exit-code"], 0),
        (&["explain", "nothing of that name"], 2),
        (&["eval", "throw \"a b\"", "--local"], 1),
        (&["--version"], 0),
    ];
    for (line, code) in lines {
        let expected = direct.run(line).exit(code);
        let output = npm(&by_npm, "npx", &[&["larder"], line].concat()).exit(code);
        assert_eq!(output.stdout, expected.stdout, "{line:?}");
        // What takes long on a busy machine is told there as well.
        let is_refused = matches!(code, 1 | 2);
        assert!(!is_refused || output.stderr == expected.stderr, "{line:?}: {}", output.stderr);
    }
    let made = by_npm.run(&["ls", "d1", "--local", "--format", "json"]).exit(0).stdout;
    assert!(made.contains("\"shop\""), "{made}");
    the_lines_of_the_example_workflow_run(&packed);
}

/// What the example's workflow has npm fetch is run with the tarballs.
fn the_lines_of_the_example_workflow_run(packed: &Packed) {
    let workflow = yaml("examples/jobmatch-ai/.github/workflows/cloudflare-deploy.yml");
    let steps = workflow["jobs"]["tests"]["steps"].as_array().unwrap();
    let script = steps.iter().filter_map(|step| step["run"].as_str()).find(|script| script.contains("npx"));
    let lines: Vec<&str> = script.unwrap().lines().collect();
    let begin = format!("npx --yes larder-cli@{VERSION} ");
    assert!(lines.len() >= 2 && lines.iter().all(|line| line.starts_with(&begin)), "{lines:?}");

    let project = Project::example().env("PATH", &path_of_process());
    let project = project.file("package.json", "{ \"private\": true }\n");
    install(&project, packed, &["larder-cli".to_owned(), format!("larder-cli-{}", platform())]);
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        npm(&project, words[0], &words[1..]).exit(0);
    }
}

#[test]
fn every_platform_of_a_release_has_its_package() {
    let packed = Packed::with_all(None);
    packed.script("npm", &[&tag()]);
    let main = manifest(&packed, &format!("larder-cli-{VERSION}.tgz"));
    let named = main["optionalDependencies"].as_object().unwrap();
    assert_eq!(named.len(), targets().len());
    let mut tarballs: Vec<String> = named.keys().map(|name| format!("{name}-{VERSION}.tgz")).collect();
    tarballs.push(format!("larder-cli-{VERSION}.tgz"));
    tarballs.sort();
    assert_eq!(packed.names_in("dist/npm"), tarballs);

    let systems = BTreeMap::from([("linux", "linux-musl"), ("darwin", "apple-darwin"), ("win32", "windows")]);
    let processors = BTreeMap::from([("x64", "x86_64"), ("arm64", "aarch64")]);
    for (name, version) in named {
        let one = manifest(&packed, &format!("{name}-{VERSION}.tgz"));
        assert_eq!(
            (&one["name"], &one["version"], version),
            (&json!(name), &json!(VERSION), &json!(VERSION))
        );
        let (system, processor) = (one["os"][0].as_str().unwrap(), one["cpu"][0].as_str().unwrap());
        assert_eq!(name, &format!("larder-cli-{system}-{processor}"));
        let is_its =
            |target: &&String| target.starts_with(processors[processor]) && target.contains(systems[system]);
        assert_eq!(targets().iter().filter(is_its).count(), 1, "{name}");
    }
    for manifest in tarballs.iter().map(|tarball| manifest(&packed, tarball)) {
        assert_eq!(manifest["scripts"], Json::Null, "nothing runs when {} is installed", manifest["name"]);
        assert_eq!(manifest["dependencies"], Json::Null);
        let repository = format!("git+{}.git", env!("CARGO_PKG_REPOSITORY"));
        assert_eq!(manifest["repository"]["url"], json!(repository), "provenance is refused for another one");
        assert_eq!(manifest["license"], "MIT");
    }
}

#[test]
fn a_release_that_lacks_an_archive_is_not_packed_for_npm() {
    let packed = Packed::with_all(None);
    let archive = format!("dist/larder-{VERSION}-aarch64-apple-darwin.tar.gz");
    files::remove_file(&packed.path(&archive)).unwrap();
    let output = packed.try_script("npm", &[&tag()]);
    assert!(!output.status.success());
    assert!(!packed.names_in("dist/npm").contains(&format!("larder-cli-{VERSION}.tgz")));
}

#[test]
fn what_npm_shows_says_how_the_command_is_called() {
    let readme = read("packaging/npm/larder-cli/README.md");
    // A package `larder` of somebody else's is what `npx larder` would fetch where nothing is installed.
    assert!(readme.contains("npx larder-cli plan --local"), "{readme}");
    let fetched = readme.lines().filter(|line| line.starts_with("npx larder "));
    assert_eq!(fetched.count(), 0);
}
