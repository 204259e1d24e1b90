//! Finds real names that two branches could have, within one environment or across two.
//!
//! **Invariant:** a name counts only if both give it, each for a branch that a run can be of.

use super::{Branch, EnvNames, NamingPolicy};

/// A name that two branches could have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    pub kind: String,
    pub real: String,
    /// Logical name, branch and environment of the one.
    pub first: [String; 3],
    /// Logical name, branch and environment of the other.
    pub second: [String; 3],
}

impl NamingPolicy {
    /// What names of an environment can be those of another branch: the first of each pair of logical names.
    pub fn ambiguous(
        &self,
        own: &EnvNames,
        logical: &[(String, String)],
        environments: &[EnvNames],
    ) -> Vec<Ambiguous> {
        let mut found = Vec::new();
        for (kind, name) in logical.iter().filter(|(kind, _)| self.has_branch(kind, own)) {
            for other in environments.iter().filter(|other| other.may_share_account(own)) {
                let declared = self.declared().iter().filter(|one| one.environment == other.name);
                for its in declared.filter(|one| one.kind == *kind && self.has_branch(kind, other)) {
                    if other.name == own.name && its.logical == *name {
                        continue;
                    }
                    found.extend(self.met((kind, name), own, &its.logical, other, environments));
                }
            }
        }
        found
    }

    /// A name that both give.
    fn met(
        &self,
        (kind, logical): (&str, &str),
        own: &EnvNames,
        its: &str,
        other: &EnvNames,
        environments: &[EnvNames],
    ) -> Option<Ambiguous> {
        let is_free =
            |branch: &str| !environments.iter().any(|one| one.name == branch || one.alias == branch);
        tried(own).into_iter().filter(|branch| is_free(branch)).find_map(|branch| {
            let named = EnvNames { branch: Branch::Named(branch.clone()), ..other.clone() };
            let real = self.name(kind, its, &named).ok()?;
            let read = self.branch_of(kind, logical, own, &real).filter(|read| is_free(read))?;
            // Two logical names of one branch are another mistake.
            let is_other = other.name != own.name || read != branch;
            if !is_other {
                return None;
            }
            Some(Ambiguous {
                kind: kind.to_owned(),
                real,
                first: [logical.to_owned(), read, own.name.clone()],
                second: [its.to_owned(), branch, other.name.clone()],
            })
        })
    }
}

/// Branches by which it is seen: where the words of one template stand where the other has the branch, they are in it.
fn tried(own: &EnvNames) -> Vec<String> {
    let words = [&own.alias, &own.name, &own.app];
    let mut all = vec!["a".to_owned()];
    all.extend(words.into_iter().flat_map(|word| [format!("{word}-a"), format!("a-{word}")]));
    all.retain(|branch| Branch::is_plain(branch));
    all
}
