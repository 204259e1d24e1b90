//! From logical names to names in the account, evaluated forward for every environment (design 4).
//!
//! **Invariant:** two logical names never share a real name, whatever the environment.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// An environment, as the policy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvName {
    /// The full name.
    pub name: String,
    /// The short one; the full name where there is none.
    pub alias: String,
}

/// The project's templates: `(kind, logical, environment)` to a name.
pub type Template = Box<dyn Fn(&str, &str, &EnvName) -> Result<String, String> + Send + Sync>;

/// The policy of a run.
pub struct Naming {
    /// Every environment of the project.
    pub environments: Vec<EnvName>,
    /// Which of them this run is for.
    pub current: Option<EnvName>,
    /// What stands in the project file; a recipe's `real_name` wins.
    pub template: Template,
    given: Mutex<BTreeMap<(String, String), Given>>,
}

#[derive(Clone)]
struct Given {
    logical: String,
    environments: Vec<String>,
}

/// A name that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// In the account.
    pub real: String,
    /// The other environments that use the same one.
    pub shared_with: Vec<String>,
}

/// Why a name can't be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    /// The policy itself failed.
    #[error("{0}")]
    Policy(String),
    /// Two logical names meet.
    #[error("`{kind}` names `{first}` and `{second}` are both `{real}`{}", where_(environment.as_ref()))]
    Collision {
        /// The kind of name.
        kind: String,
        /// The logical name that had it first.
        first: String,
        /// The one that would get it, too.
        second: String,
        /// The name in the account.
        real: String,
        /// Where it would, if not in this environment.
        environment: Option<String>,
    },
}

fn where_(environment: Option<&String>) -> String {
    environment.map(|name| format!(" in the environment `{name}`")).unwrap_or_default()
}

impl Naming {
    /// A policy.
    pub fn new(environments: Vec<EnvName>, current: Option<EnvName>, template: Template) -> Self {
        Naming { environments, current, template, given: Mutex::default() }
    }

    /// The policy where there is no project: a name stays as it is.
    pub fn identity() -> Self {
        Naming::new(Vec::new(), None, Box::new(|_, logical, _| Ok(logical.to_owned())))
    }

    /// Gives a logical name its real one; `policy` says how for each environment.
    pub fn give(
        &self,
        kind: &str,
        logical: &str,
        policy: &mut dyn FnMut(&EnvName) -> Result<String, String>,
    ) -> Result<Named, NamingError> {
        let Some(current) = &self.current else {
            let nowhere = EnvName { name: String::new(), alias: String::new() };
            let real = policy(&nowhere).map_err(NamingError::Policy)?;
            self.note(kind, logical, &real, None)?;
            return Ok(Named { real, shared_with: Vec::new() });
        };
        let real = policy(current).map_err(NamingError::Policy)?;
        self.note(kind, logical, &real, Some(current))?;
        let mut shared_with = Vec::new();
        for other in self.environments.iter().filter(|other| *other != current) {
            let theirs = policy(other).map_err(NamingError::Policy)?;
            self.note(kind, logical, &theirs, Some(other))?;
            if theirs == real {
                shared_with.push(other.name.clone());
            }
        }
        Ok(Named { real, shared_with })
    }

    fn note(
        &self,
        kind: &str,
        logical: &str,
        real: &str,
        environment: Option<&EnvName>,
    ) -> Result<(), NamingError> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let name = environment.map(|environment| environment.name.clone()).unwrap_or_default();
        let entry = given
            .entry((kind.to_owned(), real.to_owned()))
            .or_insert_with(|| Given { logical: logical.to_owned(), environments: Vec::new() });
        if entry.logical != logical {
            return Err(NamingError::Collision {
                kind: kind.to_owned(),
                first: entry.logical.clone(),
                second: logical.to_owned(),
                real: real.to_owned(),
                environment: environment
                    .filter(|at| Some(*at) != self.current.as_ref())
                    .map(|at| at.name.clone()),
            });
        }
        if !entry.environments.contains(&name) {
            entry.environments.push(name);
        }
        Ok(())
    }

    /// The logical name behind a real one of this run, and whether other environments use it.
    pub fn logical_of(&self, kind: &str, real: &str) -> Option<(String, bool)> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = given.get(&(kind.to_owned(), real.to_owned()))?;
        let mine = self.current.as_ref().map(|current| current.name.clone()).unwrap_or_default();
        entry.environments.contains(&mine).then(|| (entry.logical.clone(), entry.environments.len() > 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> EnvName {
        EnvName { name: name.into(), alias: name[..3].into() }
    }

    fn naming() -> Naming {
        let environments = vec![env("development"), env("staging")];
        Naming::new(environments, Some(env("development")), Box::new(|_, name, _| Ok(name.to_owned())))
    }

    #[test]
    fn one_name_in_two_environments_is_shared() {
        let naming = naming();
        let given = naming.give("ai_gateway", "main", &mut |_| Ok("gateway".into())).unwrap();
        assert_eq!(given.shared_with, ["staging"]);
        assert_eq!(naming.logical_of("ai_gateway", "gateway"), Some(("main".into(), true)));
        let given = naming.give("kv", "a", &mut |env| Ok(format!("{}-a", env.alias))).unwrap();
        assert_eq!(given, Named { real: "dev-a".into(), shared_with: vec![] });
        assert_eq!(naming.logical_of("kv", "sta-a"), None);
    }

    #[test]
    fn two_logical_names_never_meet() {
        let naming = naming();
        naming.give("kv", "a", &mut |_| Ok("x".into())).unwrap();
        let error = naming.give("kv", "b", &mut |_| Ok("x".into())).unwrap_err();
        assert_eq!(error.to_string(), "`kv` names `a` and `b` are both `x`");
        naming.give("kv", "dev-c", &mut |env| Ok(format!("{}-c", env.alias))).unwrap();
        let error = naming
            .give("kv", "d", &mut |env| Ok(if env.name == "staging" { "dev-c".into() } else { "d".into() }))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`kv` names `dev-c` and `d` are both `dev-c` in the environment `staging`"
        );
    }
}
