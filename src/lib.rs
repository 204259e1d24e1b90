//! Larder provisions Cloudflare accounts from small Rhai recipes.
//!
//! The house in reading order; a room uses only rooms below it, and a test reads the `use` lines:
//!
//! - [`cli`]: the commands: arguments, questions, output
//! - [`repl`]: a session over `run` and `script`
//! - [`lsp`]: the language server, over the same
//! - [`run`]: what a command does, without its arguments and without a terminal
//! - [`script`]: the only room that knows Rhai: engine, limits, handles, steps, checks, diagnostics, docs
//! - [`report`]: events to text, JSON, NDJSON, exit code; the only room that prints
//! - [`services`]: one wing per Cloudflare product, and the one list of them; D1's holds its migrations
//! - [`reconcile`]: what a resource is, and the one procedure behind every `ensure`
//! - [`op`]: what an op is: entry, values, failures, and the order in which ops run
//! - [`project`]: `larder.toml`, environments, names, credentials, the wrangler config
//! - [`http`]: the API as calls with four outcomes; the only room that knows reqwest
//! - [`events`]: what happens in a run, as one stream
//! - [`escape`]: text from outside made harmless for terminals and CI logs
//! - [`secret`]: secrets as a type, and the redactor
//! - [`system`]: files, environment variables, clock, chance, signals
//!
//! Beside them stands [`local`], the embedded Cloudflare account: it shares nothing with the client but the last three
//! rooms, so that it can be held against it.
//!
//! Only [`cli`] and [`system::Environment`] are for others: they are what the program is made of, and each of their items is
//! documented. The other modules are public for the tests, benchmarks and fuzz targets of this repository, and change with any
//! version.

#![cfg_attr(
    test,
    allow(
        clippy::result_large_err,
        clippy::format_push_string,
        clippy::manual_assert,
        clippy::similar_names,
        clippy::too_many_lines
    )
)]

#[warn(missing_docs)]
pub mod cli;
pub mod repl;
pub mod lsp;
pub mod run;
pub mod script;
pub mod report;
pub mod services;
pub mod reconcile;
pub mod op;
pub mod project;
pub mod http;
pub mod events;
pub mod escape;
pub mod secret;
pub mod local;
pub mod system;
