//! Rules about every workflow file, and about the scripts that they and the action run.

use super::published;
use super::source_tree::{read, root};
use super::workflow_file::yaml;
use larder::system::files;
use regex::Regex;
use serde_json::{Value as Json, json};

/// Where workflows are; `.ci/workflows` lints them all.
const FOLDERS: [&str; 3] =
    [".github/workflows", "examples/action/.github/workflows", "examples/jobmatch-ai/.github/workflows"];

/// Every job of every workflow that has steps of its own, with its file and name.
fn jobs() -> Vec<(String, String, Json)> {
    let mut jobs = Vec::new();
    for folder in FOLDERS {
        for path in files::walk(&root().join(folder)).unwrap() {
            let path = format!("{folder}/{}", path.display());
            let workflow = yaml(&path);
            assert_eq!(workflow["permissions"], json!({}), "{path}: each job asks for its own");
            let described = workflow["jobs"].as_object().unwrap();
            let own = described.iter().filter(|(_, job)| job["uses"].is_null());
            jobs.extend(own.map(|(name, job)| (path.clone(), name.clone(), job.clone())));
        }
    }
    assert!(jobs.len() > 8, "{}", jobs.len());
    jobs
}

fn steps(job: &Json) -> impl Iterator<Item = &Json> {
    job["steps"].as_array().unwrap().iter()
}

/// Larder's own is named by the tag that moves with its releases, and holds what it installs to their checksums.
#[test]
fn every_action_is_pinned_to_a_commit() {
    let own = format!("^{}@v1$|", regex::escape(published::name()));
    let pinned = Regex::new(&(own + "^[a-z-]+/[a-z-]+@[0-9a-f]{40}$")).unwrap();
    let mut seen = 0;
    for (path, name, job) in jobs() {
        for action in steps(&job).filter_map(|step| step["uses"].as_str()) {
            assert!(pinned.is_match(action), "{path}, {name}: {action}");
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
}

/// A job may read the repository; what may do more is listed here.
#[test]
fn every_job_has_the_least_permissions_and_an_end() {
    for (path, name, job) in jobs() {
        let expected = match (path.as_str(), name.as_str()) {
            (".github/workflows/release.yml", "publish") => {
                json!({ "contents": "write", "id-token": "write", "attestations": "write" })
            }
            (".github/workflows/release.yml", "action") => json!({ "contents": "write" }),
            (
                ".github/workflows/larder.yml" | "examples/action/.github/workflows/pull-request.yml",
                "plan",
            ) => {
                json!({ "contents": "read", "pull-requests": "write" })
            }
            (".github/workflows/release.yml", "npm" | "crate") => {
                json!({ "contents": "read", "id-token": "write" })
            }
            (path, "sweep") if path.ends_with("/sweep.yml") => {
                json!({ "contents": "read", "pull-requests": "read" })
            }
            _ => json!({ "contents": "read" }),
        };
        assert_eq!(job["permissions"], expected, "{path}, {name}");
        let minutes: u32 = job["timeout-minutes"].as_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&minutes), "{path}, {name}");
        let checkouts = steps(&job).filter(|step| {
            step["uses"].as_str().is_some_and(|action| action.starts_with("actions/checkout@"))
        });
        for step in checkouts {
            assert_eq!(step["with"]["persist-credentials"], "false", "{path}, {name}");
        }
    }
}

/// What somebody else may choose is no part of a script's text.
#[test]
fn no_script_holds_an_expression() {
    let action = json!({ "steps": yaml("action.yml")["runs"]["steps"] });
    let all = jobs().into_iter().chain([("action.yml".into(), String::new(), action)]);
    let mut seen = 0;
    for (path, name, job) in all {
        for script in steps(&job).filter_map(|step| step["run"].as_str()) {
            assert!(!script.contains("${{"), "{path}, {name}: {script}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_workflow_is_linted() {
    let lint = read(".ci/workflows");
    for folder in FOLDERS {
        let folder = folder.strip_suffix("/workflows").unwrap();
        assert!(lint.contains(&format!(" {folder} ")) || lint.contains(&format!(" {folder}\n")), "{folder}");
    }
}

/// `.ci/scripts` lints what begins so.
#[test]
fn every_script_is_one_that_the_linter_takes() {
    let mut seen = 0;
    for folder in [".ci", ".github/action", ".github/release"] {
        for path in files::walk(&root().join(folder)).unwrap() {
            if path.extension().is_none() {
                let text = read(&format!("{folder}/{}", path.display()));
                assert!(text.starts_with("#!/usr/bin/env bash\n"), "{folder}/{}", path.display());
                assert!(text.contains("\nset -euo pipefail\n"), "{folder}/{}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 6, "{seen}");
    assert!(read(".ci/run").contains("\npart .ci/scripts\n"));
}
