//! Defines ops: entries, the values that scripts exchange with ops, and the scheduler that runs started ops.
//!
//! An op has two halves. The synchronous half reads its arguments on the script thread and refuses what is wrong at the
//! caller's line; the asynchronous half owns all it needs and runs when its turn comes.
//!
//! **Invariant:** nothing here knows Rhai, and no op sends a request before its synchronous half is over.

mod access;
mod cause;
mod option_error;
mod target;
mod ty;
mod planned_state;
mod request_failure;
mod arguments;
mod contents;
mod context;
mod ensured;
mod entry;
mod failure;
mod files;
mod refusal_basis;
mod group;
mod key;
mod ledgers;
mod memory;
mod options;
mod permit;
mod queue;
mod scheduler;
#[cfg(test)]
mod scripted_run;
mod secret_text;
mod start;
mod value;

pub use arguments::{FromArg, FromArgs, FromOptions, NoOptions, Typed};
pub use cause::Cause;
pub use context::{Context, Guard, Mode, Routes, RunEnvironment, RunInfo};
pub use entry::{Call, Doc, Effect, HandleDoc, Op, ReturnShape, RunOp, WRITTEN};
pub use failure::{Failure, NameRule};
pub use files::Files;
pub use key::Key;
pub use ledgers::DeclaredLedger;
pub use memory::Memory;
pub use option_error::{Mismatch, OptionError};
pub use options::{OptionMap, read_options};
pub use permit::{Intent, Permit, Planned};
pub use refusal_basis::RefusalBasis;
pub use scheduler::{CallOrigin, Joined, Scheduler, StepFrame};
pub use secret_text::SecretText;
pub use start::{DryRunPlay, OpOrder, OpResult, OpWork, StartedOp};
pub use target::{HandleOrId, HandleOrName};
pub use ty::Ty;
pub use value::{Pending, Value};
