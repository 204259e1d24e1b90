//! `destroy`: asks the recipe for its resources over a read-only transport, checks their content, and deletes what
//! may be deleted, last named first.
//!
//! **Invariant:** nothing is deleted before everything that is to go was looked at.

mod named_resource;
mod refusal;
mod remove;

use super::bindings::PlannedResource;
use super::bindings::{BindingCheck, bound_and_there, contradicted, other_workers};
use super::claims::{Claims, Others};
use super::dry_run::{DryRun, ImmediateEvents};
use super::preflight::PreflightEnd;
use super::{RecipeRun, Selected};
use crate::events::{Problem, Sink};
use crate::op::{Mode, RefusalBasis};
use crate::project::wrangler::Worker;
use crate::reconcile::DataPolicy;
use crate::script::builtins::has_own_policy;
use crate::script::host::Bound;
use crate::script::run::ScriptRuntime;
use crate::services::Services;
use std::sync::Arc;

pub use named_resource::{Disposition, Flags, NameOwners, NamedResource, judge, judge_left, of_room};
use refusal::refusal;
pub use remove::Removal;

/// The confirmation before anything is deleted.
pub trait DestroyConsent {
    /// Whether there is a yes already, or somebody to ask.
    fn is_heard(&self) -> bool;

    /// Why what was looked at may not go, if so.
    fn refuses(&self, seen: &DestroyPlan) -> anyhow::Result<Option<Problem>>;
}

/// The parameters of a `destroy`.
pub struct DestroyJob<'a> {
    /// Asks the recipe for its names.
    pub run: &'a DryRun<'a>,
    /// The project and its environment.
    pub selected: &'a Selected,
    /// What the names alone do not allow.
    pub flags: &'a Flags<'a>,
    /// Whether data goes, too.
    pub data: DataPolicy,
    pub consent: &'a dyn DestroyConsent,
}

/// Deletes what a recipe names, or gives why nothing may go.
pub fn destroy(job: &DestroyJob) -> anyhow::Result<Result<RecipeRun, PreflightEnd>> {
    let DestroyJob { run, selected, flags, data, consent } = *job;
    // What another environment binds has to be known before anything goes.
    for (file, _) in &selected.workers {
        file.check()?;
    }
    match DestroyPlan::of(run, selected, flags, data)? {
        Ok(seen) => seen.conclude(consent),
        Err(end) => Ok(Err(end)),
    }
}

/// The resources that a recipe names, before their content is read.
pub struct DestroyNames {
    /// What the bindings give the recipe.
    bound: Bound,
    /// How asking it ended.
    pub performed: RecipeRun,
    pub named: Vec<NamedResource>,
    /// Steps that were left out.
    skipped: Vec<String>,
    /// Whether it gives names by a function of its own.
    pub has_policy: bool,
    /// What can be provisioned.
    pub services: Services,
}

impl DestroyNames {
    /// Asks the recipe, which need not come to its end.
    pub fn of(run: &DryRun, selected: &Selected) -> anyhow::Result<Result<Self, PreflightEnd>> {
        let (recorder, context) = run.context()?;
        let bound = match bound_and_there(&BindingCheck { run, selected }, &context) {
            Ok(bound) => bound,
            Err(refused) => return Ok(Err((*refused).into())),
        };
        let ask = |room: &ScriptRuntime| (of_room(room, &recorder.events()), has_own_policy(&room.host));
        let (performed, asked) = run.play_and(&context, bound.clone(), ask);
        let ((named, skipped), has_policy) = asked.unwrap_or_default();
        let services = run.session.place.services;
        Ok(Ok(DestroyNames { bound, performed, named, skipped, has_policy, services }))
    }
}

/// The resources of a `destroy` before anything is deleted.
pub struct DestroyPlan<'a> {
    run: &'a DryRun<'a>,
    performed: RecipeRun,
    named: Vec<NamedResource>,
    /// Steps that were left out.
    skipped: Vec<String>,
    data: DataPolicy,
}

impl<'a> DestroyPlan<'a> {
    /// Asks the recipe what it names, and looks at all of it.
    fn of(
        run: &'a DryRun<'a>,
        selected: &Selected,
        flags: &Flags,
        data: DataPolicy,
    ) -> anyhow::Result<Result<Self, PreflightEnd>> {
        let names = match DestroyNames::of(run, selected)? {
            Ok(names) => names,
            Err(end) => return Ok(Err(end)),
        };
        let DestroyNames { bound, performed, mut named, skipped, .. } = names;
        if performed.ends_a_run() {
            return Ok(Err(PreflightEnd::Stopped(performed)));
        }
        if !performed.ran.incomplete
            && let Err(failure) = run.choice.check()
        {
            return Ok(Err(failure.into()));
        }
        if !performed.ran.incomplete
            && let Some(problem) = flags.misnamed(&named)
        {
            return Ok(Err(PreflightEnd::Refused(problem, RefusalBasis::Config)));
        }
        let others = Others::of(run)?;
        let claims = others.with_branches(run, selected)?;
        claims.warn_of_unasked(&others, run.events.as_ref());
        let requests = Arc::new(ImmediateEvents(run.events.clone()));
        // What was imagined for the recipe is not there.
        let seen = run.session.context(Mode::Destroy, requests, run.info.clone())?;
        let other_workers = match other_workers(&BindingCheck { run, selected }, &seen) {
            Ok(workers) => workers,
            Err(problem) => return Ok(Err(PreflightEnd::Refused(*problem, RefusalBasis::Account))),
        };
        let owners = NameOwners::of(selected, &other_workers, &claims);
        judge(&mut named, &owners, flags, &seen, run.session.runtime());
        let uses: Vec<PlannedResource> = named.iter().filter_map(NamedResource::seen).collect();
        if let Err(refused) = contradicted(&BindingCheck { run, selected }, &bound, &uses, &seen) {
            return Ok(Err((*refused).into()));
        }
        Ok(Ok(DestroyPlan::new(run, performed, named, skipped, data)))
    }

    /// What was looked at otherwise.
    pub fn new(
        run: &'a DryRun<'a>,
        performed: RecipeRun,
        named: Vec<NamedResource>,
        skipped: Vec<String>,
        data: DataPolicy,
    ) -> Self {
        DestroyPlan { run, performed, named, skipped, data }
    }

    /// Deletes what goes, or gives why nothing may.
    pub fn conclude(self, consent: &dyn DestroyConsent) -> anyhow::Result<Result<RecipeRun, PreflightEnd>> {
        let run = self.run;
        let refused = match refusal(&self.named, &run.info.guard, self.data, consent.is_heard()) {
            None if self.going() > 0 => consent.refuses(&self)?,
            refused => refused,
        };
        if let Some(end) = PreflightEnd::interrupted(run.session) {
            return Ok(Err(end));
        }
        match refused {
            None => Ok(Ok(self.remove()?)),
            Some(problem) => {
                self.preview(run.events.clone())?;
                Ok(Err(PreflightEnd::Held(problem)))
            }
        }
    }

    pub fn going(&self) -> usize {
        self.named.iter().filter(|named| named.goes()).count()
    }

    /// Reports what would be deleted.
    pub fn preview(&self, events: Arc<dyn Sink>) -> anyhow::Result<()> {
        let context = self.run.session.context(Mode::Destroy, events, self.run.info.clone())?;
        self.removal().preview(&context, self.run.session.runtime());
        Ok(())
    }

    fn remove(self) -> anyhow::Result<RecipeRun> {
        let session = self.run.session;
        let context = session.context(Mode::Apply, self.run.events.clone(), self.run.info.clone())?;
        self.removal().run(&context, session.runtime(), self.data);
        Ok(RecipeRun { signal: session.signal(), ..self.performed })
    }

    fn removal(&self) -> Removal<'_> {
        Removal { named: &self.named, skipped: &self.skipped }
    }
}

impl<'a> NameOwners<'a> {
    /// Whom names of an environment belong to.
    pub fn of(selected: &'a Selected, other_workers: &'a [(String, Worker)], claims: &'a Claims) -> Self {
        let environment = &selected.config.environment;
        let words = [&*selected.config.app, &environment.name, &environment.alias];
        let scripts = selected.workers.iter().filter_map(|(_, worker)| worker.name.as_deref());
        NameOwners {
            words: words.into_iter().chain(selected.script()).chain(scripts).collect(),
            other_workers,
            claims,
            environment: &environment.name,
            branch: selected.config.branch.name(),
        }
    }
}
