//! Every command of the README is run, on a copy of the example where it names it.

use super::project::Project;
use std::path::Path;
use std::process::Command;

#[test]
fn every_command_of_the_readme_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = larder::system::files::read_text(&root.join("README.md"), 1 << 20).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let commands: Vec<&str> = blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty()).collect();
    let example = Project::example();
    let mut run = 0;
    for command in &commands {
        // The tests themselves, which are running.
        if *command == "cargo test --locked" {
            continue;
        }
        let arguments = command.strip_prefix("cargo run --locked -- ").unwrap_or_else(|| panic!("{command}"));
        let arguments = arguments.replace("examples/jobmatch-ai", example.path().to_str().unwrap());
        let script = format!("exec \"$LARDER\" {arguments}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(root).env_clear().env("LARDER", env!("CARGO_BIN_EXE_larder"));
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        run += 1;
    }
    assert!(run >= 4, "only {run} of {commands:?}");
    let ci = larder::system::files::read_text(&root.join(".ci/run"), 1 << 16).unwrap();
    assert!(ci.contains("\npart cargo test --locked\n"), "CI runs the test command of the README");
}
