//! The resources that each environment names, by its recipe in a dry run and by its Worker's config. `ls`,
//! `destroy` and `sweep` use it.
//!
//! **Invariant:** only reads are sent.
//! **Invariant:** where a recipe can't be played to its end, what the project's tables declare is named by the templates,
//! and that is said.

mod environments;
mod others;
mod pattern;

use crate::events::{Event, Recorder, Sink, Tee};
use crate::op::{Key, RunInfo};
use crate::project::EnvNames;
use crate::project::wrangler::{Binding, Worker};
use crate::reconcile::ExistingResource;
use crate::run::bindings::{BindingCheck, bound_and_there, goes_by_bindings};
use crate::run::dry_run::{DryRun, ImmediateEvents};
use crate::run::problem::problem_of;
use crate::run::{Selected, Session};
use crate::script::run::Recipe;
use crate::services::Service;
use pattern::Pattern;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

pub use environments::Environments;
pub use others::Others;

/// Who names something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NamedBy {
    /// The environment's full name.
    pub environment: String,
    /// The branch, where the environment is one for each.
    pub branch: Option<String>,
    /// Its logical name, where the recipe gives it one.
    pub logical: Option<String>,
    /// The bindings of the environment's Workers to it.
    pub bindings: Vec<String>,
}

/// What is named, and by whom.
#[derive(Default)]
pub struct Claims {
    by_name: HashMap<(String, String), Vec<Claim>>,
    by_id: HashMap<(String, String), Vec<NamedBy>>,
    /// Names of an environment that every branch has for itself.
    of_branches: Vec<BranchClaim>,
    /// Every environment: no branch is called like one.
    environments: Vec<EnvNames>,
    /// What the names rest on, where that is not certain.
    pub notes: Vec<String>,
    /// Who could not be asked for all its names.
    pub unasked: Vec<UnaskedEnvironment>,
}

/// An environment, or one branch of it, that could not be asked for all its names.
pub struct UnaskedEnvironment {
    /// The environment's full name.
    pub environment: String,
    /// The branch, where one was asked.
    pub branch: Option<String>,
    pub why: String,
}

#[derive(Clone)]
struct Claim {
    jurisdiction: Option<String>,
    by: NamedBy,
}

/// A name with a branch in it.
#[derive(PartialEq, Eq)]
struct BranchClaim {
    service: String,
    jurisdiction: Option<String>,
    pattern: Pattern,
    by: NamedBy,
}

/// An environment that is asked.
#[derive(Clone, Copy)]
pub(super) struct ClaimSource<'a> {
    pub selected: &'a Selected,
    /// Whether its branch stands for any.
    pub branch: BranchScope,
}

/// Which branches a dry run speaks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BranchScope {
    /// All that there may be, where there are branches.
    Any,
    /// The one that it was played for.
    One,
}

/// The way in which environments are asked.
pub(super) struct ClaimContext<'a> {
    /// What the command works with.
    pub session: &'a Session<'a>,
    pub recipe: &'a Recipe,
    pub info: &'a RunInfo,
    pub events: Arc<dyn Sink>,
}

pub fn claims(
    session: &Session,
    environments: &[&Selected],
    recipe: &Recipe,
    info: &RunInfo,
) -> anyhow::Result<Claims> {
    let mut claims = Claims::default();
    let way = ClaimContext { session, recipe, info, events: Arc::new(Recorder::default()) };
    for selected in environments.iter().copied() {
        if session.signal().is_none() {
            claims.ask(&way, ClaimSource { selected, branch: BranchScope::Any })?;
        }
        for (_, worker) in &selected.workers {
            claims.bound(&selected.config.environment.name, worker);
        }
    }
    // What the configs bind for environments that the project does not have.
    let is_known = |name: &str| environments.iter().any(|one| one.config.environment.name == name);
    let first = environments.first().map(|one| one.other_workers.as_slice()).unwrap_or_default();
    for (name, worker) in first.iter().filter(|(name, _)| !is_known(name)) {
        claims.bound(name, worker);
    }
    Ok(claims)
}

impl Claims {
    /// Those who may name what is called so: those who name it, and those of whose branches one could.
    pub fn of_key(&self, key: &Key) -> Vec<NamedBy> {
        let named = self.by_name.get(&(key.service.to_owned(), key.name.clone())).into_iter().flatten();
        let exact =
            named.filter(|claim| claim.jurisdiction == key.jurisdiction).map(|claim| claim.by.clone());
        let mut found: Vec<NamedBy> = Vec::new();
        for by in exact.chain(self.branches_of(key)) {
            let is_same =
                |known: &NamedBy| (&known.environment, &known.branch) == (&by.environment, &by.branch);
            if !found.iter().any(is_same) {
                found.push(by);
            }
        }
        found
    }

    /// Those who name this, as it is called.
    pub fn exact(&self, service: &Service, seen: &ExistingResource) -> Vec<NamedBy> {
        let key = |name: &str| (service.name.to_owned(), name.to_owned());
        let by_name = self.by_name.get(&key(&seen.key.name)).into_iter().flatten();
        let is_there = |claim: &&Claim| {
            let asked = claim.jurisdiction.as_deref();
            seen.key.jurisdiction.as_deref() == asked || seen.jurisdiction() == asked
        };
        let by_name = by_name.filter(is_there).map(|claim| &claim.by);
        let by_id = self.by_id.get(&key(&seen.id)).into_iter().flatten();
        let mut found: Vec<NamedBy> = Vec::new();
        for by in by_name.chain(by_id) {
            let is_same =
                |known: &&mut NamedBy| (&known.environment, &known.branch) == (&by.environment, &by.branch);
            match found.iter_mut().find(is_same) {
                Some(known) => {
                    known.logical = known.logical.take().or_else(|| by.logical.clone());
                    let new = by.bindings.iter().filter(|one| !known.bindings.contains(one));
                    let new: Vec<String> = new.cloned().collect();
                    known.bindings.extend(new);
                }
                None => found.push(by.clone()),
            }
        }
        found
    }

    /// Those of whose branches one may name this.
    pub fn branches_of(&self, key: &Key) -> Vec<NamedBy> {
        let named = |one: &BranchClaim| {
            let is_of = one.service == key.service && one.jurisdiction == key.jurisdiction;
            let branch = one.pattern.branch_of(&key.name).filter(|_| is_of)?;
            let is_environment = |known: &EnvNames| known.name == branch || known.alias == branch;
            let can_be = !self.environments.iter().any(is_environment);
            can_be.then(|| NamedBy { branch: Some(branch.to_owned()), ..one.by.clone() })
        };
        self.of_branches.iter().filter_map(named).collect()
    }

    /// Plays the recipe, or takes what is declared.
    pub(super) fn ask(&mut self, way: &ClaimContext, asked: ClaimSource) -> anyhow::Result<()> {
        let selected = asked.selected;
        self.environments.clone_from(&selected.environments);
        let heard = Arc::new(Recorder::default());
        let requests: Arc<dyn Sink> = Arc::new(ImmediateEvents(way.events.clone()));
        let events = Arc::new(Tee(vec![heard.clone(), requests]));
        let run = DryRun::of_names(way.session, way.recipe, way.info, events);
        let (recorder, context) = run.context()?;
        let bound = bound_and_there(&BindingCheck { run: &run, selected }, &context);
        self.warn(&heard);
        let bound = match bound {
            Ok(bound) => bound,
            Err(refused) => {
                self.declared(way.recipe, asked, &refused.problem.message);
                return Ok(());
            }
        };
        let (performed, _) = run.play_as(Some(selected), &context, bound, |_| ());
        for event in recorder.take() {
            if let Event::OpStarted(op) = event
                && op.op == "ensure"
            {
                self.add(asked, &op.service, op.jurisdiction, &op.resource, op.logical);
            }
        }
        if !performed.is_complete() && performed.signal.is_none() {
            let why = problem_of(&performed.ran.diagnostics).map(|problem| problem.message);
            let first = performed.ran.diagnostics.first().map(|found| found.title.clone());
            self.declared(way.recipe, asked, &why.or(first).unwrap_or_default());
        }
        Ok(())
    }

    /// What the names of bindings rest on, each once.
    fn warn(&mut self, heard: &Recorder) {
        for event in heard.events() {
            if let Event::Warning { message, .. } = event
                && !self.notes.contains(&message)
            {
                self.notes.push(message);
            }
        }
    }

    /// What the tables declare, by the templates, where the recipe can't be asked in full.
    fn declared(&mut self, recipe: &Recipe, asked: ClaimSource, why: &str) {
        let selected = asked.selected;
        let environment = &selected.config.environment.name;
        self.notes.push(format!(
            "`{environment}` names at least what its tables declare; its recipe does not come to its end: {why}"
        ));
        let branch = selected.config.branch.name().filter(|_| asked.branch == BranchScope::One);
        self.unasked.push(UnaskedEnvironment {
            environment: environment.clone(),
            branch: branch.map(str::to_owned),
            why: why.to_owned(),
        });
        if !goes_by_bindings(recipe) {
            self.by_templates(asked);
        }
    }

    /// What the tables declare, by the templates.
    fn by_templates(&mut self, asked: ClaimSource) {
        let selected = asked.selected;
        let environment = &selected.config.environment.name;
        let names = selected.environments.iter().find(|names| names.name == *environment);
        let Some(names) = names else { return };
        for declared in selected.policy.declared().iter().filter(|one| one.environment == *environment) {
            if let Ok(real) = selected.policy.name(&declared.kind, &declared.logical, names) {
                self.add(asked, &declared.kind, None, &real, Some(declared.logical.clone()));
            }
        }
    }

    /// Adds a name that a recipe has made.
    pub(super) fn add(
        &mut self,
        asked: ClaimSource,
        service: &str,
        jurisdiction: Option<String>,
        name: &str,
        logical: Option<String>,
    ) {
        let config = &asked.selected.config;
        let (environment, branch) = (config.environment.name.clone(), config.branch.name());
        let by = NamedBy { environment, branch: None, logical, bindings: Vec::new() };
        let pattern =
            branch.filter(|_| asked.branch == BranchScope::Any).and_then(|branch| Pattern::of(name, branch));
        if let Some(pattern) = pattern {
            let found = BranchClaim { service: service.to_owned(), jurisdiction, pattern, by };
            if !self.of_branches.contains(&found) {
                self.of_branches.push(found);
            }
            return;
        }
        let branch = branch.filter(|_| asked.branch == BranchScope::One).map(str::to_owned);
        let claim = Claim { jurisdiction, by: NamedBy { branch, ..by } };
        self.by_name.entry((service.to_owned(), name.to_owned())).or_default().push(claim);
    }

    /// What a Worker's config binds.
    fn bound(&mut self, environment: &str, worker: &Worker) {
        for binding in worker.bindings.iter().filter(|binding| binding.kind.is_provisioned()) {
            let by = NamedBy {
                environment: environment.to_owned(),
                branch: None,
                logical: None,
                bindings: vec![binding.label().to_owned()],
            };
            self.add_binding(binding, by);
        }
    }

    fn add_binding(&mut self, binding: &Binding, by: NamedBy) {
        let key = |text: &str| (binding.kind.as_str().to_owned(), text.to_owned());
        if let Some(id) = &binding.id {
            self.by_id.entry(key(id)).or_default().push(by);
        } else if let Some(name) = binding.name.clone().or_else(|| binding.automatic_name()) {
            let claim = Claim { jurisdiction: binding.jurisdiction.clone(), by };
            self.by_name.entry(key(&name)).or_default().push(claim);
        }
    }
}
