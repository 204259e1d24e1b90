//! Larder provisions Cloudflare accounts from small Rhai recipes.
//!
//! The rooms, in reading order; a room uses only rooms below it (a test reads the `use` lines).

pub mod cli;
pub mod repl;
pub mod script;
pub mod report;
pub mod services;
pub mod migrations;
pub mod reconcile;
pub mod op;
pub mod project;
pub mod http;
pub mod events;
pub mod secret;
pub mod local;
pub mod system;
