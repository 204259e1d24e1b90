//! What every command receives: the global flags, the console and the workspace.

use super::globals::Globals;
use super::{Stopped, interrupt};
use crate::project;
use crate::report::{Console, GitHub, tell_panics};
use crate::run::{Selected, Session, Workspace};
use crate::secret::Redactor;
use crate::services::Services;
use crate::system::{Environment, Root, files};
use anyhow::anyhow;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A workspace with a console. It dereferences to its workspace.
pub struct CommandContext {
    /// The flags of every command.
    pub globals: Globals,
    /// The only thing that prints.
    pub console: Arc<Console>,
    /// The job of GitHub Actions that this is a part of, unless that is not wanted.
    pub github: Option<GitHub>,
    place: Workspace,
}

impl Deref for CommandContext {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.place
    }
}

impl CommandContext {
    /// Reads the env files; nothing else happens yet.
    pub fn new(
        globals: Globals,
        mut environment: Environment,
        command_line: Vec<String>,
    ) -> Result<CommandContext, (Arc<Console>, anyhow::Error)> {
        let redactor = Arc::new(Redactor::default());
        let console = Arc::new(Console::of_process(globals.color(), &environment, redactor.clone()));
        tell_panics(console.clone());
        let loaded = load_env_files(&globals, &mut environment);
        let github = GitHub::detect(&environment).filter(|_| !globals.no_github);
        if github.is_some() {
            GitHub::mask_all(&console, &redactor);
        }
        // Whatever a command does with them, whichever of them it uses, and whatever is wrong with the rest.
        for secret in project::credentials::secrets(&environment) {
            redactor.register(&secret);
        }
        if let Err(error) = loaded {
            return Err((console, error));
        }
        let folder = globals.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        let folder = match files::canonical(&folder) {
            Ok(folder) => folder,
            Err(error) => {
                return Err((console, anyhow!("can't enter the folder `{}`: {error}", folder.display())));
            }
        };
        let services = Services::default();
        let place = Workspace {
            options: globals.options(),
            environment,
            redactor,
            folder,
            command_line,
            services,
            opened: Arc::default(),
        };
        Ok(CommandContext { globals, console, github, place })
    }

    /// The same, with another environment and other settings.
    pub fn with(&self, env: Option<String>, sets: Vec<String>) -> CommandContext {
        CommandContext {
            globals: self.globals.clone(),
            console: self.console.clone(),
            github: self.github.clone(),
            place: self.place.with(env, sets),
        }
    }

    /// Opens what the command works with; signals of this process interrupt it.
    pub fn open<'a>(
        &'a self,
        selected: Option<&'a Selected>,
        root: &'a Path,
    ) -> Result<Session<'a>, Stopped> {
        let session = Session::open(&self.place, selected, root, interrupt::on(self.console.clone()))?;
        self.console.hide_account(&session.target.account);
        Ok(session)
    }
}

/// Their paths begin in the folder in which the command was started.
fn load_env_files(globals: &Globals, environment: &mut Environment) -> anyhow::Result<()> {
    if globals.env_files.is_empty() {
        return Ok(());
    }
    let here = files::canonical(Path::new("."))?;
    let folder = project::file::find(&here).and_then(|file| file.parent().map(Path::to_owned));
    let root = Root::in_repository(folder.as_deref().unwrap_or(&here), environment)?;
    for file in &globals.env_files {
        project::env_file::load(&root, &here, file, environment)?;
    }
    Ok(())
}
