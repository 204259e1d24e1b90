//! What a client's run came to, and how long the runs of a part took.

use super::asked;
use super::project::{Output, Project, filtered};
use std::cell::RefCell;
use std::io::Write;
use std::process::Command;
use std::time::Instant;

thread_local! {
    /// The parts that run on this thread, the innermost last.
    static PARTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs a client to its end; what differs from run to run is replaced in what it says. What it asked is compared with what is
/// kept of it, unless nothing says which client it is.
pub fn ran(project: &Project, mut command: Command) -> Output {
    let before = asked::last(project);
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    if let Some(client) = client(&command) {
        asked::compare(project, before, &client);
    }
    let text = |bytes: &[u8]| filtered(&String::from_utf8_lossy(bytes), project.path());
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// The client that a command is: the package whose program it runs, else what this part judges.
fn client(command: &Command) -> Option<String> {
    let package = command.get_args().find_map(|argument| {
        let (_, inside) = argument.to_str()?.split_once("node_modules/")?;
        Some(inside.split('/').next()?.to_owned())
    });
    package.or_else(|| PARTS.with_borrow(|parts| parts.last().cloned()))
}

/// One part of the judging, which says how long it took when it is over, also where the runner keeps what tests print.
pub struct Part(String, Instant);

impl Part {
    /// Begins now.
    pub fn begin(name: &str) -> Self {
        PARTS.with_borrow_mut(|parts| parts.push(name.to_owned()));
        Part(name.to_owned(), Instant::now())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        PARTS.with_borrow_mut(Vec::pop);
        let _ = writeln!(std::io::stderr(), "clients: {} took {} s", self.0, self.1.elapsed().as_secs());
    }
}
