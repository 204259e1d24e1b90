//! Reads the ledgers of a project's databases.

use super::{Declared, of_files};
use crate::events::Recorder;
use crate::op::{Context, Failure, Guard, Mode, RefusalBasis, RunInfo};
use crate::project::databases;
use crate::project::wrangler::Binding;
use crate::run::bindings::{self, BindingCheck, deployed_database};
use crate::run::dry_run::DryRun;
use crate::run::preflight::PreflightEnd;
use crate::run::runtime_settings::run_environment;
use crate::run::{Error, RecipeRun, Selected, Session};
use crate::script::host::Bound;
use crate::script::run::{ScriptResult, ScriptRuntime};
use crate::services::d1::api;
use crate::services::d1::migrations::{
    self, Correction, DatabaseFlags, Expected, Ledger, Migrations, Object, Reader, Repairs, Settings, correct,
};
use crate::services::d1::wire;
use std::sync::Arc;

/// A database, its files and its ledger.
pub struct Database {
    pub declared: Declared,
    /// Its name in the account.
    pub name: String,
    /// Its id; `None` where it does not exist yet.
    pub id: Option<String>,
    pub migrations: Migrations,
    /// Its ledger; empty where it does not exist yet.
    pub ledger: Ledger,
    pub objects: Vec<Object>,
}

/// What a command about ledgers works with.
pub struct Ledgers<'a> {
    session: &'a Session<'a>,
    selected: &'a Selected,
    context: Arc<Context>,
}

impl<'a> Ledgers<'a> {
    /// Opens them for a run; from now on a signal interrupts it.
    pub fn open(
        session: &'a Session<'a>,
        selected: &'a Selected,
        mode: Mode,
        info: RunInfo,
    ) -> Result<Self, Error> {
        session.listen();
        let context = session.context(mode, Arc::new(Recorder::default()), info)?;
        Ok(Ledgers { session, selected, context })
    }

    /// Finds a database, reads its files and its ledger.
    pub fn look(&self, declared: Declared, to: Option<&str>) -> Result<Database, Error> {
        let settings = Settings {
            folder: &declared.folder,
            pattern: declared.pattern.as_deref(),
            table: declared.table.as_deref(),
            late: declared.late,
            to,
            ..Settings::default()
        };
        self.selected.name_paths(&self.context.root);
        let mut migrations = Migrations::discover(&self.context.root, &settings).map_err(of_files)?;
        let run_environment = run_environment(self.session.place, Some(self.selected));
        migrations.reach = DatabaseFlags::of(Some(&run_environment), Some(&declared.logical), "");
        let (name, id) = self.find(&declared)?;
        let (ledger, objects) = (Ledger::default(), Vec::new());
        let mut database = Database { declared, name, id, migrations, ledger, objects };
        if let Some(reader) = self.reader(&database) {
            let read = self.session.runtime().block_on(reader.look(Expected::Tables));
            let found = read.map_err(|error| self.failed(Failure::of_read(&database.name, error)))?;
            (database.ledger, database.objects) = (found.ledger, found.objects);
        }
        Ok(database)
    }

    /// The same of one whose ledger is to be corrected: it must exist.
    pub fn look_to_correct(&self, declared: Declared, to: Option<&str>) -> Result<Database, Error> {
        let database = self.look(declared, to)?;
        if database.id.is_some() {
            return Ok(database);
        }
        let hint = format!("`{}` makes it, and applies its migrations", database.migrations.reach.run());
        let message = format!("the database `{}` does not exist yet", database.name);
        Err(self.failed(Failure::refused_with_hint("migration", message, hint)))
    }

    /// What a repair corrects.
    pub fn repair(&self, database: &Database, repairs: &Repairs) -> Result<Vec<Correction>, Error> {
        let repaired = database.migrations.repair(&database.name, &database.ledger, repairs);
        repaired.map_err(|error| self.failed(error.into()))
    }

    /// Corrects a ledger, and reads back that it is so.
    pub fn correct(&self, database: &Database, corrections: &[Correction]) -> Result<(), Error> {
        let Some(id) = &database.id else { return Ok(()) };
        let reached = migrations::Database { id, name: &database.name, expect: Expected::Tables };
        let (migrations, ledger) = (&database.migrations, &database.ledger);
        let written = correct(&self.context, reached, migrations, ledger, corrections);
        self.wait(written)
    }

    /// What they are opened with.
    pub fn session(&self) -> &'a Session<'a> {
        self.session
    }

    /// What reads a database; nothing where it does not exist yet.
    pub(super) fn reader<'b>(&'b self, database: &'b Database) -> Option<Reader<'b>> {
        let Database { id, migrations, .. } = database;
        Some(Reader {
            client: &self.context.client,
            id: id.as_ref()?,
            tables: &migrations.tables,
            copy: None,
        })
    }

    /// Waits for what is asked of the account.
    pub(super) fn wait<T>(&self, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, Error> {
        self.session.runtime().block_on(asked).map_err(|failure| self.failed(failure))
    }

    /// What ends the command.
    pub fn failed(&self, failure: Failure) -> Error {
        Error::failed(self.session, failure)
    }

    /// Its name in the account, and its id where it exists: what the Worker's config binds, or what the recipe names.
    fn find(&self, declared: &Declared) -> Result<(String, Option<String>), Error> {
        let name = match &declared.binding {
            Some(Binding { name: Some(name), .. }) => name.clone(),
            Some(Binding { id: Some(id), .. }) => id.clone(),
            found => match found.as_ref().map(|binding| self.deployed(binding)).transpose()?.flatten() {
                Some(id) => id,
                None => self.name(declared)?,
            },
        };
        let found = self.get(&name)?;
        if let Some(binding) = &declared.binding
            && let Some(id) = &binding.id
            && let Some(other) = self.other_than(id, &name, found.as_ref())?
        {
            let message = format!("the Worker's binding `{}` has the id `{id}`, {other}", binding.binding);
            return Err(
                PreflightEnd::Refused(bindings::problem(message, binding), RefusalBasis::Account).into()
            );
        }
        Ok(match found {
            Some(database) => (database.name, Some(database.uuid)),
            None => (name, None),
        })
    }

    /// A database by its name or id.
    fn get(&self, name: &str) -> Result<Option<wire::Database>, Error> {
        let found = self.session.runtime().block_on(api::get(&self.context.client, name));
        found.map_err(|error| self.failed(Failure::of_read(name, error)))
    }

    /// How what was found under a name is not what has this id.
    fn other_than(
        &self,
        id: &str,
        name: &str,
        found: Option<&wire::Database>,
    ) -> Result<Option<String>, Error> {
        Ok(match found {
            Some(database) if database.uuid == id => None,
            Some(database) => Some(format!("but `{}` has `{}`", database.name, database.uuid)),
            None => self.get(id)?.map(|other| format!("which is `{}` and not `{name}`", other.name)),
        })
    }

    /// The id that the deployed Worker has for a binding.
    fn deployed(&self, binding: &Binding) -> Result<Option<String>, Error> {
        let Ledgers { selected, session, .. } = *self;
        let recipe = &session.place.chosen_recipe(None, &selected.folder)?;
        let (info, events) = (&session.info(Guard::default()), Arc::new(Recorder::default()));
        let run = &DryRun::of_names(session, recipe, info, events);
        let found = deployed_database(&BindingCheck { run, selected }, binding, &self.context);
        found.map_err(|refused| PreflightEnd::from(*refused).into())
    }

    fn name(&self, declared: &Declared) -> Result<String, Error> {
        let Ledgers { selected, session, .. } = *self;
        let recipe = session.place.chosen_recipe(None, &selected.folder)?;
        if let Some(binding) = &declared.binding
            && let Some(name) = bindings::of_another_worker(selected, &recipe, binding)
        {
            return Ok(name);
        }
        let setting = session.setting(self.context.clone(), Bound::default());
        let room = ScriptRuntime::new(setting, &recipe.name);
        room.real_name(&recipe, databases::SERVICE, &declared.logical).map_err(|diagnostics| {
            let ran = ScriptResult { diagnostics, refused: true, ..ScriptResult::default() };
            let performed = RecipeRun { ran, sources: room.sources.clone(), ..RecipeRun::default() };
            PreflightEnd::Stopped(performed).into()
        })
    }
}
