//! What each environment names: what its recipe makes sure of in a dry run, and what its Worker's config binds.
//!
//! **Invariant:** where a recipe can't be played to its end, what the project's tables declare is named by the templates,
//! and that is said.

use crate::events::{Event, Recorder};
use crate::op::RunInfo;
use crate::project::wrangler::{Binding, Worker};
use crate::reconcile::Seen;
use crate::run::bindings::{Look, bound_and_there, goes_by_bindings};
use crate::run::destroy::of_room;
use crate::run::dry_run::DryRun;
use crate::run::problem::problem_of;
use crate::run::{Selected, Session};
use crate::script::run::Recipe;
use crate::services::Service;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

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
    patterns: Vec<Pattern>,
    /// What the names rest on, where that is not certain.
    pub notes: Vec<String>,
}

#[derive(Clone)]
struct Claim {
    jurisdiction: Option<String>,
    by: NamedBy,
}

/// A name with a branch in it.
struct Pattern {
    service: String,
    jurisdiction: Option<String>,
    before: String,
    after: String,
    by: NamedBy,
}

/// Asks every environment.
pub fn claims<'a>(
    session: &mut Session<'a>,
    environments: &[&'a Selected],
    recipe: &Recipe,
    info: &RunInfo,
) -> anyhow::Result<Claims> {
    let mut claims = Claims::default();
    for selected in environments.iter().copied() {
        session.selected = Some(selected);
        if session.signal().is_none() {
            claims.ask(session, selected, recipe, info)?;
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
    /// Those who name this, as it is called.
    pub fn exact(&self, service: &Service, seen: &Seen) -> Vec<NamedBy> {
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
    pub fn of_branches(&self, service: &Service, seen: &Seen) -> Vec<NamedBy> {
        let named = |pattern: &Pattern| {
            let is_of = pattern.service == service.name && pattern.jurisdiction == seen.key.jurisdiction;
            let branch = seen.key.name.strip_prefix(&pattern.before)?.strip_suffix(&pattern.after)?;
            let is_branch = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            let can_be = !branch.is_empty() && branch.bytes().all(is_branch) && is_of;
            can_be.then(|| NamedBy { branch: Some(branch.to_owned()), ..pattern.by.clone() })
        };
        self.patterns.iter().filter_map(named).collect()
    }

    /// Plays the recipe, or takes what is declared.
    fn ask(
        &mut self,
        session: &Session,
        selected: &Selected,
        recipe: &Recipe,
        info: &RunInfo,
    ) -> anyhow::Result<()> {
        let heard = Arc::new(Recorder::default());
        let run = DryRun::of_names(session, recipe, info, heard.clone());
        let (recorder, context) = run.context()?;
        let bound = bound_and_there(&Look { run: &run, selected }, &context);
        self.warn(&heard);
        let bound = match bound {
            Ok(bound) => bound,
            Err(refused) => {
                self.declared(selected, recipe, &refused.problem.message);
                return Ok(());
            }
        };
        let (performed, named) = run.play_and(&context, bound, |room| of_room(room, &recorder.events()));
        for named in named.map(|(named, _)| named).unwrap_or_default() {
            let op = named.op;
            self.add(selected, &op.service, op.jurisdiction, &op.resource, op.logical);
        }
        if !performed.is_complete() && performed.signal.is_none() {
            let why = problem_of(&performed.ran.diagnostics).map(|problem| problem.message);
            let first = performed.ran.diagnostics.first().map(|found| found.title.clone());
            self.declared(selected, recipe, &why.or(first).unwrap_or_default());
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

    /// What the tables declare, by the templates.
    fn declared(&mut self, selected: &Selected, recipe: &Recipe, why: &str) {
        let environment = &selected.config.environment.name;
        self.notes.push(format!(
            "`{environment}` names at least what its tables declare; its recipe does not come to its end: {why}"
        ));
        let names = selected.environments.iter().find(|names| names.name == *environment);
        let Some(names) = names.filter(|_| !goes_by_bindings(recipe)) else { return };
        for declared in selected.policy.declared().iter().filter(|one| one.environment == *environment) {
            if let Ok(real) = selected.policy.name(&declared.kind, &declared.logical, names) {
                self.add(selected, &declared.kind, None, &real, Some(declared.logical.clone()));
            }
        }
    }

    fn add(
        &mut self,
        selected: &Selected,
        service: &str,
        jurisdiction: Option<String>,
        name: &str,
        logical: Option<String>,
    ) {
        let environment = selected.config.environment.name.clone();
        let by = NamedBy { environment, branch: None, logical, bindings: Vec::new() };
        let branch = selected.config.branch.name();
        if let Some((before, after)) = branch.and_then(|branch| name.split_once(branch)) {
            let (service, before, after) = (service.to_owned(), before.to_owned(), after.to_owned());
            self.patterns.push(Pattern { service, jurisdiction, before, after, by });
            return;
        }
        let claim = Claim { jurisdiction, by };
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
