//! What a command does, without its arguments and without a terminal: tests run the same over a transport of their own.
//!
//! **Invariant:** nothing here prints, asks, reads an argument or ends the process.

pub mod exit;
mod performed;

pub use performed::Performed;
