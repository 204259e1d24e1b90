//! SQL as SQLite reads it: tokens, statements, and their kinds.

pub mod compound;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod kind;
pub mod lexer;
pub mod position;
pub mod pragma;
pub mod restrictions;
pub mod row_independent;
pub mod script;
pub mod syntax;
pub mod touched_tables;
pub mod quoted;
