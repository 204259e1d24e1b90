//! What crates.io is given: the files that the build reads and no more, and where `cargo binstall` finds the archives.

use super::packed::{Packed, VERSION, path_of_process, tag, targets};
use super::source_tree::{read, root, sources};
use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use toml::{Table, Value};

fn manifest() -> Table {
    read("Cargo.toml").parse().unwrap()
}

/// The files of the package, as cargo lists them.
fn packaged() -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--offline", "--allow-dirty", "--quiet"]).current_dir(root());
    let output = cargo.env("PATH", path_of_process()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
        plain
    })
}

#[test]
fn the_package_holds_every_file_that_the_build_reads() {
    let packaged = packaged();
    let included = Regex::new(r#"include_(?:str|bytes)!\(\s*"([^"]+)""#).unwrap();
    let mut seen = 0;
    for source in sources() {
        assert!(packaged.contains(&source.path), "{}", source.path);
        for found in included.captures_iter(&source.code) {
            let path = plain(&Path::new(&source.path).parent().unwrap().join(&found[1]));
            assert!(packaged.contains(path.to_str().unwrap()), "{} reads {}", source.path, path.display());
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
    assert!(packaged.contains("build.rs"));
}

#[test]
fn the_package_holds_nothing_that_is_for_the_repository_alone() {
    let packaged = packaged();
    let tops: BTreeSet<&str> = packaged.iter().map(|path| path.split('/').next().unwrap()).collect();
    for top in ["tests", "fuzz", "benches", "examples", "schemas", "packaging", ".ci", ".github"] {
        assert!(!tops.contains(top), "{top}");
    }
    let of_cargo = ["Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];
    for path in ["CHANGELOG.md", "LICENSE", "README.md"].iter().chain(&of_cargo) {
        assert!(packaged.contains(*path), "{path}");
    }
    let of_tests = Regex::new(r"(^|/)tests(\.rs$|/)").unwrap();
    assert_eq!(
        packaged.iter().filter(|path| of_tests.is_match(path)).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn the_manifest_says_what_a_reader_of_crates_io_looks_for() {
    let package = manifest()["package"].clone();
    for field in ["description", "license", "repository", "readme", "rust-version"] {
        assert!(package[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    let words = package["keywords"].as_array().unwrap();
    assert!((1..=5).contains(&words.len()), "crates.io takes at most five");
    let short = |word: &Value| word.as_str().is_some_and(|word| word.len() <= 20 && !word.contains(' '));
    assert!(words.iter().all(short));
}

/// A template of `cargo binstall` with its names replaced.
fn expanded(template: &str, target: &str, suffix: &str) -> String {
    let names = [
        ("repo", env!("CARGO_PKG_REPOSITORY")),
        ("name", "larder"),
        ("bin", "larder"),
        ("version", VERSION),
        ("target", target),
        ("archive-suffix", suffix),
        ("binary-ext", if target.contains("windows") { ".exe" } else { "" }),
    ];
    names
        .iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
}

#[test]
fn binstall_finds_each_archive_by_the_name_that_it_is_packed_under() {
    let binstall = manifest()["package"]["metadata"]["binstall"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packed = Packed::with_all(None);
    let mut expected = BTreeSet::new();
    for target in targets() {
        let of_target = binstall["overrides"].get(&target).and_then(|one| one.get("pkg-fmt"));
        let suffix = match text(of_target.unwrap_or(&binstall["pkg-fmt"])).as_str() {
            "tgz" => ".tar.gz",
            "zip" => ".zip",
            other => panic!("{other}"),
        };
        let url = expanded(&text(&binstall["pkg-url"]), &target, suffix);
        let release = format!("{}/releases/download/{}/", env!("CARGO_PKG_REPOSITORY"), tag());
        let archive = url.strip_prefix(&release).unwrap_or_else(|| panic!("{url}")).to_owned();
        // By what stands in for both packers, each archive is one of tar.
        let mut tar = Command::new("tar");
        tar.arg("-tzf").arg(packed.path("dist").join(&archive));
        let held = String::from_utf8(tar.output().unwrap().stdout).unwrap();
        let binary = expanded(&text(&binstall["bin-dir"]), &target, suffix);
        assert!(held.lines().any(|line| line == binary), "{binary} is not in {archive}:\n{held}");
        expected.insert(archive);
    }
    assert_eq!(packed.names_in("dist").into_iter().collect::<BTreeSet<_>>(), expected);
}
