//! The guides of the documents with the real wrangler, where they say `npx wrangler`. (`suite::guides` plays the rest of them.)

use super::deploys::with_workers;
use crate::installed::wrangler;
use crate::project::Project;
use crate::ran::Part;
use crate::sessions;
use std::fmt::Write as _;

/// Puts an `npx` on the `PATH` that starts the wrangler that is installed.
fn with_npx(project: Project) -> Project {
    let command = wrangler(&project, &[]);
    let text = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap());
    let mut script = String::from("#!/bin/sh\nshift\n");
    for (name, value) in command.get_envs() {
        let name = name.to_str().unwrap();
        // The session has its own credentials and folders; wrangler alone asks the stand-in for Workers.
        let is_credential = name.starts_with("CLOUDFLARE_") && name != "CLOUDFLARE_API_BASE_URL";
        if !is_credential && !["HOME", "PATH"].contains(&name) {
            writeln!(script, "export {name}={}", text(value.unwrap())).unwrap();
        }
    }
    let words: Vec<String> = command.get_args().map(text).collect();
    writeln!(script, "exec {} {} \"$@\"", text(command.get_program()), words.join(" ")).unwrap();
    project.write("tools/npx", &script);
    let path = project.path().join("tools/npx");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    project
}

#[test]
fn a_first_account_with_wrangler() {
    let _part = Part::begin("guides");
    let folder = "docs/guides/first-account";
    let project = Project::copy_of(folder).on_path().served();
    let account = project.variable("CLOUDFLARE_API_BASE_URL").unwrap().to_owned();
    let project = with_npx(with_workers(project, "shop")).env("CLOUDFLARE_API_BASE_URL", &account);
    sessions::play(&project, folder, |_| false);
}
