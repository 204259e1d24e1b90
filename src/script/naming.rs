//! Converts logical names to real names, with the project's table of names, which is filled as the recipe asks.
//!
//! **Invariant:** two logical names never share a real name, whatever the environment.
//! **Invariant:** while a recipe's `real_name` gives a name, nothing else is asked of the policy, and no op begins.

use crate::project::{Branch, Declared, EnvNames, NameTable};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// The project's templates: `(kind, logical, environment)` to a name.
pub type Template = Box<dyn Fn(&str, &str, &EnvNames) -> Result<String, String> + Send + Sync>;

/// How a name is given: a kind, a logical name, an environment.
pub type Policy<'a> = &'a dyn Fn(&str, &str, &EnvNames) -> Result<String, String>;

/// The policy of a run.
pub struct Naming {
    /// The full name of the environment that this run is for; `None` where there is no project.
    current: Option<String>,
    /// What stands in the project file; a recipe's `real_name` wins.
    pub template: Template,
    declared: Vec<Declared>,
    state: Mutex<State>,
    /// Whether the recipe's own function is at work.
    giving: AtomicBool,
}

struct State {
    table: NameTable,
    /// Names that a Worker's bindings give, by kind and real name.
    bound: BTreeMap<(String, String), String>,
    is_filled: bool,
}

/// Why a name can't be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    /// The policy itself failed.
    #[error("{0}")]
    Policy(String),
    /// Two logical names meet.
    #[error("{0}")]
    Collision(String),
}

impl Naming {
    /// A policy over every environment of the project.
    pub fn new(environments: Vec<EnvNames>, current: &str, template: Template) -> Self {
        Naming {
            current: Some(current.to_owned()),
            template,
            declared: Vec::new(),
            state: Mutex::new(State::new(environments)),
            giving: AtomicBool::new(false),
        }
    }

    /// The same, knowing what the tables of every environment declare.
    #[must_use]
    pub fn declaring(self, declared: &[Declared]) -> Self {
        Naming { declared: declared.to_vec(), ..self }
    }

    /// The logical names of a kind that this environment declares.
    pub fn logical_names(&self, kind: &str) -> impl Iterator<Item = &str> {
        let current = self.current.as_deref().unwrap_or_default();
        let own = move |one: &&Declared| one.environment == current && one.kind == kind;
        self.declared.iter().filter(own).map(|one| one.logical.as_str())
    }

    /// Evaluates the policy for what every environment declares, once. A name that a policy can't give is nobody's: a
    /// recipe's `real_name` need not know what the recipe does not use.
    pub fn fill(&self, policy: Policy) {
        if self.is_giving() {
            return;
        }
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.is_filled, true) {
            let _giving = PolicyCall::begin(&self.giving);
            for Declared { environment, kind, logical } in &self.declared {
                let _ = state.table.declare(environment, kind, logical, policy);
            }
        }
    }

    /// The environments beside this one that use a real name.
    pub fn others(&self, kind: &str, real: &str) -> Vec<String> {
        let current = self.current.as_deref().unwrap_or_default();
        self.state.lock().table.shared_with(kind, real, current).into_iter().map(str::to_owned).collect()
    }

    /// The policy where there is no project: a name stays as it is.
    pub fn identity() -> Self {
        Naming {
            current: None,
            template: Box::new(|_, logical, _| Ok(logical.to_owned())),
            declared: Vec::new(),
            state: Mutex::new(State::new(Vec::new())),
            giving: AtomicBool::new(false),
        }
    }

    /// Returns the real name of a logical one; `policy` makes it for each environment.
    pub fn give(&self, kind: &str, logical: &str, policy: Policy) -> Result<String, NamingError> {
        let Some(current) = &self.current else { return Ok(logical.to_owned()) };
        if self.is_giving() {
            let again = format!("`real_name` asks for the name of `{logical}` while it gives one");
            return Err(NamingError::Policy(again));
        }
        let mut state = self.state.lock();
        let _giving = PolicyCall::begin(&self.giving);
        state.table.add(kind, logical, policy).map_err(NamingError::Policy)?;
        if let Some(collision) = state.table.collisions(kind).next() {
            return Err(NamingError::Collision(collision.to_string()));
        }
        let real = state.table.real(kind, logical, current).unwrap_or(logical).to_owned();
        state.refuse_shared_branch(kind, logical, current, &real, policy)?;
        Ok(real)
    }

    /// Whether a recipe's `real_name` runs now; it only names.
    pub fn is_giving(&self) -> bool {
        self.giving.load(Ordering::Relaxed)
    }

    /// Notes that a Worker's binding gives `logical` this name.
    pub fn note_bound(&self, kind: &str, logical: &str, real: &str) {
        self.state.lock().bound.insert((kind.to_owned(), real.to_owned()), logical.to_owned());
    }

    /// The logical name behind a real one of this run, and whether other environments use the same.
    pub fn logical_of(&self, kind: &str, real: &str) -> Option<(String, bool)> {
        let state = self.state.lock();
        if let Some(logical) = state.bound.get(&(kind.to_owned(), real.to_owned())) {
            return Some((logical.clone(), false));
        }
        let current = self.current.as_ref()?;
        let logical = state.table.logical(kind, real, current)?.to_owned();
        let shared = !state.table.shared_with(kind, real, current).is_empty();
        Some((logical, shared))
    }
}

/// While it lives, the policy is being asked.
struct PolicyCall<'a>(&'a AtomicBool);

impl<'a> PolicyCall<'a> {
    fn begin(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        PolicyCall(flag)
    }
}

impl Drop for PolicyCall<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl State {
    fn new(environments: Vec<EnvNames>) -> Self {
        State { table: NameTable::new(environments), bound: BTreeMap::new(), is_filled: false }
    }

    /// What carries a branch is that branch's alone.
    fn refuse_shared_branch(
        &self,
        kind: &str,
        logical: &str,
        current: &str,
        real: &str,
        policy: Policy,
    ) -> Result<(), NamingError> {
        let own = self.table.environments().iter().find(|environment| environment.name == current);
        let Some(own) = own.filter(|own| own.branch.name().is_some()) else { return Ok(()) };
        // A branch that no other can be called.
        let other = EnvNames { branch: Branch::Named("-".into()), ..own.clone() };
        let carries = policy(kind, logical, &other).map_err(NamingError::Policy)? != real;
        match self.table.shared_with(kind, real, current).first() {
            Some(environment) if carries => Err(NamingError::Collision(format!(
                "the {kind} name `{real}` of the branch `{}` is a name of {environment} too",
                own.branch.name().unwrap_or_default()
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> EnvNames {
        EnvNames {
            app: "app".into(),
            name: name.into(),
            alias: name[..3].into(),
            is_protected: false,
            branch: Branch::None,
            worker: None,
            account_id: None,
        }
    }

    fn naming() -> Naming {
        let environments = vec![env("development"), env("staging")];
        Naming::new(environments, "development", Box::new(|_, name, _| Ok(name.to_owned())))
    }

    #[test]
    fn one_name_in_two_environments_is_shared() {
        let naming = naming();
        let real = naming.give("ai_gateway", "main", &|_, _, _| Ok("gateway".into())).unwrap();
        assert_eq!(naming.logical_of("ai_gateway", &real), Some(("main".into(), true)));
        let real = naming.give("kv", "a", &|_, name, env| Ok(format!("{}-{name}", env.alias))).unwrap();
        assert_eq!(real, "dev-a");
        assert_eq!(naming.logical_of("kv", &real), Some(("a".into(), false)));
        assert_eq!(naming.logical_of("kv", "sta-a"), None);
    }

    #[test]
    fn two_logical_names_never_meet() {
        let naming = naming();
        naming.give("kv", "a", &|_, _, env| Ok(format!("{}-x", env.alias))).unwrap();
        let error = naming.give("kv", "b", &|_, _, env| Ok(format!("{}-x", env.alias))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "two logical kv names have one real name: `a in development`, `b in development` are both `dev-x`"
        );
    }

    #[test]
    fn a_policy_that_asks_for_names_does_not_wait_for_itself() {
        let declared = Declared { environment: "staging".into(), kind: "kv".into(), logical: "a".into() };
        let naming = naming().declaring(&[declared]);
        let asks = |kind: &str, logical: &str, _: &EnvNames| {
            naming.fill(&|_, name, _| Ok(name.to_owned()));
            naming.give(kind, logical, &|_, name, _| Ok(name.to_owned())).map_err(|error| error.to_string())
        };
        naming.fill(&asks);
        let error = naming.give("kv", "b", &asks).unwrap_err();
        assert_eq!(error.to_string(), "`real_name` asks for the name of `b` while it gives one");
        assert!(!naming.is_giving());
    }
}
