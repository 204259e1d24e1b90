//! What a command does, without its arguments and without a terminal: tests run the same over a transport of their own.
//!
//! **Invariant:** nothing here prints, asks, reads an argument or ends the process.

mod elsewhere;
pub mod exit;
pub mod interrupt;
mod perform;
pub mod place;
mod selected;
pub mod setting;
pub mod target;

pub use perform::{Performed, perform, perform_and};
pub use place::{Options, Place};
pub use selected::Selected;
pub use target::Target;
