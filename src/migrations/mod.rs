//! Migrations of a D1 database: each applied exactly once or not at all, in order, and only the ledger in the database
//! may say "applied" (reliability notes 3.3).
//!
//! Files, order and ledger are wrangler's, so that both tools can be used on one database in any order. Beside wrangler's
//! table Larder keeps its own, which knows checksums and guards every call: one migration is one atomic call whose first
//! row can only be written if both tables are exactly as this run last saw them.
//!
//! **Invariant:** reading the ledger creates nothing.
//! **Invariant:** a file is sent again only after the ledger was read and does not have it.

mod added_column;
mod already;
mod apply;
mod carried;
mod catalog;
mod chance;
mod compound;
mod copied;
mod correct;
mod correction;
mod destructive;
mod effect;
mod error;
mod files;
mod finding;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gate;
mod guard;
mod history;
mod kept;
mod kind;
mod layout;
mod ledger;
mod lexer;
mod limits;
mod lint;
mod live;
mod loading;
mod look;
mod lost;
mod made_up;
mod migrate;
mod next;
mod numbers;
mod order;
mod others;
mod pattern;
mod pending;
mod plan;
mod position;
mod pragma;
mod reach;
mod reader;
mod rehearse;
mod replay;
mod restrictions;
mod review;
mod running;
mod schema;
mod send;
mod shape;
mod snapshot;
mod standing;
mod statements;
mod structure;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod touched;
mod trial;
mod twin;
mod values;
mod way_back;
mod written;

pub use already::done_already;
pub use copied::{Asked, Copied, Played, Written, is_played};
pub use correct::correct;
pub use correction::{Correction, Repairs};
pub use error::{MigrationError, word};
pub use files::{Atomic, Late, Migration, Migrations, Rehearsal, Settings, sha256_of};
pub use guard::Stamp;
pub use history::{Entry, History, State};
pub use ledger::{Ledger, Row, Tables};
pub use live::tables_with_rows;
pub use loading::check_load;
pub use migrate::{Database, migrate};
pub use plan::plan;
pub use pragma::{is_switch, only_informs};
pub use reach::{Named, Reach};
pub use reader::{Expect, Reader};
pub use shape::{Given, Shape};
pub use standing::{Standing, standings};
pub use way_back::way_back;
