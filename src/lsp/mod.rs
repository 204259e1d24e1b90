//! The language server. It uses `run` and `script`, as the commands and the session do.
//!
//! Reading order: [`wire`] reads and writes messages; [`server`] is the loop: what was changed is noted, what was asked is
//! answered, and between messages what is due is checked; [`documents`] are the texts that are open, [`projects`] what is known
//! around them; [`findings`] makes diagnostics; each request has a file of its own.
//!
//! **Invariant:** no recipe is run, no account asked, no credential read, no file written.
//! **Invariant:** no request ends the server: not one that can't be understood, and not one that panics.

mod text_position;
mod capabilities;
mod completion;
mod config_path;
mod definition;
mod documents;
mod findings;
mod hover;
mod lines;
mod project_file;
mod projects;
mod published;
mod requests;
mod server;
mod signatures;
mod symbols;
mod wire;

use crate::script::engine::run_on_big_stack;
use crate::services::Services;
use server::Server;
use std::io::{self, BufRead, Write};

/// Serves one client until it ends; gives whether it did so in the order of the protocol.
pub fn serve(
    services: Services,
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> io::Result<bool> {
    let (connection, threads) = wire::connect(input, output)?;
    // What is parsed may be nested too deep for any other thread.
    let ended = run_on_big_stack(|| {
        let Some(mut server) = Server::begin(&connection, services) else { return false };
        server.run()
    });
    drop(connection);
    threads.finish();
    ended.map_err(io::Error::other)
}
