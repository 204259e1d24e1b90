//! Larder provisions Cloudflare accounts from small Rhai recipes.
//!
//! The rooms, in reading order; a room uses only rooms below it (a test reads the `use` lines).

pub mod cli;
pub mod events;
pub mod http;
pub mod local;
pub mod migrations;
pub mod op;
pub mod project;
pub mod reconcile;
pub mod repl;
pub mod report;
pub mod script;
pub mod secret;
pub mod services;
pub mod system;
