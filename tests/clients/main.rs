//! Clients that nobody here wrote, run against the local account as their users run them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::too_many_lines
)]

mod asked;
mod both;
mod installed;
mod orms;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../suite/project.rs"]
mod project;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../suite/proxy.rs"]
mod proxy;
mod ran;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../suite/scanner.rs"]
mod scanner;
mod sdks;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../suite/sessions.rs"]
mod sessions;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../suite/source_tree.rs"]
mod source_tree;
mod wrangler;
