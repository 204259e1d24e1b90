//! `sweep`: compares the names in the account with the templates, and deletes what certainly belongs to a deleted
//! branch, as `destroy` does.
//!
//! **Invariant:** what another environment, another branch or another logical name could give stays, and so does what a
//! Worker of another environment binds.
//! **Invariant:** a branch that is kept loses nothing.

mod keep;
mod branch_names;
mod ownership;

pub use keep::{BranchList, keep};

use super::bindings::{BindingCheck, other_workers};
use super::claims::{Claims, Others};
use super::destroy::{DestroyConsent, DestroyNames, DestroyPlan, NameOwners, judge_left};
use super::dry_run::{DryRun, ImmediateEvents};
use super::preflight::PreflightEnd;
use super::{RecipeRun, Selected};
use crate::events::{Event, Problem};
use crate::op::{Context, Key, Mode, RefusalBasis};
use crate::reconcile::DataPolicy;
use crate::script::run::ScriptResult;
use crate::services::Service;
use branch_names::{BranchNames, SweptNames, bounded, cautions, rules};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The parameters of a `sweep`.
pub struct SweepJob<'a> {
    /// Asks the recipe for its names, of a branch that is none.
    pub run: &'a DryRun<'a>,
    /// The project and its environment.
    pub selected: &'a Selected,
    /// Branches that are kept.
    pub keep: &'a BTreeSet<String>,
    /// Whether data goes, too.
    pub data: DataPolicy,
    pub consent: &'a dyn DestroyConsent,
}

/// Deletes what is left of branches that are gone, or gives why nothing may go.
pub fn sweep(job: &SweepJob) -> anyhow::Result<Result<RecipeRun, PreflightEnd>> {
    let SweepJob { run, selected, keep, data, consent } = *job;
    for (file, _) in &selected.workers {
        file.check()?;
    }
    let names = match DestroyNames::of(run, selected)? {
        Ok(names) => names,
        Err(end) => return Ok(Err(end)),
    };
    if let Some(problem) = own_policy(&names) {
        return Ok(Err(PreflightEnd::Refused(problem, RefusalBasis::Config)));
    }
    if names.performed.ends_a_run() {
        return Ok(Err(PreflightEnd::Stopped(names.performed)));
    }
    let left = BranchNames::of(selected, &names);
    if let Some(problem) = bounded(selected, &left) {
        return Ok(Err(PreflightEnd::Refused(problem, RefusalBasis::Config)));
    }
    for message in cautions(selected, &left) {
        run.events.emit(Event::Warning { message, at: None });
    }
    let claims = named_by_recipes(job, &names)?;
    let requests = Arc::new(ImmediateEvents(run.events.clone()));
    let context = run.session.context(Mode::Destroy, requests, run.info.clone())?;
    let other_workers = match other_workers(&BindingCheck { run, selected }, &context) {
        Ok(workers) => workers,
        Err(problem) => return Ok(Err(PreflightEnd::Refused(*problem, RefusalBasis::Account))),
    };
    let found = match everything(run, &left, &context) {
        Ok(found) => found,
        Err(end) => return Ok(Err(*end)),
    };
    let mut sorted = SweptNames::of(&left, &rules(selected, &left, keep, &claims), found);
    // What recipes name was held against each already.
    let none = Claims::default();
    let owners = NameOwners::of(selected, &other_workers, &none);
    judge_left(&mut sorted.named, &owners, &context, run.session.runtime());
    tell(run, keep, &sorted.kept);
    let named = sorted.into_named();
    DestroyPlan::new(run, named_in_part(run, names.performed), named, Vec::new(), data).conclude(consent)
}

/// What recipes name: for other environments, for any branch of this one, and for each branch that is kept.
fn named_by_recipes(job: &SweepJob, names: &DestroyNames) -> anyhow::Result<Claims> {
    let SweepJob { run, selected, keep, .. } = *job;
    let others = Others::of(run)?;
    let mut claims = others.claims(run, selected)?;
    claims.add_own(selected, names.named.iter().map(|named| &named.op));
    claims.keep(run, selected, keep)?;
    claims.warn_of_unasked(&others, run.events.as_ref());
    Ok(claims)
}

/// A recipe that reads what the branch without resources does not have was asked for a part of its names, which is told.
fn named_in_part(run: &DryRun, performed: RecipeRun) -> RecipeRun {
    if !performed.ran.incomplete {
        return performed;
    }
    if let Some(note) = performed.ran.diagnostics.last() {
        let message = format!(
            "the recipe was asked for its names up to this line, where it reads what a branch has ({}): later ones are found \
             if the project file has them",
            note.title
        );
        run.events.emit(Event::Warning { message, at: Some(note.at.clone()) });
    }
    let ran = ScriptResult { diagnostics: Vec::new(), incomplete: false, ..performed.ran };
    RecipeRun { ran, ..performed }
}

/// Why names cannot be attributed: only the recipe's own function makes them.
fn own_policy(names: &DestroyNames) -> Option<Problem> {
    let message = "the recipe gives names by its own `real_name`, which says nothing of the branch of a name";
    let hint =
        "put the templates into `[naming]`, or remove each branch with `larder destroy --set branch=NAME`";
    names.has_policy.then(|| Problem::new("name", message).with_hint(hint))
}

/// All that the account has of the kinds that branches have.
fn everything(
    run: &DryRun,
    left: &BranchNames,
    context: &Arc<Context>,
) -> Result<Vec<(&'static Service, Key)>, Box<PreflightEnd>> {
    let runtime = run.session.runtime();
    let listings: Vec<_> = left
        .scopes()
        .into_iter()
        .map(|(service, scope)| (service, runtime.spawn((service.removal.all)(context.clone(), scope))))
        .collect();
    let mut found = Vec::new();
    for (service, listing) in listings {
        let listed = match runtime.block_on(listing) {
            Ok(listed) => listed.map_err(|failure| Box::new(failure.into()))?,
            Err(error) => {
                let problem = Problem::new("bug", format!("a listing ended early: {error}"));
                return Err(Box::new(PreflightEnd::Refused(problem, RefusalBasis::Account)));
            }
        };
        found.extend(listed.into_iter().map(|key| (service, key)));
    }
    match PreflightEnd::interrupted(run.session) {
        Some(end) => Err(Box::new(end)),
        None => Ok(found),
    }
}

/// What is kept, so that a name that is mistyped is seen; and what is not looked for.
fn tell(run: &DryRun, keep: &BTreeSet<String>, kept: &BTreeMap<String, usize>) {
    let of = |branch: &String| {
        let count = kept.get(branch).copied().unwrap_or_default();
        format!("`{branch}` ({})", if count == 0 { "nothing there".to_owned() } else { count.to_string() })
    };
    let branches: Vec<String> = keep.iter().map(of).collect();
    let message = format!(
        "kept: {}\nnot looked for: names that neither the project file nor the recipe has any more",
        branches.join(", ")
    );
    run.events.emit(Event::Log { message });
}
