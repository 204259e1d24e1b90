//! The real name of every logical one in every environment: what is shared, and what collides.
//!
//! **Invariant:** every row has the real name in all environments, so "whose is this name?" is answered by looking,
//! never by parsing it.

use super::{Branch, EnvNames, listed};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use thiserror::Error;

/// All names that a run asked for.
#[derive(Clone, Debug)]
pub struct NameTable {
    environments: Vec<EnvNames>,
    /// By kind and logical name.
    rows: BTreeMap<(String, String), Row>,
}

/// One logical name.
#[derive(Clone, Debug)]
struct Row {
    /// Real names in the order of `environments`; `None` where the environment's branch is not known.
    names: Vec<Option<String>>,
    /// Which of them are used: all, where a run asked for the name; else those whose environment declares it.
    used: Vec<bool>,
}

impl Row {
    /// The real name in an environment that uses it.
    fn used(&self, position: usize) -> Option<&str> {
        self.names[position].as_deref().filter(|_| self.used[position])
    }
}

/// Two logical names of one kind with one real name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("two logical {kind} names have one real name: {} are both `{real}`", listed(&[self.first_place(), self.second_place()]))]
pub struct Collision {
    /// The kind of both.
    pub kind: String,
    /// The real name.
    pub real: String,
    /// Logical name and environment of the one.
    pub first: (String, String),
    /// Logical name and environment of the other.
    pub second: (String, String),
}

impl Collision {
    fn first_place(&self) -> String {
        format!("{} in {}", self.first.0, self.first.1)
    }

    fn second_place(&self) -> String {
        format!("{} in {}", self.second.0, self.second.1)
    }
}

impl NameTable {
    /// A table without names.
    pub fn new(environments: Vec<EnvNames>) -> Self {
        NameTable { environments, rows: BTreeMap::new() }
    }

    /// The environments, in the order of [`NameTable::names`].
    pub fn environments(&self) -> &[EnvNames] {
        &self.environments
    }

    /// Evaluates a policy, the templates or a recipe's `real_name`, for every environment; a known name is not asked
    /// for again.
    pub fn add<E>(
        &mut self,
        kind: &str,
        logical: &str,
        policy: &dyn Fn(&str, &str, &EnvNames) -> Result<String, E>,
    ) -> Result<(), E> {
        self.row(kind, logical, policy)?.used.fill(true);
        Ok(())
    }

    /// The same for a name that only one environment is known to use.
    pub fn declare<E>(
        &mut self,
        environment: &str,
        kind: &str,
        logical: &str,
        policy: &dyn Fn(&str, &str, &EnvNames) -> Result<String, E>,
    ) -> Result<(), E> {
        if let Some(position) = self.environments.iter().position(|known| known.name == environment) {
            self.row(kind, logical, policy)?.used[position] = true;
        }
        Ok(())
    }

    fn row<E>(
        &mut self,
        kind: &str,
        logical: &str,
        policy: &dyn Fn(&str, &str, &EnvNames) -> Result<String, E>,
    ) -> Result<&mut Row, E> {
        match self.rows.entry((kind.to_owned(), logical.to_owned())) {
            Entry::Occupied(row) => Ok(row.into_mut()),
            Entry::Vacant(place) => {
                let name = |environment: &EnvNames| match environment.branch {
                    Branch::Any => Ok(None),
                    Branch::None | Branch::Named(_) => policy(kind, logical, environment).map(Some),
                };
                let names: Result<Vec<Option<String>>, E> = self.environments.iter().map(name).collect();
                Ok(place.insert(Row { names: names?, used: vec![false; self.environments.len()] }))
            }
        }
    }

    /// The real name of `logical` in each environment.
    pub fn names(&self, kind: &str, logical: &str) -> Vec<(&EnvNames, &str)> {
        let row = self.rows.get(&(kind.to_owned(), logical.to_owned()));
        let names = row.into_iter().flat_map(|row| row.names.iter().map(Option::as_deref));
        let known = self.environments.iter().zip(names);
        known.filter_map(|(environment, name)| Some((environment, name?))).collect()
    }

    /// The real name of `logical` in the environment with this full name.
    pub fn real(&self, kind: &str, logical: &str, environment: &str) -> Option<&str> {
        self.names(kind, logical)
            .into_iter()
            .find(|(known, _)| known.name == environment)
            .map(|(_, real)| real)
    }

    /// The logical name whose real one in the environment with this full name is `real`.
    pub fn logical(&self, kind: &str, real: &str, environment: &str) -> Option<&str> {
        let position = self.environments.iter().position(|known| known.name == environment)?;
        let mut rows = self.rows.iter();
        rows.find(|((of, _), row)| of == kind && row.used(position) == Some(real))
            .map(|((_, logical), _)| logical.as_str())
    }

    /// The other environments in which `real`, a name of `environment`, is a name too: it is shared with them.
    pub fn shared_with(&self, kind: &str, real: &str, environment: &str) -> Vec<&str> {
        let Some(own) = self.environments.iter().find(|known| known.name == environment) else {
            return Vec::new();
        };
        let claims = |position: usize| {
            self.rows.iter().any(|((of, _), row)| of == kind && row.used(position) == Some(real))
        };
        let others = self.environments.iter().enumerate().filter(|(_, other)| other.name != own.name);
        others
            .filter(|(position, other)| same_account(own, other) && claims(*position))
            .map(|(_, other)| other.name.as_str())
            .collect()
    }

    /// Every pair of logical names that would be one resource, each once.
    pub fn collisions(&self) -> Vec<Collision> {
        let mut by_real: BTreeMap<(&str, &str), Vec<(&str, &EnvNames)>> = BTreeMap::new();
        for ((kind, logical), row) in &self.rows {
            for (position, environment) in self.environments.iter().enumerate() {
                if let Some(real) = row.used(position) {
                    by_real.entry((kind, real)).or_default().push((logical, environment));
                }
            }
        }
        let mut found: BTreeMap<(&str, &str, &str, &str), Collision> = BTreeMap::new();
        for ((kind, real), claims) in &by_real {
            for (index, (logical, environment)) in claims.iter().enumerate() {
                for (other, other_environment) in &claims[index + 1..] {
                    if logical != other && same_account(environment, other_environment) {
                        found.entry((kind, real, logical, other)).or_insert_with(|| Collision {
                            kind: (*kind).to_owned(),
                            real: (*real).to_owned(),
                            first: ((*logical).to_owned(), environment.name.clone()),
                            second: ((*other).to_owned(), other_environment.name.clone()),
                        });
                    }
                }
            }
        }
        found.into_values().collect()
    }
}

/// An account that is not known yet may be any.
fn same_account(one: &EnvNames, other: &EnvNames) -> bool {
    match (&one.account_id, &other.account_id) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::account::AccountId;
    use std::convert::Infallible;

    fn environment(name: &str, account: Option<char>) -> EnvNames {
        EnvNames {
            app: "shop".into(),
            name: name.into(),
            alias: name[..3].into(),
            is_protected: false,
            branch: Branch::None,
            worker: None,
            account_id: account.and_then(|digit| AccountId::parse(&digit.to_string().repeat(32))),
        }
    }

    fn table(environments: Vec<EnvNames>, wanted: &[&str], real: fn(&str, &EnvNames) -> String) -> NameTable {
        let mut table = NameTable::new(environments);
        for logical in wanted {
            let policy = |_: &str, logical: &str, env: &EnvNames| Ok::<_, Infallible>(real(logical, env));
            table.add("kv", logical, &policy).unwrap();
        }
        table
    }

    #[test]
    fn one_logical_name_with_one_real_name_is_shared() {
        let environments = vec![environment("development", None), environment("production", None)];
        let table = table(environments, &["A", "B"], |logical, env| match logical {
            "A" => "everywhere".into(),
            other => format!("{}-{other}", env.alias),
        });
        assert_eq!(table.collisions(), []);
        assert_eq!(table.shared_with("kv", "everywhere", "development"), ["production"]);
        assert_eq!(table.shared_with("kv", "dev-B", "development"), Vec::<&str>::new());
        assert_eq!(table.real("kv", "B", "production"), Some("pro-B"));
        assert_eq!(table.real("r2", "B", "production"), None);
    }

    #[test]
    fn two_logical_names_with_one_real_name_collide_once() {
        let environments = vec![environment("development", None), environment("production", None)];
        let table = table(environments, &["A", "B"], |_, _| "same".into());
        let messages: Vec<String> = table.collisions().iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "two logical kv names have one real name: `A in development`, `B in development` are both `same`"
            ]
        );
    }

    #[test]
    fn a_collision_across_environments_counts_unless_the_accounts_differ() {
        let crossed = |logical: &str, env: &EnvNames| {
            let second = (logical == "A") == (env.name == "production");
            format!("n{}", u8::from(second))
        };
        let known =
            |account| vec![environment("development", Some('a')), environment("production", Some(account))];
        assert_eq!(table(known('a'), &["A", "B"], crossed).collisions().len(), 2);
        assert_eq!(table(known('b'), &["A", "B"], crossed).collisions(), []);
        assert_eq!(
            table(known('b'), &["A"], |_, _| "x".into()).shared_with("kv", "x", "production"),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn what_only_one_environment_declares_is_used_there_alone() {
        let environments = vec![environment("development", None), environment("production", None)];
        let mut table = NameTable::new(environments);
        let policy = |_: &str, _: &str, env: &EnvNames| Ok::<_, Infallible>(format!("shop-{}", env.alias));
        table.declare("development", "vectorize", "main", &policy).unwrap();
        table.declare("production", "vectorize", "primary", &policy).unwrap();
        assert_eq!(table.collisions(), []);
        assert_eq!(table.logical("vectorize", "shop-dev", "development"), Some("main"));
        table.add("vectorize", "primary", &policy).unwrap();
        assert_eq!(table.collisions().len(), 1, "now development uses both");
    }

    #[test]
    fn a_branch_that_is_not_known_uses_no_name() {
        let mut preview = environment("preview", None);
        preview.branch = Branch::Any;
        let mut table = NameTable::new(vec![preview.clone(), environment("production", None)]);
        let policy = |_: &str, _: &str, env: &EnvNames| Ok::<_, Infallible>(env.name.clone());
        table.add("kv", "A", &policy).unwrap();
        assert_eq!(table.names("kv", "A").len(), 1);
        assert_eq!(table.real("kv", "A", "preview"), None);
        assert_eq!(table.shared_with("kv", "production", "production"), Vec::<&str>::new());
    }

    #[test]
    fn the_policy_is_asked_once_per_environment_and_its_error_leaves_no_row() {
        let mut table = NameTable::new(vec![environment("development", None)]);
        let refuse = |_: &str, _: &str, _: &EnvNames| Err("no");
        assert_eq!(table.add("kv", "A", &refuse), Err("no"));
        assert_eq!(table.names("kv", "A"), []);
        let asked = std::cell::Cell::new(0);
        let count = |_: &str, logical: &str, _: &EnvNames| {
            asked.set(asked.get() + 1);
            Ok::<_, Infallible>(logical.to_owned())
        };
        table.add("kv", "A", &count).unwrap();
        table.add("kv", "A", &count).unwrap();
        assert_eq!(asked.get(), 1);
    }
}
