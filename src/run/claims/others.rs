//! The other environments and branches that a name may belong to.
//!
//! **Invariant:** nobody who could not be asked counts as one who names nothing: that is said.

use super::{BranchScope, ClaimContext, ClaimSource, Claims, Environments, UnaskedEnvironment};
use crate::events::{Event, OpStarted, Sink};
use crate::project::Branch;
use crate::run::Selected;
use crate::run::bindings::goes_by_bindings;
use crate::run::dry_run::DryRun;
use crate::run::workspace::is_bundled;
use std::collections::BTreeSet;

/// The environments of the project that are in the same account.
pub struct Others {
    environments: Environments,
}

impl Others {
    /// Reads what the project has; nothing is sent.
    pub fn of(run: &DryRun) -> anyhow::Result<Self> {
        Ok(Others { environments: Environments::of(run.session.place)? })
    }

    /// What environments beside this one name.
    pub fn claims(&self, run: &DryRun, own: &Selected) -> anyhow::Result<Claims> {
        let mut claims = Claims::default();
        let (here, _) = self.environments.here(run.session);
        for selected in here.into_iter().filter(|one| !is_same(one, own)) {
            claims.of_other(run, ClaimSource { selected, branch: BranchScope::Any })?;
        }
        Ok(claims)
    }

    /// The same with the other branches of this one, where it is one for each.
    pub fn with_branches(&self, run: &DryRun, own: &Selected) -> anyhow::Result<Claims> {
        let mut claims = self.claims(run, own)?;
        if own.config.branch != Branch::None
            && let Some(selected) = self.environments.list.iter().find(|one| is_same(one, own))
        {
            claims.of_other(run, ClaimSource { selected, branch: BranchScope::Any })?;
        }
        Ok(claims)
    }
}

fn is_same(one: &Selected, other: &Selected) -> bool {
    one.config.environment.name == other.config.environment.name
}

impl Claims {
    /// A bundled recipe makes what the tables declare, and what bindings give is held against the Workers' configs.
    fn of_other(&mut self, run: &DryRun, asked: ClaimSource) -> anyhow::Result<()> {
        self.environments.clone_from(&asked.selected.environments);
        if is_bundled(&run.recipe.name) {
            if !goes_by_bindings(run.recipe) {
                self.by_templates(asked);
            }
            return Ok(());
        }
        let (session, recipe, info) = (run.session, run.recipe, run.info);
        if session.signal().is_none() {
            self.ask(&ClaimContext { session, recipe, info, events: run.events.clone() }, asked)?;
        }
        Ok(())
    }

    /// Adds what this environment's recipe was heard to make, played for a branch that stands for any.
    pub fn add_own<'a>(&mut self, own: &Selected, ops: impl Iterator<Item = &'a OpStarted>) {
        for op in ops {
            let asked = ClaimSource { selected: own, branch: BranchScope::Any };
            self.add(asked, &op.service, op.jurisdiction.clone(), &op.resource, op.logical.clone());
        }
    }

    /// Asks each branch that is kept.
    pub fn keep(&mut self, run: &DryRun, own: &Selected, keep: &BTreeSet<String>) -> anyhow::Result<()> {
        let environment = &own.config.environment.name;
        let is_branch =
            |name: &&String| !own.environments.iter().any(|one| one.name == **name || one.alias == **name);
        for branch in keep.iter().filter(is_branch) {
            match run.session.place.of_branch(environment, branch) {
                Ok(selected) => {
                    self.of_other(run, ClaimSource { selected: &selected, branch: BranchScope::One })?;
                }
                Err(error) => self.unasked.push(UnaskedEnvironment {
                    environment: environment.clone(),
                    branch: Some(branch.clone()),
                    why: error.to_string().lines().next().unwrap_or_default().to_owned(),
                }),
            }
        }
        Ok(())
    }

    /// Says who could not be asked.
    pub fn warn_of_unasked(&self, unread: &Others, events: &dyn Sink) {
        for message in &unread.environments.notes {
            events.emit(Event::Warning { message: message.clone(), at: None });
        }
        for UnaskedEnvironment { environment, branch, why } in &self.unasked {
            let of = branch.as_ref().map(|branch| format!("the branch `{branch}` of ")).unwrap_or_default();
            let message = format!("{of}`{environment}` could not be asked for all its names: {why}");
            events.emit(Event::Warning { message, at: None });
        }
    }
}
