//! The interactive session: evaluates entries against an account, with `run` and `script`.
//!
//! State is kept across entries. The session only reads until it is unlocked: an `ensure` shows its plan.
//!
//! **Invariant:** what was only planned is never sent as if it were there.

mod carried_session;
mod commands;
mod entry;
mod exploration;
mod prompt;
mod recipe;
mod screen;
mod session;

pub use commands::{COMMANDS, Command, CommandEffect, CommandReply, dropped, obey};
pub use entry::Entry;
pub use exploration::{EntryOutput, Exploration, Requests, SessionHandover, UnlockRefusal};
pub use prompt::{Prompt, PromptStyle};
pub use recipe::save;
pub use session::{EntryResult, Session};
