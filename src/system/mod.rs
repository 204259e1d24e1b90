//! The only room that touches files, environment variables, the clock, chance and signals.
//!
//! Everything above it takes these as values, so that tests inject their own.

#[cfg(test)]
pub mod alone;
pub mod clock;
#[cfg(test)]
pub mod committed;
#[cfg(test)]
pub mod corpus;
pub mod cpu;
#[warn(missing_docs)]
mod environment;
pub mod files;
mod limits;
pub mod memory;
mod privacy;
mod repository;
mod root;
mod shell;
pub mod signals;
mod terminal;
mod unsaved;

pub use clock::{Clock, ManualClock, Stopwatch, SystemClock};
pub use environment::{Environment, arguments_of_process};
pub use limits::{LimitError, prepare_limits};
pub use privacy::keep_memory_private;
pub use repository::repository;
pub use root::{Root, RootError, plain};
pub use shell::{flag, word};
pub use terminal::{TerminalState, columns, end_process, read_key, rows};
pub use unsaved::Unsaved;
