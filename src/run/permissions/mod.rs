//! Determines the permissions that a recipe needs, from a trial run on an empty account in memory.
//!
//! A trial sees what the recipe comes to, with this environment's settings. What it would call only if something existed
//! is found in its text, and told apart.

pub mod token_permissions;

use super::interrupt::Interrupt;
use super::preflight::PreflightEnd;
use super::runtime_settings::offline_room;
use super::{Error, RecipeRun, Selected, Session, Workspace, bindings};
use crate::events::{Event, Recorder, Site};
use crate::http::{Endpoint, Permission, least};
use crate::local::DEFAULT_ACCOUNT_ID;
use crate::op::{Guard, Mode, Op};
use crate::project::AccountId;
use crate::project::account::ACCOUNT_VARIABLE;
use crate::script::check::check;
use crate::script::host::Bound;
use crate::script::run::Recipe;
use crate::services::Services;
use crate::services::workers::api::SETTINGS;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// An op, and where the recipe calls it first.
#[derive(Clone, Debug)]
pub struct OpUse {
    /// `kv::ensure`.
    pub op: String,
    /// Where; unknown for what the trial did not come to.
    pub at: Option<Site>,
}

/// Ops by path, each with the place of its first call.
type Uses = BTreeMap<String, Option<Site>>;

/// What a recipe needs.
#[derive(Debug, Default)]
pub struct Needs {
    /// The fewest groups for what the trial came to, and which ops need each.
    pub needed: Vec<(&'static Permission, Vec<OpUse>)>,
    /// Those for what else stands in the recipe.
    pub maybe: Vec<(&'static Permission, Vec<OpUse>)>,
    /// Ops whose permission depends on their path.
    pub by_path: Vec<OpUse>,
    /// Whether the trial ended before the recipe's end.
    pub is_cut_short: bool,
}

/// A trial, and what came of it.
pub struct PermissionTrial {
    pub performed: RecipeRun,
    /// What the recipe needs.
    pub needs: Needs,
}

/// Finds out; nothing leaves this process.
pub fn find(
    place: &Workspace,
    selected: Option<&Selected>,
    root: &Path,
    recipe: &Recipe,
    interrupt: Interrupt,
) -> Result<PermissionTrial, Error> {
    let session = Session::trial(place, selected, root, interrupt)?;
    let recorder = Arc::new(Recorder::default());
    let context = session.context(Mode::Apply, recorder.clone(), session.info(Guard::default()))?;
    let performed = session.perform(session.setting(context, Bound::default()), recipe);
    if performed.ran.refused {
        return Err(PreflightEnd::Stopped(performed).into());
    }
    let reached = reached(&recorder.events());
    let written = written(place, root, recipe, &reached)?;
    let services = place.services;
    let needed = groups(services, &reached);
    let mut maybe = groups(services, &written);
    maybe.retain(|(maybe, _)| !needed.iter().any(|(needed, _)| needed.covers(maybe)));
    maybe.extend(to_see_names(services, selected, recipe));
    let by_path = reached.iter().chain(&written).filter(|(op, _)| {
        endpoints(services, op).iter().any(|endpoint| services.permission(endpoint.permission).is_none())
    });
    let by_path = by_path.map(|(op, at)| OpUse { op: op.clone(), at: at.clone() }).collect();
    let is_cut_short = performed.bug.is_some() || !performed.ran.diagnostics.is_empty();
    let needs = Needs { needed, maybe, by_path, is_cut_short };
    Ok(PermissionTrial { performed, needs })
}

/// The account that a token is for, where it is known.
pub fn account(place: &Workspace, selected: Option<&Selected>) -> Option<String> {
    if place.is_local() {
        return Some(DEFAULT_ACCOUNT_ID.to_owned());
    }
    let pinned = selected.and_then(|selected| selected.config.environment.account_id.clone());
    let named = || AccountId::parse(place.environment.get(ACCOUNT_VARIABLE)?.trim());
    pinned.or_else(named).map(|id| id.to_string())
}

/// What it takes to see what the deployed Worker is bound to, where names rest on that.
fn to_see_names(
    services: Services,
    selected: Option<&Selected>,
    recipe: &Recipe,
) -> Option<(&'static Permission, Vec<OpUse>)> {
    let mut bindings = selected?.workers.iter().flat_map(|(_, worker)| &worker.bindings);
    let rests = bindings::goes_by_bindings(recipe) && bindings.any(bindings::is_open);
    let permission = services.permission(SETTINGS.permission).filter(|_| rests)?;
    Some((permission, vec![OpUse { op: "wrangler::config".to_owned(), at: None }]))
}

/// Every op that was begun, and where first.
fn reached(events: &[Event]) -> Uses {
    let mut found = BTreeMap::new();
    for event in events {
        if let Event::OpStarted(op) = event {
            found.entry(format!("{}::{}", op.service, op.op)).or_insert_with(|| Some(op.at.clone()));
        }
    }
    found
}

/// Every other op that the text of the recipe, or of the files of the project that it imports, calls.
fn written(place: &Workspace, root: &Path, recipe: &Recipe, reached: &Uses) -> anyhow::Result<Uses> {
    let room = offline_room(place, root, recipe)?;
    let checked = check(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
    let calls = checked.calls();
    let known: BTreeSet<&str> =
        reached.keys().chain(&calls).filter_map(|path| Some(path.split_once("::")?.0)).collect();
    let is_called = |op: &Op| {
        let as_method = op.receiver.is_some() && known.contains(op.service);
        calls.contains(&op.path()) || (as_method && calls.contains(&format!(".{}", op.name)))
    };
    let other = place.services.ops().filter(|op| is_called(op) && !reached.contains_key(&op.path()));
    Ok(other.map(|op| (op.path(), None)).collect())
}

fn endpoints(services: Services, path: &str) -> &'static [&'static Endpoint] {
    services.ops().find(|op: &&Op| op.path() == path).map_or(&[], |op| op.endpoints)
}

/// The fewest groups for some ops, each with the ops that need it.
fn groups(services: Services, ops: &Uses) -> Vec<(&'static Permission, Vec<OpUse>)> {
    let asked = |op: &str| -> BTreeSet<&'static str> {
        endpoints(services, op).iter().map(|endpoint| endpoint.permission).collect()
    };
    let all: BTreeSet<&str> = ops.keys().flat_map(|op| asked(op)).collect();
    let named = least(services.permissions().filter(|group| all.contains(group.name)));
    let users = |group: &Permission| {
        let uses = ops.iter().filter(|(op, _)| {
            let mut asked = asked(op).into_iter().filter_map(|name| services.permission(name));
            asked.any(|asked| group.covers(asked))
        });
        uses.map(|(op, at)| OpUse { op: op.clone(), at: at.clone() }).collect()
    };
    named.into_iter().map(|group| (group, users(group))).collect()
}
