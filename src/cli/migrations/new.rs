//! `migrations new`: the next file.

use super::super::Stopped;
use super::super::shell::Shell;
use super::databases::{Declared, check, having, named};
use crate::migrations::{Migrations, Settings};
use crate::report::Exit;
use crate::run::folders::Expect;
use crate::system::{Clock as _, SystemClock, files};
use anyhow::{Context as _, anyhow};

/// Make the next migration, numbered and empty
///
/// The number follows the highest in the folder, as wrangler counts.
///
/// Examples:
///   larder migrations new "add companies"      # migrations/0007_add_companies.sql
///   larder migrations new companies --database jobs
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct New {
    /// What it does, in a few words
    name: String,
    /// The database, by its logical name; may be left out where the project has one
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

impl New {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let root = shell.root()?;
        let mut found: Vec<Declared> = Vec::new();
        let environments = shell.every_environment()?;
        for selected in having(&environments, self.database.as_deref())? {
            let databases = named(selected, self.database.as_deref())?;
            check(shell, selected, &databases, Expect::Anything)?;
            for one in databases {
                if !found.iter().any(|known| known.folder == one.folder && known.pattern == one.pattern) {
                    found.push(one);
                }
            }
        }
        let declared = match &found[..] {
            [one] => one,
            _ if self.database.is_none() => {
                return Err(anyhow!(
                    "the project has several folders of migrations\nhint: `--database NAME` chooses one"
                )
                .into());
            }
            _ => {
                return Err(
                    anyhow!("the environments have different folders\nhint: `-e ENV` chooses one").into()
                );
            }
        };
        let root = shell.repository(&root)?;
        root.make_folder(&declared.folder)?;
        let settings = Settings {
            folder: &declared.folder,
            pattern: declared.pattern.as_deref(),
            ..Settings::default()
        };
        let migrations = Migrations::discover(&root, &settings)
            .map_err(|error| anyhow!("{error}\nhint: {}", error.hint()))?;
        let next = migrations
            .next(&self.name, declared.pattern.as_deref())
            .map_err(|error| anyhow!("{error}\nhint: {}", error.hint()))?;
        let shown = format!("{}/{}", declared.folder.trim_end_matches('/'), next.name);
        let path = root.resolve(&declared.folder)?.join(&next.name);
        if let Some(folder) = path.parent() {
            files::make_folder(folder).with_context(|| format!("can't make the folder of `{shown}`"))?;
        }
        let text = format!("-- Migration number: {:04} \t {}\n", next.number, SystemClock::default().now());
        files::write_new(&path, text.as_bytes()).with_context(|| format!("can't write `{shown}`"))?;
        shell.console.data(&format!("{shown}\n"));
        Ok(Exit::Done)
    }
}
