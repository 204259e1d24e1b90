//! Builds the copy once; what the compiler does not take is no mutant.

use crate::splice::{Place, Spliced};
use crate::tree::Tree;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// So often the compiler is asked; each time it may see errors that those before have hidden.
const ROUNDS_MAX: usize = 12;

/// The programs that hold the tests.
pub struct Built {
    pub unit: PathBuf,
    pub suite: Option<PathBuf>,
}

/// The ids of the mutants that do not compile, after the copy was written without them.
pub fn leave_out(tree: &Tree) -> Result<HashSet<String>> {
    let known = tree.work.join("left-out.txt");
    let mut left_out: HashSet<String> =
        fs::read_to_string(&known).unwrap_or_default().lines().map(str::to_owned).collect();
    for _ in 0..ROUNDS_MAX {
        let spliced = tree.write(&left_out)?;
        let errors = cargo(tree, &["check", "--lib"])?.1;
        if errors.is_empty() {
            return Ok(left_out);
        }
        let before = left_out.len();
        for error in &errors {
            left_out.extend(guilty(&spliced, error).into_iter().map(|number| tree.mutants[number].id()));
        }
        if left_out.len() == before {
            bail!("the copy does not compile: {}", errors[0]["rendered"].as_str().unwrap_or_default());
        }
        println!("{} changes do not compile", left_out.len());
        let mut lines: Vec<&str> = left_out.iter().map(String::as_str).collect();
        lines.sort_unstable();
        fs::write(&known, lines.join("\n") + "\n")?;
    }
    bail!("the copy does not compile after {ROUNDS_MAX} rounds");
}

/// Those in whose text the error is; or else those around it; or else those that it is around.
fn guilty(spliced: &BTreeMap<String, Spliced>, error: &Value) -> HashSet<usize> {
    let mut found = HashSet::new();
    let spans = error["spans"].as_array().cloned().unwrap_or_default();
    let (first, others): (Vec<&Value>, Vec<&Value>) =
        spans.iter().partition(|span| span["is_primary"] == true);
    let mut at: Vec<(&Spliced, Range<usize>)> = Vec::new();
    for span in first.into_iter().chain(others) {
        let Some(file) = span["file_name"].as_str().and_then(|name| spliced.get(name)) else { continue };
        let byte = |name: &str| span[name].as_u64().and_then(|byte| usize::try_from(byte).ok()).unwrap_or(0);
        at.push((file, byte("byte_start")..byte("byte_end")));
    }
    let is_in =
        |inner: &Range<usize>, outer: &Range<usize>| outer.start <= inner.start && inner.end <= outer.end;
    for (file, range) in &at {
        found.extend(file.places.iter().filter(|place| is_in(range, &place.own)).map(|place| place.mutant));
    }
    if found.is_empty()
        && let Some((file, range)) = at.first()
    {
        let outer = file.places.iter().map(|place| &place.around).filter(|outer| is_in(range, outer));
        let shortest = outer.min_by_key(|around| around.len());
        let is_it = |place: &&Place| match shortest {
            Some(shortest) => place.around == *shortest,
            None => is_in(&place.around, range),
        };
        found.extend(file.places.iter().filter(is_it).map(|place| place.mutant));
    }
    found
}

pub fn build(tree: &Tree, is_unit_only: bool) -> Result<Built> {
    let all = ["test", "--no-run", "--lib", "--test", "it"];
    let (messages, errors) = cargo(tree, if is_unit_only { &all[..3] } else { &all })?;
    if let Some(error) = errors.first() {
        bail!("the tests of the copy do not compile: {}", error["rendered"].as_str().unwrap_or_default());
    }
    let program = |kind: &str| {
        let is_it =
            |message: &&Value| message["target"]["kind"][0] == kind && message["executable"].is_string();
        messages.iter().filter(is_it).find_map(|message| message["executable"].as_str()).map(PathBuf::from)
    };
    let (unit, suite) = (program("lib"), program("test"));
    match unit {
        Some(unit) if is_unit_only || suite.is_some() => Ok(Built { unit, suite }),
        _ => bail!("cargo has built no tests"),
    }
}

/// Its messages, and among them the errors.
fn cargo(tree: &Tree, arguments: &[&str]) -> Result<(Vec<Value>, Vec<Value>)> {
    println!("cargo {} ...", arguments.join(" "));
    let mut command = Command::new("cargo");
    // What `cargo run` tells this program of its own package would build some dependencies anew.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    let output = command
        .args(arguments)
        .args(["--locked", "--message-format=json", "--quiet"])
        .env("CARGO_TARGET_DIR", tree.work.join("target"))
        .env("CARGO_INCREMENTAL", "1")
        .current_dir(tree.copy())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo can't be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let is_error = |message: &&Value| {
        message["message"]["level"] == "error" && message["message"]["spans"] != Value::Array(vec![])
    };
    let errors: Vec<Value> =
        messages.iter().filter(is_error).map(|message| message["message"].clone()).collect();
    if errors.is_empty() && !output.status.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    Ok((messages, errors))
}
