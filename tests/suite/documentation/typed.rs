//! What a command prints, with what differs from run to run replaced.

use crate::suite::project::{Project, filtered};
use larder::system::files;
use regex::Regex;
use std::fmt::Write as _;
use std::path::Path;

/// What differs, beside what differs everywhere.
const CHANGING: &[(&str, &str)] = &[
    (r"\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}\b", "[BOOKMARK]"),
    (r"\blarder_[0-9a-f]{32}\b", "[DELIMITER]"),
    (r"\blocal_[0-9a-f]{40}\b", "[TOKEN]"),
    (r"\b[0-9]+ kB\b", "[SIZE]"),
    // What is read ahead and not needed may or may not have been answered when the recipe ends.
    (r"\band [0-9]+ reads?: [0-9]+\.[0-9]+ %", "and [N] reads: [N] %"),
];

/// A text without what differs from run to run.
pub fn settled(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    for (pattern, name) in CHANGING {
        text = Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned();
    }
    filtered(&text, &files::canonical(folder).unwrap())
}

/// Types commands in a folder and gives what they print, on both streams.
pub fn typed(project: &Project, folder: &Path, commands: &str) -> String {
    let script = format!("exec 2>&1\n{commands}");
    let mut shell = project.command_of(Path::new("/bin/sh"), &["-c", &script]);
    let output = shell.current_dir(folder).output().unwrap();
    let mut printed = String::from_utf8(output.stdout).unwrap().trim_end().to_owned();
    if !output.status.success() {
        write!(printed, "\n(exit code {})", output.status.code().unwrap()).unwrap();
    }
    printed
}
