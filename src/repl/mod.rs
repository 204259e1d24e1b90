//! A session over `run` and `script`: explore an account, entry by entry.
//!
//! State is kept across entries. The session only reads until it is unlocked: an `ensure` shows its plan.
//!
//! **Invariant:** what was only planned is never sent as if it were there.

mod commands;
mod complete;
mod exploration;
mod screen;
mod session;

pub use commands::{COMMANDS, Command, Next, Reply, obey};
pub use complete::Prompt;
pub use exploration::{Exploration, Protected, Shown};
pub use session::{Entered, Session};
