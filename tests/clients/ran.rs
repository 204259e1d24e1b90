//! What a client's run came to, and how long the runs of a part took.

use super::project::{Output, Project, filtered};
use std::io::Write;
use std::process::Command;
use std::time::Instant;

/// Runs a client to its end; what differs from run to run is replaced in what it says.
pub fn ran(project: &Project, mut command: Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| filtered(&String::from_utf8_lossy(bytes), project.path());
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// One part of the judging, which says how long it took when it is over, also where the runner keeps what tests print.
pub struct Part(String, Instant);

impl Part {
    /// Begins now.
    pub fn begin(name: &str) -> Self {
        Part(name.to_owned(), Instant::now())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = writeln!(std::io::stderr(), "clients: {} took {} s", self.0, self.1.elapsed().as_secs());
    }
}
