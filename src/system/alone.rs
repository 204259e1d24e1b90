//! Runs a test in a process of its own, where nothing that other tests do counts as its own.

use super::Environment;
use std::process::Command;

/// Set in that process.
const ALONE: &str = "LARDER_TEST_ALONE";

/// Runs `test`, the body of a test function, in a process of its own.
///
/// # Panics
/// Where it fails there.
pub fn alone<F: FnOnce()>(test: F) {
    if Environment::of_process().get(ALONE).is_some() {
        return test();
    }
    let path = std::any::type_name::<F>();
    let name = path.trim_end_matches("::{{closure}}").split_once("::").unwrap().1;
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    print!("{said}");
}
