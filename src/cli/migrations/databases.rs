//! The databases of a project that have migrations: which they are, what they are called in the account, and what their
//! ledgers say.

use super::super::Stopped;
use super::super::bindings::{Asked, Look, deployed_database, logical_of};
use super::super::perform::{Performed, exit_of_failure, setting};
use super::super::place::{Place, Selected};
use super::super::target::{Target, run_info};
use crate::events::Recorder;
use crate::migrations::{Expect, Late, Ledger, Migrations, Reader, Settings};
use crate::op::{Context, Failure};
use crate::project::wrangler::{Binding, BindingKind};
use crate::report::Exit;
use crate::script::host::Bound;
use crate::script::run::{Ran, Room};
use crate::services::d1::api;
use anyhow::anyhow;
use std::path::Path;
use std::sync::Arc;

/// A database as the project declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its logical name.
    pub logical: String,
    /// Its folder of migrations, from the project's folder.
    pub folder: String,
    /// Wrangler's `migrations_pattern`.
    pub pattern: Option<String>,
    /// Wrangler's `migrations_table`.
    pub table: Option<String>,
    /// Whether a file may come late.
    pub late: Late,
}

/// A database, its files and its ledger.
pub struct Database {
    /// As declared.
    pub declared: Declared,
    /// Its name in the account.
    pub name: String,
    /// Its id; `None` where it does not exist yet.
    pub id: Option<String>,
    /// Its files.
    pub migrations: Migrations,
    /// Its ledger; empty where it does not exist yet.
    pub ledger: Ledger,
}

/// Every database with migrations that a project declares; without a project file, those of the wrangler config.
pub fn declared(selected: &Selected) -> Vec<Declared> {
    let table = selected.config.services.get("d1").and_then(|table| table["databases"].as_object());
    let of_project = table.into_iter().flatten().filter_map(|(logical, settings)| {
        let text = |key: &str| settings[key].as_str().map(str::to_owned);
        let is_late_allowed = settings["allow_out_of_order"].as_bool() == Some(true);
        Some(Declared {
            logical: logical.clone(),
            folder: text("migrations")?,
            pattern: text("migrations_pattern"),
            table: text("migrations_table"),
            late: if is_late_allowed { Late::Allow } else { Late::Refuse },
        })
    });
    let found: Vec<Declared> = of_project.collect();
    if found.is_empty() { of_wrangler(selected) } else { found }
}

fn of_wrangler(selected: &Selected) -> Vec<Declared> {
    let config = selected.config.wrangler.as_deref().unwrap_or_default();
    let beside = Path::new(config).parent().unwrap_or(Path::new(""));
    let bound = databases(selected).filter_map(|binding| {
        let settings = binding.migrations.as_ref()?;
        let folder = beside.join(settings.dir.trim_start_matches("./")).to_string_lossy().into_owned();
        Some(Declared {
            logical: binding.binding.clone(),
            folder,
            pattern: settings.pattern.clone(),
            table: Some(settings.table.clone()),
            late: Late::Refuse,
        })
    });
    bound.collect()
}

fn databases(selected: &Selected) -> impl Iterator<Item = &Binding> {
    let bindings = selected.worker.as_ref().map(|(_, worker)| worker.bindings.as_slice());
    bindings.unwrap_or_default().iter().filter(|binding| binding.kind == BindingKind::D1)
}

/// The declared ones, or the one that is named.
pub fn chosen(selected: &Selected, name: Option<&str>) -> Result<Vec<Declared>, Stopped> {
    named(declared(selected), name)
}

/// All of them, or the one that is named.
pub fn named(all: Vec<Declared>, name: Option<&str>) -> Result<Vec<Declared>, Stopped> {
    if all.is_empty() {
        return Err(anyhow!(
            "the project has no database with migrations\nhint: `[d1.databases.db]` with `migrations = \"migrations\"` in larder.toml"
        )
        .into());
    }
    let Some(name) = name else { return Ok(all) };
    let known = list(&all);
    let found: Vec<Declared> = all.into_iter().filter(|one| one.logical == name).collect();
    if found.is_empty() {
        return Err(
            anyhow!("the project has no database `{name}` with migrations\nhint: it has: {known}").into()
        );
    }
    Ok(found)
}

/// The only one.
pub fn only(mut chosen: Vec<Declared>) -> Result<Declared, Stopped> {
    let known = list(&chosen);
    match (chosen.pop(), chosen.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => {
            Err(anyhow!("the project has several databases with migrations\nhint: name one of {known}")
                .into())
        }
    }
}

fn list(declared: &[Declared]) -> String {
    declared.iter().map(|one| format!("`{}`", one.logical)).collect::<Vec<_>>().join(", ")
}

/// What a command about ledgers works with.
pub struct Ledgers<'a> {
    /// Where it works.
    pub place: &'a Place,
    /// The project and its environment.
    pub selected: &'a Selected,
    /// The account.
    pub target: &'a Target,
    /// The run.
    pub context: Arc<Context>,
}

impl Ledgers<'_> {
    /// Finds a database, reads its files and its ledger.
    pub fn look(&self, declared: Declared, to: Option<&str>) -> Result<Database, Stopped> {
        let settings = Settings {
            folder: &declared.folder,
            pattern: declared.pattern.as_deref(),
            table: declared.table.as_deref(),
            late: declared.late,
            to,
            ..Settings::default()
        };
        let migrations = Migrations::discover(&self.context.root, &settings)
            .map_err(|error| anyhow!("{error}\nhint: {}", error.hint()))?;
        let (name, found) = self.find(&declared)?;
        let mut ledger = Ledger::default();
        if let Some(id) = &found {
            let reader = Reader { client: &self.context.client, id, tables: &migrations.tables };
            let read = self.target.runtime.block_on(reader.read(Expect::Tables));
            ledger = read.map_err(|error| self.told(&Failure::of_read(&name, error)))?;
        }
        Ok(Database { declared, name, id: found, migrations, ledger })
    }

    /// Its name in the account, and its id where it exists: what the Worker's config binds, or what the recipe names.
    fn find(&self, declared: &Declared) -> Result<(String, Option<String>), Stopped> {
        let binding =
            databases(self.selected).find(|binding| logical_of(self.selected, binding) == declared.logical);
        let name = match binding {
            Some(Binding { name: Some(name), .. }) => name.clone(),
            Some(Binding { id: Some(id), .. }) => id.clone(),
            found => match found.map(|binding| self.deployed(binding)).transpose()?.flatten() {
                Some(id) => id,
                None => self.name(declared)?,
            },
        };
        let found = self.target.runtime.block_on(api::get(&self.context.client, &name));
        let found = found.map_err(|error| self.told(&Failure::of_read(&name, error)))?;
        Ok(match found {
            Some(database) => (database.name, Some(database.uuid)),
            None => (name, None),
        })
    }

    /// The id that the deployed Worker has for a binding.
    fn deployed(&self, binding: &Binding) -> Result<Option<String>, Stopped> {
        let Ledgers { place, selected, target, .. } = *self;
        let recipe = &place.chosen_recipe(None, &selected.folder)?;
        let (info, events) = (&run_info(target.clock.as_ref()), Arc::new(Recorder::default()));
        let (choice, held, asked) = (Arc::default(), None, Asked::Names);
        let look = Look { place, selected, target, recipe, info, events, choice, held, asked };
        let found = deployed_database(&look, binding, &self.context);
        found.map_err(|refused| Stopped::Told(refused.tell(&place.console)))
    }

    fn name(&self, declared: &Declared) -> Result<String, Stopped> {
        let Ledgers { place, selected, target, .. } = *self;
        let recipe = place.chosen_recipe(None, &selected.folder)?;
        let bound = Bound::default();
        let setting = setting(place, Some(selected), self.context.clone(), target, &selected.folder, bound);
        let room = Room::new(setting, &recipe.name);
        room.real_name(&recipe, "d1", &declared.logical).map_err(|diagnostics| {
            let ran = Ran { diagnostics, ..Ran::default() };
            Performed { ran, sources: room.sources.clone(), ..Performed::default() }.tell(&place.console);
            Stopped::Told(Exit::Usage)
        })
    }

    /// Says what went wrong, and how to end.
    pub fn told(&self, failure: &Failure) -> Stopped {
        let hint = failure.hint().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        self.place.console.talk(&format!("error: {failure}\n{hint}"));
        Stopped::Told(exit_of_failure(failure, self.target.interrupt.signal()))
    }
}
