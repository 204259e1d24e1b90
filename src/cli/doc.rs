//! `doc` and `definitions`: the reference of everything that a recipe can call or read.

use super::command_context::CommandContext;
use super::globals::Format;
use super::{Stopped, formats};
use crate::op::Value;
use crate::report::to_pretty;
use crate::report::values::{FIRST, row};
use crate::run::reference::reference;
use crate::script::docs::{Definitions, Item};
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
///   larder doc kv --format csv
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
    /// The formats that it has.
    pub fn formats(&self) -> &'static [Format] {
        if self.markdown { formats::TEXT } else { formats::VALUES }
    }

    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let reference = reference(shell.services);
        let asked = self.words.join(" ");
        let unknown = |hint: String| anyhow!("nothing is called `{asked}`\nhint: {hint}");
        if self.markdown {
            shell.console.data(&reference.markdown());
        } else if shell.globals.format != Format::Text {
            let found = reference.found(&asked).map_err(unknown)?;
            formats::print(shell, found.into_iter().map(described).collect(), FIRST);
        } else if asked.is_empty() {
            shell.console.data(&reference.overview());
        } else {
            shell.console.data(&reference.page(&asked).map_err(unknown)?);
        }
        Ok(())
    }
}

/// An item as data.
fn described(item: &Item) -> Value {
    let text = |text: &str| Value::Str(text.to_owned());
    row([
        ("name", text(&item.name)),
        ("sort", text(item.sort.word())),
        ("forms", Value::List(item.forms.iter().map(|form| text(form)).collect())),
        ("summary", text(&item.summary)),
    ])
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
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let reference = reference(shell.services);
        let definitions = Definitions::of(&reference);
        shell.console.data(&match shell.globals.format {
            Format::Json => to_pretty(&definitions, shell.console.redactor()),
            _ => definitions.text(),
        });
        Ok(())
    }
}
