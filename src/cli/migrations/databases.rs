//! The databases of a project that have migrations: which they are, what they are called in the account, and what their
//! ledgers say.

use super::super::Stopped;
use super::super::draw::{draw, draw_all, draw_end};
use super::super::shell::Shell;
use crate::events::Recorder;
use crate::migrations::{Expect, Late, Ledger, Migrations, Reach, Reader, Settings};
use crate::op::{Context, Failure, Guard};
use crate::project;
use crate::project::wrangler::Binding;
use crate::run::bindings::{Look, deployed_database};
use crate::run::dry_run::{Asked, DryRun};
use crate::run::exit::{self, Ground};
use crate::run::preflight::End;
use crate::run::setting::surroundings;
use crate::run::{Performed, Selected, Session, folders};
use crate::script::host::Bound;
use crate::script::run::{Ran, Room};
use crate::services::d1::api;
use anyhow::anyhow;
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
    /// What binds it in the Worker's config.
    pub binding: Option<Binding>,
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

/// Every database with migrations that a project declares; without such, those of the wrangler config.
pub fn declared(selected: &Selected) -> Vec<Declared> {
    let (of_project, bound): (Vec<_>, Vec<_>) =
        selected.databases.list.iter().partition(|database| database.is_declared);
    let [of_project, bound] =
        [of_project, bound].map(|list| list.into_iter().filter_map(of).collect::<Vec<_>>());
    if of_project.is_empty() { bound } else { of_project }
}

/// Wrangler's default folder counts also where it is yet to be made.
fn of(database: &project::Database) -> Option<Declared> {
    let folder = database.folder.as_ref().map(|said| said.value.clone());
    Some(Declared {
        logical: database.logical.clone(),
        folder: folder.or_else(|| database.default_folder.clone())?,
        pattern: database.pattern.as_ref().map(|said| said.value.clone()),
        table: Some(database.table().to_owned()),
        late: if database.is_late_allowed { Late::Allow } else { Late::Refuse },
        binding: database.bindings.first().cloned(),
    })
}

/// Refuses what a run would refuse of these databases' folders.
pub fn check(
    shell: &Shell,
    selected: &Selected,
    declared: &[Declared],
    expect: folders::Expect,
) -> Result<(), Stopped> {
    let is_meant = |database: &&project::Database| declared.iter().any(|one| one.logical == database.logical);
    let meant: Vec<&project::Database> = selected.databases.list.iter().filter(is_meant).collect();
    let Some(found) = folders::refused(shell, selected, &meant, expect)? else { return Ok(()) };
    draw_all(&found.diagnostics, &found.sources, &shell.console);
    Err(Stopped::Told(exit::of_refusal(Ground::Config)))
}

/// The declared ones, or the one that is named; their folders are there.
pub fn chosen(shell: &Shell, selected: &Selected, name: Option<&str>) -> Result<Vec<Declared>, Stopped> {
    let chosen = named(selected, name)?;
    check(shell, selected, &chosen, folders::Expect::There)?;
    Ok(chosen)
}

/// The environments that have the database which is named, or any with migrations where none is.
pub fn having<'a>(environments: &'a [Selected], name: Option<&str>) -> Result<Vec<&'a Selected>, Stopped> {
    let known: Vec<Vec<Declared>> = environments.iter().map(|one| candidates(one, name)).collect();
    let has = |list: &Vec<Declared>| list.iter().any(|one| name.is_none_or(|name| one.logical == name));
    let found: Vec<&Selected> =
        environments.iter().zip(&known).filter(|(_, list)| has(list)).map(|(one, _)| one).collect();
    let mut all: Vec<Declared> = Vec::new();
    for one in known.into_iter().flatten() {
        if !all.iter().any(|known| known.logical == one.logical) {
            all.push(one);
        }
    }
    match name.filter(|_| found.is_empty() && !all.is_empty()) {
        Some(name) => Err(unknown(name, &all)),
        // Where there is none at all, the first says why.
        None if found.is_empty() => Ok(environments.iter().take(1).collect()),
        None => Ok(found),
    }
}

fn unknown(name: &str, all: &[Declared]) -> Stopped {
    let known = list(all);
    anyhow!("the project has no database `{name}` with migrations\nhint: it has: {known}").into()
}

/// What may be named: also what is only bound, beside what the project declares.
fn candidates(selected: &Selected, name: Option<&str>) -> Vec<Declared> {
    match name {
        None => declared(selected),
        Some(_) => selected.databases.list.iter().filter_map(of).collect(),
    }
}

/// All of them, or the one that is named.
pub fn named(selected: &Selected, name: Option<&str>) -> Result<Vec<Declared>, Stopped> {
    let all = candidates(selected, name);
    if let Some(unclaimed) = selected.databases.unclaimed.as_ref().filter(|_| all.is_empty()) {
        return Err(anyhow!("{unclaimed}\nhint: {}", unclaimed.hint()).into());
    }
    if all.is_empty() {
        return Err(anyhow!(
            "the project has no database with migrations\nhint: `[d1.databases.db]` with `migrations = \"migrations\"` in larder.toml"
        )
        .into());
    }
    let Some(name) = name else { return Ok(all) };
    match all.iter().find(|one| one.logical == name) {
        Some(found) => Ok(vec![found.clone()]),
        None => Err(unknown(name, &all)),
    }
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
    pub shell: &'a Shell,
    /// The project and its environment.
    pub selected: &'a Selected,
    /// What it works with.
    pub session: &'a Session<'a>,
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
        self.selected.name_paths(&self.context.root);
        let mut migrations = Migrations::discover(&self.context.root, &settings)
            .map_err(|error| anyhow!("{error}\nhint: {}", error.hint()))?;
        let surroundings = surroundings(self.shell, Some(self.selected));
        migrations.reach = Reach::of(Some(&surroundings), Some(&declared.logical), "");
        let (name, found) = self.find(&declared)?;
        let mut ledger = Ledger::default();
        if let Some(id) = &found {
            let reader = Reader { client: &self.context.client, id, tables: &migrations.tables };
            let read = self.session.runtime().block_on(reader.read(Expect::Tables));
            ledger = read.map_err(|error| self.told(&Failure::of_read(&name, error)))?;
        }
        Ok(Database { declared, name, id: found, migrations, ledger })
    }

    /// Its name in the account, and its id where it exists: what the Worker's config binds, or what the recipe names.
    fn find(&self, declared: &Declared) -> Result<(String, Option<String>), Stopped> {
        let name = match &declared.binding {
            Some(Binding { name: Some(name), .. }) => name.clone(),
            Some(Binding { id: Some(id), .. }) => id.clone(),
            found => match found.as_ref().map(|binding| self.deployed(binding)).transpose()?.flatten() {
                Some(id) => id,
                None => self.name(declared)?,
            },
        };
        let found = self.session.runtime().block_on(api::get(&self.context.client, &name));
        let found = found.map_err(|error| self.told(&Failure::of_read(&name, error)))?;
        Ok(match found {
            Some(database) => (database.name, Some(database.uuid)),
            None => (name, None),
        })
    }

    /// The id that the deployed Worker has for a binding.
    fn deployed(&self, binding: &Binding) -> Result<Option<String>, Stopped> {
        let Ledgers { shell, selected, session, .. } = *self;
        let recipe = &shell.chosen_recipe(None, &selected.folder)?;
        let (info, events) = (&session.info(Guard::default()), Arc::new(Recorder::default()));
        let (choice, held, asked) = (Arc::default(), None, Asked::Names);
        let run = &DryRun { session, recipe, info, events, choice, held, asked };
        let found = deployed_database(&Look { run, selected }, binding, &self.context);
        found.map_err(|refused| {
            let end = End::from(*refused);
            draw_end(&end, &shell.console);
            Stopped::Told(exit::of_end(&end))
        })
    }

    fn name(&self, declared: &Declared) -> Result<String, Stopped> {
        let Ledgers { shell, selected, session, .. } = *self;
        let recipe = shell.chosen_recipe(None, &selected.folder)?;
        let setting = session.setting(self.context.clone(), Bound::default());
        let room = Room::new(setting, &recipe.name);
        room.real_name(&recipe, "d1", &declared.logical).map_err(|diagnostics| {
            let ran = Ran { diagnostics, ..Ran::default() };
            let performed = Performed { ran, sources: room.sources.clone(), ..Performed::default() };
            draw(&performed, &shell.console);
            Stopped::Told(exit::of_refusal(Ground::Config))
        })
    }

    /// Says what went wrong, and how to end.
    pub fn told(&self, failure: &Failure) -> Stopped {
        let hint = failure.hint().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        self.shell.console.talk(&format!("error: {failure}\n{hint}"));
        Stopped::Told(exit::of_failure(failure, self.session.signal()))
    }
}
