//! Names the commit and the target that a binary is built from, for `larder --version`.
//!
//! The commit is that of the variable `LARDER_COMMIT`; else of the file that cargo puts into a package; else, in a release
//! build of a checkout, of git. A development build names none: each commit would make it build again.

#![allow(
    clippy::disallowed_methods,
    reason = "a build script reads its variables and the files of the package"
)]

use std::env;
use std::path::Path;
use std::process::Command;

/// What cargo puts into a package that it makes from a checkout.
const OF_PACKAGE: &str = ".cargo_vcs_info.json";

/// What a release build of a checkout depends on beside the commit.
const SOURCES: [&str; 5] = ["src", "recipes", "stdlib", "Cargo.toml", "Cargo.lock"];

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LARDER_COMMIT");
    let commit = match env::var("LARDER_COMMIT") {
        Ok(given) if !given.is_empty() => Some(shortened(&given)?),
        _ if Path::new(OF_PACKAGE).exists() => of_package()?,
        _ if env::var("PROFILE").as_deref() == Ok("release") => of_checkout(),
        _ => None,
    };
    println!("cargo::rustc-env=BUILD_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=BUILD_TARGET={}", env::var("TARGET").map_err(|error| error.to_string())?);
    Ok(())
}

/// The first twelve digits of a commit's name.
fn shortened(commit: &str) -> Result<String, String> {
    let is_name = commit.len() >= 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| commit[..12].to_owned()).ok_or_else(|| format!("`{commit}` is not the name of a commit"))
}

fn of_package() -> Result<Option<String>, String> {
    println!("cargo::rerun-if-changed={OF_PACKAGE}");
    let text = std::fs::read_to_string(OF_PACKAGE).map_err(|error| format!("{OF_PACKAGE}: {error}"))?;
    let Some((_, after)) = text.split_once("\"sha1\"") else { return Ok(None) };
    let commit = after.split('"').nth(1).unwrap_or_default();
    Ok(Some(marked(shortened(commit)?, text.contains("\"dirty\""))))
}

/// Nothing where this folder is not the top of a checkout, or git is not there.
fn of_checkout() -> Option<String> {
    if !git(&["rev-parse", "--show-prefix"])?.is_empty() {
        return None;
    }
    // Each commit and each change of branch adds a line to this file.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    let watched = SOURCES.into_iter().chain([log.as_str()]).filter(|path| Path::new(path).exists());
    watched.for_each(|path| println!("cargo::rerun-if-changed={path}"));
    let commit = shortened(&git(&["rev-parse", "HEAD"])?).ok()?;
    let changed = git(&[&["status", "--porcelain", "--"], &SOURCES[..]].concat())?;
    Some(marked(commit, !changed.is_empty()))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
}

/// A commit, and whether the source differs from it.
fn marked(commit: String, is_changed: bool) -> String {
    if is_changed { commit + "-modified" } else { commit }
}
