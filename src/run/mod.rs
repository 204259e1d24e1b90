//! What commands do, without arguments and terminal. Tests call the same functions over their own transport.
//!
//! **Invariant:** nothing here prints, asks, reads an argument or ends the process.

pub mod apply;
pub mod bindings;
pub mod check;
pub mod claims;
pub mod comment;
mod credentials;
pub mod destroy;
pub mod diff;
pub mod dry_run;
mod eject;
mod other_folder;
mod error;
pub mod eval;
pub mod exit;
pub mod explain;
pub mod folders;
pub mod get;
pub mod plan_inputs;
pub mod job;
pub mod ids;
pub mod import;
mod in_memory;
pub mod init;
pub mod interrupt;
pub mod local;
pub mod ls;
pub mod manual;
pub mod migrations;
mod branch_collision;
mod nameless_workers;
mod project_cache;
mod perform;
pub mod permissions;
pub mod workspace;
pub mod preflight;
pub mod problem;
pub mod readiness;
pub mod reference;
mod selected;
pub mod session;
pub mod runtime_settings;
pub mod sweep;
mod connection;
pub mod test;
pub mod unused_settings;
mod workers;

pub use connection::{AccountConnection, Connection, Pace};
pub use error::Error;
pub use other_folder::command_in;
pub use perform::RecipeRun;
pub use project_cache::ProjectCache;
pub use selected::Selected;
pub use session::Session;
pub use workspace::{Workspace, WorkspaceOptions};
