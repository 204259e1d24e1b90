//! The configuration of a project: `larder.toml`, its environments and names, the wrangler config beside it, and
//! the account and credentials of a run.
//!
//! Reading order: [`file`] finds, parses and checks the project file against the shape ([`shape`]) that the services
//! declare; [`select`] chooses the environment; [`config`] is the file as that environment sees it; [`naming`] makes
//! real names; [`wrangler`] reads the bindings of a Worker and writes ids back; [`databases`] puts together what both say
//! of migrations.
//!
//! **Invariant:** nothing here knows HTTP or the script language, and nothing reads the process environment: the
//! variables come as a [`crate::system::Environment`].

pub mod account;
pub mod api_base;
pub mod unfilled;
pub mod wrangler_defaults;
pub mod config;
pub mod credentials;
pub mod databases;
pub mod env_file;
pub mod environment;
pub mod file;
pub mod findings;
#[cfg(any(test, fuzzing))]
mod fixture;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod private_files;
pub mod local_id;
mod login;
mod meant;
pub mod naming;
pub mod similar_path;
pub mod nested_configs;
pub mod problem;
mod schema;
pub mod select;
mod set;
pub mod shape;
pub mod source;
mod tree;
pub mod wrangler;

pub use account::{AccountClaim, AccountId};
pub use config::{Config, StepGroup};
pub use databases::{Database, Databases};
pub use environment::Environment;
pub use file::{ProjectError, ProjectFile};
pub use findings::ProjectFindings;
pub use meant::did_you_mean;
pub use naming::{Branch, Declared, EnvNames, NameTable, NamingPolicy};
pub use shape::{ProjectSchema, ServiceTable};
pub use source::LocatedText;
