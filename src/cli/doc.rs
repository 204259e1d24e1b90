//! `doc`: the script API, from the op entries.

use super::Stopped;
use super::shell::Shell;
use crate::script::docs;
use crate::services;
use anyhow::anyhow;

/// Print what recipes can call
///
/// Examples:
///   larder doc
///   larder doc kv
///   larder doc --markdown
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Doc {
    /// A function, a method or a module
    name: Option<String>,
    /// Print the whole reference as Markdown
    #[arg(long)]
    markdown: bool,
}

impl Doc {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        if self.markdown {
            shell.console.data(&docs::markdown(shell.services.0, services::cf::ops::OPS));
            return Ok(());
        }
        let Some(name) = self.name else {
            shell.console.data(&docs::overview(shell.services.ops()));
            return Ok(());
        };
        match docs::page(&name, shell.services.ops()) {
            Ok(page) => {
                shell.console.data(&page);
                Ok(())
            }
            Err(hint) => Err(anyhow!("nothing is called `{name}`\nhint: {hint}").into()),
        }
    }
}
