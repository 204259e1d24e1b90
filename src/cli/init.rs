//! `init`: starts a project.

use super::command_context::CommandContext;
use super::{Stopped, check, interrupt};
use crate::run::init::init;

/// Start a project: a `larder.toml` and a first test
///
/// For the wrangler config in the folder, or for those below it, its recipe is `wrangler`, which makes what they bind; else
/// it names one environment and what the app needs. Beside it `larder.schema.json` lets editors check and complete it;
/// commit both. `tests/project.test.rhai` is a first test for `larder test`. Nothing that is there is overwritten.
///
/// Examples:
///   larder init
///   larder init --app shop
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Init {
    /// The app's name; default: the Worker's beside a wrangler config, else the folder's
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
}

impl Init {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let started = init(shell, self.app.as_deref())?;
        for line in &started.read {
            shell.console.talk(&format!("read {line}\n"));
        }
        let wrote: Vec<String> = started.wrote.iter().map(|name| format!("`{name}`")).collect();
        let wrote = match wrote.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            one => one.concat(),
        };
        shell.console.talk(&format!("wrote {wrote}\n"));
        let recipe = vec![started.recipe.to_owned()];
        check::show_findings(shell, &crate::run::check::check(shell, recipe, interrupt::silent())?);
        shell.console.talk(&format!("hint: {}\n", started.next));
        Ok(())
    }
}
