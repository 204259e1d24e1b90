//! The language server over the protocol.

mod cases;
mod client;
mod documented;
mod formatting;
mod life;
mod workspace;

pub use client::{Client, uri};

use super::project::Project;

/// A file of a project as clients call it.
fn file(project: &Project, path: &str) -> String {
    uri(&larder::system::files::canonical(project.path()).unwrap().join(path))
}
