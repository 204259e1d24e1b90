//! `init`: starts a project.

use super::Stopped;
use super::shell::Shell;
use crate::project::file::PROJECT_FILE;
use crate::run::init::init;

/// Start a project: a `larder.toml`
///
/// Beside a wrangler config its recipe is `wrangler`, which makes what the config binds; else it names one environment and
/// what the app needs.
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
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        let first = init(shell, self.app.as_deref())?;
        shell.console.talk(&format!("wrote `{PROJECT_FILE}`\nhint: {first}\n"));
        Ok(())
    }
}
