//! The part of a config about one environment.

use super::{
    Binding, OtherEntry, WranglerError, WranglerFile, binding, environments, faults, name_of, other_entries,
};
use crate::project::account::{AccountClaim, AccountId};
use crate::project::findings::ProjectFindings;
use crate::project::source::LocatedText;
use crate::project::tree::Node;
use crate::project::unfilled::{self, Unfilled};

/// What a config says about one environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    /// The Worker's name in this environment: its own, or the top level's with `-ENVIRONMENT`.
    pub name: Option<String>,
    /// The account, if the config names one.
    pub account: Option<AccountClaim>,
    /// What stands for the account until it is substituted.
    pub account_blank: Option<LocatedText>,
    /// The bindings that this environment declares.
    pub bindings: Vec<Binding>,
    /// What only the top level has: the environment's Worker will lack it.
    pub not_inherited: Vec<OtherEntry>,
    /// What Larder does not provision.
    pub others: Vec<OtherEntry>,
}

impl WranglerFile {
    /// What the file says about an environment; `None` is the top level. What is wrong elsewhere in the file is no matter.
    pub fn worker(&self, environment: Option<&str>) -> Result<Worker, WranglerError> {
        let found = self.readable(environment).ok_or_else(|| WranglerError::UnknownEnvironment {
            file: self.name(),
            asked: environment.unwrap_or_default().to_owned(),
            known: self.environments(),
        })?;
        let faults = faults::of_environment(&self.root, &self.sources, &self.kinds, environment);
        ProjectFindings::check(&self.sources, faults)?;
        Ok(found)
    }

    /// The same without a look at what is wrong in it; `None` where the file has no such environment.
    pub fn readable(&self, environment: Option<&str>) -> Option<Worker> {
        self.as_read.worker(environment, || self.read_environment(environment))
    }

    fn read_environment(&self, environment: Option<&str>) -> Option<Worker> {
        let base = name_of(&self.root);
        let Some(asked) = environment else {
            return Some(self.read(&self.root, base.map(str::to_owned)));
        };
        let (_, node) = environments(&self.root).find(|(name, _)| *name == asked)?;
        let name = name_of(node).map(str::to_owned).or_else(|| base.map(|base| format!("{base}-{asked}")));
        let top = self.readable(None)?;
        let own = self.read(node, name);
        let not_inherited =
            other_entries::not_inherited((&top.bindings, &top.others), (&own.bindings, &own.others));
        Some(Worker { not_inherited, ..own })
    }

    /// Everything that is wrong in any environment.
    pub fn check(&self) -> Result<(), ProjectFindings> {
        self.as_read.check(|| self.check_all())
    }

    fn check_all(&self) -> Result<(), ProjectFindings> {
        let names = self.environments();
        let all = [None].into_iter().chain(names.iter().map(|name| Some(name.as_str())));
        let of = |environment: Option<&str>| {
            let faults = faults::of_environment(&self.root, &self.sources, &self.kinds, environment);
            faults.into_iter().chain(faults::of_account(&self.root, environment))
        };
        let findings = all.flat_map(of).chain(faults::of_names(&self.root)).collect();
        ProjectFindings::check(&self.sources, findings)
    }

    /// What is wrong with the account that an environment names.
    pub fn check_account(&self, environment: Option<&str>) -> Result<(), ProjectFindings> {
        ProjectFindings::check(&self.sources, faults::of_account(&self.root, environment))
    }

    fn read(&self, node: &Node, name: Option<String>) -> Worker {
        let account = node.get("account_id").or_else(|| self.root.get("account_id"));
        let claim = |account: &Node| {
            let place = self.sources.location(account.span).to_string();
            Some(AccountClaim { place, id: AccountId::written(account.as_str()?)? })
        };
        let unsubstituted = |account: &Node| {
            let value =
                account.as_str().filter(|text| unfilled::of_id(text) == Some(Unfilled::Unsubstituted))?;
            Some(LocatedText { value: value.to_owned(), at: self.sources.location(account.span) })
        };
        Worker {
            name,
            account: account.and_then(claim),
            account_blank: account.and_then(unsubstituted),
            bindings: binding::read(node, &self.sources, &self.kinds),
            not_inherited: Vec::new(),
            others: other_entries::read(node, &self.sources, &self.kinds),
        }
    }
}
