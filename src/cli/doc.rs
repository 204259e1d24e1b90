//! `doc` and `definitions`: what recipes can be told.

use super::Stopped;
use super::globals::Format;
use super::shell::Shell;
use crate::report::to_pretty;
use crate::run::reference::reference;
use crate::script::docs::Definitions;
use anyhow::anyhow;

/// Print what recipes can be told
///
/// Functions and methods, properties of handles, `config::` and `env::`, keys of the project file, the modules of the
/// standard library, and what the language itself has. A name prints its page, a part (`kv`, `project`, `language`) its list,
/// a type (`KvNamespace`) what it has, and any other word what it is found in.
///
/// Examples:
///   larder doc
///   larder doc kv
///   larder doc d1.databases
///   larder doc jurisdiction
///   larder doc --markdown
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Doc {
    /// A name, a part, or words to look for
    words: Vec<String>,
    /// Print the whole reference as Markdown
    #[arg(long)]
    markdown: bool,
}

impl Doc {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        let reference = reference(shell.services);
        if self.markdown {
            shell.console.data(&reference.markdown());
            return Ok(());
        }
        if self.words.is_empty() {
            shell.console.data(&reference.overview());
            return Ok(());
        }
        let asked = self.words.join(" ");
        match reference.page(&asked) {
            Ok(page) => {
                shell.console.data(&page);
                Ok(())
            }
            Err(hint) => Err(anyhow!("nothing is called `{asked}`\nhint: {hint}").into()),
        }
    }
}

/// Print definitions of what recipes can be told, for editors and other tools
///
/// A Rhai definition file: save it as `larder.d.rhai` where the editor's Rhai extension looks for such files. With
/// `--format json` everything that `larder doc` knows is one document.
///
/// Examples:
///   larder definitions > larder.d.rhai
///   larder definitions --format json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct WriteDefinitions {}

impl WriteDefinitions {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        let reference = reference(shell.services);
        let definitions = Definitions::of(&reference);
        match shell.globals.format {
            Format::Text => shell.console.data(&definitions.text()),
            Format::Json => shell.console.data(&to_pretty(&definitions, shell.console.redactor())),
            _ => return Err(anyhow!("`definitions` has no such format\nhint: text or json").into()),
        }
        Ok(())
    }
}
