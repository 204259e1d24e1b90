//! What a command does, without its arguments and without a terminal: tests run the same over a transport of their own.
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
mod elsewhere;
mod error;
pub mod eval;
pub mod exit;
pub mod explain;
pub mod folders;
pub mod get;
pub mod held;
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
mod one_name;
mod opened;
mod perform;
pub mod permissions;
pub mod place;
pub mod preflight;
pub mod problem;
pub mod readiness;
pub mod reference;
mod selected;
pub mod session;
pub mod setting;
pub mod sweep;
mod target;
pub mod test;
pub mod unused;
mod workers;

pub use elsewhere::command_in;
pub use error::Error;
pub use opened::ProjectCache;
pub use perform::RecipeRun;
pub use place::{Workspace, WorkspaceOptions};
pub use selected::Selected;
pub use session::Session;
pub use target::{AccountConnection, Connection};
