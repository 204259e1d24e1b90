//! `lsp`: the language server.

use super::Stopped;
use super::command_context::CommandContext;
use crate::lsp::serve;
use crate::report::Exit;
use crate::run::exit;
use std::io;

/// Serve an editor: the language server of recipes and of larder.toml
///
/// Speaks the Language Server Protocol on standard input and output; an editor starts it. It shows what `larder check` finds as
/// one types, completes and explains functions, options and keys, and goes to definitions. It runs no recipe, asks no account,
/// reads no credentials and writes nothing.
///
/// Examples:
///   larder lsp
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Lsp {
    /// Standard input and output, which many editors name; there is no other way
    #[arg(long)]
    stdio: bool,
}

impl Lsp {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let ended = serve(shell.services, io::BufReader::new(io::stdin()), io::stdout())?;
        Ok(exit::of_server(ended))
    }
}
