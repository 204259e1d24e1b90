//! `import`: a project that reproduces what is in the account.

use super::Stopped;
use super::command_context::CommandContext;
use crate::project::select::ENVIRONMENT_VARIABLE;
use crate::project::{self, nested_configs};
use crate::run::get::service;
use crate::run::import::{ImportRequest, import, refuse_project};
use crate::run::ls::Environments;
use crate::run::{command_in, exit};
use crate::system::flag;
use anyhow::anyhow;
use globset::GlobBuilder;
use std::path::PathBuf;

/// Write a project that reproduces what is in the account
///
/// Reads the settings of everything that is there and writes a `larder.toml` of it, with a template of its names where there
/// is one, and a recipe for what the file can't say; a plan of both has nothing to do. With a wrangler config in the folder,
/// what it binds in the environment belongs to the project, and what else is there is listed and left. What nothing can read
/// is said: data, and secrets. Nothing that is there is overwritten.
///
/// Examples:
///   larder import
///   larder import -e production --only kv,r2 --match 'acme-*'
///   larder import --local --out imported
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Import {
    /// The app's name; default: what the names begin with, else the folder's
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// These services alone, as `kv,r2`
    #[arg(long, value_name = "SERVICES", value_delimiter = ',')]
    only: Vec<String>,
    /// These names alone; `*` stands for anything
    #[arg(long = "match", value_name = "GLOB")]
    matching: Option<String>,
    /// Everything by its name: also what the wrangler config does not bind, and what is of other environments
    #[arg(long)]
    all: bool,
    /// Write into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Import {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let request = self.request(shell)?;
        refuse_project(shell, &request.folder)?;
        if self.out.is_none() && shell.project_folder().is_some() {
            return Err(anyhow!(
                "this folder belongs to a project already\nhint: `--out DIR` writes elsewhere; `larder ls --unnamed{}` lists what \
                 the project does not name",
                shell.options.whereabouts
            )
            .into());
        }
        let root = shell.root()?;
        let is_beside = project::wrangler::find(&shell.folder).is_some();
        let environments = Environments::of(shell)?;
        let bound = if is_beside && !self.all { Some(shell.needs_selected()?) } else { None };
        // The environment of the new project need not be one of another that says which account it is.
        let named = named(shell).and_then(|name| environments.named(name));
        let chosen = match named {
            None if bound.is_none() => environments.of_one_account(shell)?,
            named => named,
        };
        let session = shell.open(bound.as_ref().or(chosen), &root)?;
        session.listen();
        let session = crate::run::Session { selected: bound.as_ref(), ..session };
        let imported = import(&session, &request);
        // What a read failed of is the signal.
        if let (Err(_), Some(signal)) = (&imported, session.signal()) {
            shell.console.talk("interrupted: nothing was written\n");
            return Err(Stopped::Told(exit::of_signal(signal)));
        }
        let imported = imported?;
        let say = |line: &str| shell.console.talk(&format!("{line}\n"));
        let found =
            if imported.brought.is_empty() { "nothing".to_owned() } else { imported.brought.join(", ") };
        say(&format!("imported {found}"));
        imported.left.iter().for_each(|left| say(&format!("not imported: {left}")));
        imported.notes.iter().for_each(|note| say(&format!("note: {note}")));
        imported.unread.iter().for_each(|unread| say(&format!("not imported {unread}")));
        let wrote: Vec<String> = imported.wrote.iter().map(|name| format!("`{name}`")).collect();
        say(&format!("wrote {}", wrote.join(", ")));
        say(&format!("hint: {}", self.next(shell, &imported.env_flag)));
        Ok(())
    }

    /// What to do next.
    fn next(&self, shell: &CommandContext, env_flag: &str) -> String {
        let Some(out) = &self.out else {
            let whereabouts = &shell.options.whereabouts;
            return format!("`larder plan{env_flag}{whereabouts} --exit-code` has nothing to do");
        };
        // A local account is in its own project's folder.
        if shell.is_local() {
            return "compare it with what the project has, and merge by hand".to_owned();
        }
        let folder = shell.globals.directory.as_ref().map_or_else(|| out.clone(), |folder| folder.join(out));
        let folder = flag("-C", &folder.to_string_lossy());
        format!("`larder plan {folder}{env_flag} --exit-code` has nothing to do")
    }

    fn request(&self, shell: &CommandContext) -> Result<ImportRequest, Stopped> {
        let is_beside = project::wrangler::find(&shell.folder).is_some();
        let below = nested_configs::workers_below(&shell.folder);
        let is_some_chosen =
            self.all || self.out.is_some() || !self.only.is_empty() || self.matching.is_some();
        if let Some(first) = below.first().filter(|_| !is_beside && !is_some_chosen) {
            let there = command_in(&shell.command_line, first);
            return Err(anyhow!(
                "a wrangler config in a folder below says what belongs to its project\nhint: `{there}`; `--all` takes everything \
                 that the account has"
            )
            .into());
        }
        let mut services = Vec::new();
        for name in &self.only {
            services.push(service(shell.services, name)?);
        }
        if services.is_empty() {
            services = shell.services.iter().collect();
        }
        let glob = |glob: &String| {
            let built = GlobBuilder::new(glob).build();
            built
                .map(|glob| glob.compile_matcher())
                .map_err(|error| anyhow!("`{glob}` matches no names: {error}"))
        };
        Ok(ImportRequest {
            env: named(shell).map(str::to_owned),
            app: self.app.clone(),
            services,
            matching: self.matching.as_ref().map(glob).transpose()?,
            all: self.all,
            folder: self.out.as_ref().map_or_else(|| shell.folder.clone(), |out| shell.folder.join(out)),
        })
    }
}

/// The environment that is asked for.
fn named(shell: &CommandContext) -> Option<&str> {
    shell.options.env.as_deref().or_else(|| shell.environment.get(ENVIRONMENT_VARIABLE))
}
