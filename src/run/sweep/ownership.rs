//! Decides whether a name belongs to exactly one branch and logical name.
//!
//! **Invariant:** a name that anything else in the project could give is nobody's to delete.

use crate::op::Key;
use crate::project::{EnvNames, NamingPolicy};
use crate::run::claims::{Claims, NamedBy};
use std::collections::{BTreeMap, BTreeSet};

/// The data by which the owner of a name is decided.
pub struct OwnershipRules<'a> {
    /// The templates of every environment.
    pub policy: &'a NamingPolicy,
    /// The environment that is swept.
    pub own: &'a EnvNames,
    pub environments: &'a [EnvNames],
    /// The logical names of the environment that is swept, by kind.
    pub logical: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// All that the project has, by kind.
    pub all: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Branches that are kept.
    pub keep: &'a BTreeSet<String>,
    /// What recipes name: those of the other environments, of this one for any branch, and of each branch that is kept.
    pub claims: &'a Claims,
}

/// The owner of a name.
#[derive(Debug, PartialEq, Eq)]
pub enum Ownership {
    Nobodys,
    /// That of a branch that is kept, or of several.
    Kept(Vec<String>),
    /// That of a branch that is gone.
    Gone {
        branch: String,
        logical: String,
    },
    /// Why that is unknown.
    Doubtful(String),
}

impl OwnershipRules<'_> {
    /// Whose something in the account is, by the templates and by what recipes name.
    pub fn of_key(&self, key: &Key) -> Ownership {
        let whose = self.whose(key.service, &key.name);
        let Ownership::Gone { branch, .. } = &whose else { return whose };
        let named_by = self.claims.of_key(key);
        let is_own = |by: &&NamedBy| by.environment == self.own.name;
        let branches = named_by.iter().filter(is_own).filter_map(|by| by.branch.as_ref());
        let kept: Vec<String> = branches.filter(|branch| self.keep.contains(*branch)).cloned().collect();
        if !kept.is_empty() {
            return Ownership::Kept(kept);
        }
        let is_anothers = |by: &&NamedBy| !is_own(by) || by.branch.as_ref() != Some(branch);
        if let Some(by) = named_by.iter().find(is_anothers) {
            return Ownership::Doubtful(match &by.branch {
                Some(branch) => {
                    format!("it could be that of the branch `{branch}` of `{}`, too", by.environment)
                }
                None if is_own(&by) => format!("every branch of `{}` names it", by.environment),
                None => format!("`{}` names it, too", by.environment),
            });
        }
        match self.half_asked(branch) {
            Some(kept) => Ownership::Doubtful(format!(
                "the branch `{kept}`, which is kept, could not be asked for all its names"
            )),
            None => whose,
        }
    }

    /// The kept branch with whose name this one begins or ends, if it was not asked for all its names.
    fn half_asked(&self, branch: &str) -> Option<&str> {
        let of_own = self.claims.unasked.iter().filter(|one| one.environment == self.own.name);
        let mut kept = of_own.filter_map(|one| one.branch.as_deref());
        kept.find(|kept| {
            let is_cut = |rest: &str| rest.starts_with('-') || rest.ends_with('-');
            branch.strip_prefix(kept).or_else(|| branch.strip_suffix(kept)).is_some_and(is_cut)
        })
    }

    /// Whose a real name of a kind is.
    fn whose(&self, kind: &str, real: &str) -> Ownership {
        let mut readings = self.readings(kind, self.own, self.logical.get(kind), real);
        if !readings.is_empty() && readings.iter().all(|(branch, _)| self.keep.contains(branch)) {
            let mut branches: Vec<String> = readings.into_iter().map(|(branch, _)| branch).collect();
            branches.dedup();
            return Ownership::Kept(branches);
        }
        let Some((branch, logical)) = readings.pop() else { return Ownership::Nobodys };
        if let Some((other, its)) = readings.first() {
            return Ownership::Doubtful(format!(
                "it is `{logical}` of the branch `{branch}`, or `{its}` of the branch `{other}`"
            ));
        }
        match self.environments.iter().find_map(|other| self.claim(kind, other, real)) {
            Some(why) => Ownership::Doubtful(why),
            None => Ownership::Gone { branch, logical },
        }
    }

    /// The branches for which a name is given, and the logical name of each.
    fn readings(
        &self,
        kind: &str,
        environment: &EnvNames,
        logical: Option<&BTreeSet<&str>>,
        real: &str,
    ) -> Vec<(String, String)> {
        let read = |logical: &&str| {
            let branch = self.policy.branch_of(kind, logical, environment, real)?;
            // A branch is never called like an environment.
            let is_environment = |one: &EnvNames| one.name == branch || one.alias == branch;
            (!self.environments.iter().any(is_environment)).then(|| (branch, (*logical).to_owned()))
        };
        let mut readings: Vec<(String, String)> = logical.into_iter().flatten().filter_map(read).collect();
        // Without the logical name in it, a name is that of each of them.
        readings.sort();
        readings
    }

    /// How another environment claims a name.
    fn claim(&self, kind: &str, other: &EnvNames, real: &str) -> Option<String> {
        if other.name == self.own.name || !other.may_share_account(self.own) {
            return None;
        }
        let (name, all) = (&other.name, self.all.get(kind));
        if self.policy.has_branch(kind, other) {
            if let Some((branch, logical)) = self.readings(kind, other, all, real).pop() {
                return Some(format!("it is `{logical}` of the branch `{branch}` in `{name}`, too"));
            }
        } else {
            let is_its =
                |logical: &&&str| self.policy.name(kind, logical, other).is_ok_and(|its| its == real);
            if let Some(logical) = all.into_iter().flatten().find(is_its) {
                return Some(format!("it is `{logical}` of `{name}`, too"));
            }
        }
        let could = self.policy.could_give(kind, other, real);
        could.then(|| format!("`{name}` could give such a name"))
    }
}
