//! `init`: starts a project.

use super::Stopped;
use super::place::Place;
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler;
use crate::report::Exit;
use crate::system::files;
use anyhow::{Context as _, anyhow};

/// Start a project: a `larder.toml` with one environment
///
/// A wrangler config in the folder is named in it.
///
/// Examples:
///   larder init
///   larder init --app shop
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Init {
    /// The app's name; default: the folder's
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
}

impl Init {
    /// Runs it.
    pub fn run(self, place: &Place) -> Result<Exit, Stopped> {
        let path = place.folder.join(PROJECT_FILE);
        if files::exists(&path) {
            return Err(anyhow!("`{PROJECT_FILE}` exists already").into());
        }
        let folder = place.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let app = self.app.or(folder).unwrap_or_else(|| "app".to_owned());
        let app: String = app
            .to_lowercase()
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let config = wrangler::find(&place.folder).and_then(|path| path.file_name().map(ToOwned::to_owned));
        let config =
            config.map(|name| format!("wrangler = \"{}\"\n", name.to_string_lossy())).unwrap_or_default();
        let text = format!(
            "app = \"{}\"\n{config}\n\
             steps = [\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]\n\n\
             [kv]\nnamespaces = []\n\n\
             [r2]\nbuckets = []\n\n\
             # [vectorize.indexes.main]\n# dimensions = 768\n# metric = \"cosine\"\n\n\
             # [ai_gateway.gateways.main]\n# cache_ttl = 3600\n\n\
             # [d1.databases.db]\n# binding = \"DB\"\n# migrations = \"migrations\"\n\n\
             [naming] # {{env}} is the alias, {{environment}} the full name, {{name}} the logical name\n\
             template = \"{{app}}-{{env}}-{{name}}\"\n\n\
             [environments.development]\nalias = \"dev\"\n",
            app.trim_matches('-')
        );
        files::write_whole(&path, text.as_bytes())
            .with_context(|| format!("can't write `{PROJECT_FILE}`"))?;
        place.console.talk(&format!(
            "wrote `{PROJECT_FILE}`\nhint: name what the app needs in it, then `larder plan -e development --local`\n"
        ));
        Ok(Exit::Done)
    }
}
