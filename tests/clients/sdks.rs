//! Cloudflare's SDKs and its command line `cf`. Each program makes many calls in one process and prints one line of each;
//! what it prints, asks and leaves behind is kept in `tests/clients/sdks/kept`.

mod cf;
mod differences;
mod kept;
mod routes;

use super::installed::{node, python};
use super::project::Project;
use super::ran::{Part, ran};
use super::source_tree::root;
use kept::compare;
use secrecy::ExposeSecret;
use std::process::Command;

/// Every answer is checked against types that are generated from Cloudflare's `OpenAPI` document.
#[test]
fn the_python_sdk_takes_every_answer_of_every_route() {
    let _part = Part::begin("Python SDK");
    let project = Project::empty().served();
    let reader = project.account().issue_token(&["D1 Read"]).unwrap();
    let mut command = python(&project, "sdk", &[&program("python/all.py")]);
    command.env("READER_TOKEN", reader.expose_secret());
    let printed = printed(&project, command);
    differences::check(&printed);
    routes::check(&project);
    compare(&project, "python", &printed);
}

#[test]
fn an_old_client_for_python_takes_the_answers_with_their_result_info() {
    let _part = Part::begin("old client for Python");
    let project = Project::empty().served();
    let printed = printed(&project, python(&project, "sdk-2", &[&program("python/old.py")]));
    compare(&project, "old", &printed);
}

#[test]
fn the_typescript_sdk_asks_every_route_and_finds_what_it_put() {
    let _part = Part::begin("TypeScript SDK");
    let project = Project::empty().served();
    let printed = printed(&project, node(&project, &program("node/all.mjs"), &[]));
    routes::check(&project);
    compare(&project, "typescript", &printed);
}

/// A program that lies beside this file.
fn program(name: &str) -> String {
    root().join("tests/clients/sdks").join(name).into_os_string().into_string().unwrap()
}

/// What a program that ended well has printed; where what it found is not what it put, it has said so.
fn printed(project: &Project, mut command: Command) -> String {
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = ran(project, command).exit(0);
    assert_eq!(output.stderr, "");
    assert!(!output.stdout.contains("FOUND"), "{}", output.stdout);
    output.stdout
}
