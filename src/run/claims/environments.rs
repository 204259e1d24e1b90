//! The environments of a project that may name resources of an account.

use crate::project::account::{ACCOUNT_VARIABLE, AccountId};
use crate::project::select::ENVIRONMENT_VARIABLE;
use crate::run::{Selected, Session, Workspace};
use crate::system::flag;
use anyhow::anyhow;
use std::collections::BTreeSet;

/// The environments of a project.
#[derive(Default)]
pub struct Environments {
    /// Those that can be asked.
    pub list: Vec<Selected>,
    /// What was wrong with others.
    pub notes: Vec<String>,
}

impl Environments {
    /// All of them; none where there is no project.
    pub fn of(place: &Workspace) -> anyhow::Result<Self> {
        let mut found = Environments::default();
        for (environment, selected) in place.all_environments()? {
            match selected {
                Ok(selected) => found.list.push(selected),
                Err(error) => {
                    let first = error.to_string().lines().next().unwrap_or_default().to_owned();
                    found.notes.push(format!("`{}` is not asked for its names: {first}", environment.name));
                }
            }
        }
        Ok(found)
    }

    /// The one whose account is looked at: the one that is named, else any of them, if they are in one account alone.
    pub fn chosen(&self, place: &Workspace) -> anyhow::Result<Option<&Selected>> {
        let named = place.options.env.as_deref().or_else(|| place.environment.get(ENVIRONMENT_VARIABLE));
        let Some(named) = named.filter(|_| !self.is_empty()) else { return self.of_one_account(place) };
        let found = self.named(named);
        // Why it is not there is said where it is chosen.
        if found.is_none() {
            place.needs_selected()?;
        }
        Ok(found)
    }

    /// The one that answers to a name.
    pub fn named(&self, name: &str) -> Option<&Selected> {
        self.list.iter().find(|one| one.config.environment.answers_to(name))
    }

    /// Any of them, if no account is set otherwise and they are in one alone.
    pub fn of_one_account(&self, place: &Workspace) -> anyhow::Result<Option<&Selected>> {
        if place.environment.get(ACCOUNT_VARIABLE).is_some() {
            return Ok(None);
        }
        let accounts: BTreeSet<&str> = self.list.iter().filter_map(account).collect();
        if place.is_local() || accounts.len() < 2 {
            return Ok(self.list.iter().find(|one| account(one).is_some()));
        }
        let names: Vec<String> = self.names().iter().map(|name| format!("`{name}`")).collect();
        Err(anyhow!(
            "the environments of this project are in {} accounts\nhint: `--env NAME` with one of {}",
            accounts.len(),
            names.join(", ")
        ))
    }

    /// Whether there is no project, or none of its environments.
    fn is_empty(&self) -> bool {
        self.list.is_empty() && self.notes.is_empty()
    }

    /// Those that are in the account that is looked at, and a note of each that is not.
    pub fn here(&self, session: &Session) -> (Vec<&Selected>, Vec<String>) {
        let ours = session.target.account.as_str();
        let is_local = session.place.is_local();
        let is_here = |one: &&Selected| is_local || account(one).is_none_or(|account| account == ours);
        let (here, elsewhere): (Vec<_>, Vec<_>) = self.list.iter().partition(is_here);
        let names = elsewhere.iter().map(|one| one.config.environment.name.as_str());
        let note = |name: &str| format!("`{name}` is in another account: `{}` looks there", flag("-e", name));
        (here, names.map(note).collect())
    }

    fn names(&self) -> Vec<String> {
        self.list.iter().map(|one| one.config.environment.name.clone()).collect()
    }
}

/// The account that the files name for an environment.
fn account(selected: &Selected) -> Option<&str> {
    let pinned = selected.config.environment.account_id.as_ref();
    let bound = || selected.workers.iter().find_map(|(_, worker)| worker.account.as_ref());
    pinned.or_else(|| bound().map(|claim| &claim.id)).map(AccountId::as_str)
}
