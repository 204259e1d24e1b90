//! The only room that knows Rhai.
//!
//! The text of a recipe is compiled by [`engine`], its imports found by [`resolver`], what can be known
//! before a run is found by [`check`], and every error becomes one of [`diagnostics`].

pub mod builtins;
pub mod catalog;
pub mod check;
pub mod choice;
pub mod complete;
pub mod convert;
pub mod diagnostics;
pub mod docs;
pub mod engine;
pub mod env_variables;
pub mod file_texts;
pub mod format;
pub mod functions;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod handle;
pub mod host;
pub mod known;
pub mod last_value;
pub mod lex;
pub mod naming;
pub mod outline;
mod real_name;
pub mod register;
pub mod resolver;
pub mod run;
mod secrets;
pub mod show;
pub mod steps;
pub mod testing;
pub mod worker;
pub mod declarations;

#[cfg(test)]
mod canary;
#[cfg(test)]
mod hostile;

pub use diagnostics::{CallPart, Diagnostic, Raised, Sources, Thrown};
pub use known::{FunctionForm, KnownFunctions, OptionKey, Param};
