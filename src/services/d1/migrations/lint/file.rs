//! A pending file with its lint results.

use super::super::sql::script::Script;
use super::destructive;

#[derive(Clone, Debug)]
pub struct File {
    /// As ledgers know it.
    pub name: String,
    /// From the project's folder.
    pub path: String,
    pub script: Script,
}

impl File {
    /// Whether the file says that it is meant to lose data.
    pub fn is_marked(&self) -> bool {
        self.script.comments().iter().any(|comment| destructive::is_marker(comment))
    }
}
