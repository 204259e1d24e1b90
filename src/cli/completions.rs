//! `completions` and `man`: shell completions and a man page, generated from the command-line arguments.

use super::command_context::CommandContext;
use super::{Arguments, Stopped};
use anyhow::{Context as _, anyhow};
use clap::CommandFactory;

/// Print a completion script for a shell
///
/// Examples:
///   larder completions bash > larder.bash
///   larder completions zsh > ~/.zfunc/_larder
///   larder completions fish > ~/.config/fish/completions/larder.fish
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// Print a page for `man`
///
/// Examples:
///   larder man > larder.1
///   larder man local serve > larder-local-serve.1
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Man {
    /// A command; default: Larder as a whole
    command: Vec<String>,
}

impl Completions {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "larder", &mut script);
        shell.console.data(&String::from_utf8(script).context("a completion script is text")?);
        Ok(())
    }
}

impl Man {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let mut command = Arguments::command();
        let mut name = "larder".to_owned();
        for part in &self.command {
            let found = command.find_subcommand(part).cloned();
            command = found.ok_or_else(|| anyhow!("there is no command `{name} {part}`"))?;
            name = format!("{name}-{part}");
        }
        let mut page = Vec::new();
        let command = command.disable_help_subcommand(true);
        clap_mangen::Man::new(command).title(name).render(&mut page)?;
        shell.console.data(&String::from_utf8(page).context("a page for `man` is text")?);
        Ok(())
    }
}
