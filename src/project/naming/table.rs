//! The real name of every logical name in every environment, with shared names and collisions.
//!
//! **Invariant:** every row has the real name in all environments, so "whose is this name?" is answered by looking,
//! never by parsing it.
//! **Invariant:** adding a name and asking for one takes as long in a large table as in a small one.

use super::claims::{Claim, Claims};
use super::{Branch, EnvNames, listed};
use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use thiserror::Error;

/// All names that a run asked for.
#[derive(Clone, Debug)]
pub struct NameTable {
    environments: Vec<EnvNames>,
    /// The place of an environment among them, by its full name.
    positions: HashMap<String, usize>,
    /// By kind and logical name.
    rows: BTreeMap<(String, String), Row>,
    /// The used names, by the real one.
    claims: Claims,
}

#[derive(Clone, Debug)]
struct Row {
    /// Real names in the order of `environments`; `None` where the environment's branch is not known.
    names: Vec<Option<String>>,
    /// Which of them are used: all, where a run asked for the name; else those whose environment declares it.
    used: Vec<bool>,
}

/// Two logical names of one kind with one real name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("two logical {kind} names have one real name: {} are both `{real}`", listed(&[self.first_place(), self.second_place()]))]
pub struct Collision {
    /// The kind of both.
    pub kind: String,
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
        let positions =
            environments.iter().enumerate().map(|(position, known)| (known.name.clone(), position));
        NameTable {
            positions: positions.collect(),
            environments,
            rows: BTreeMap::new(),
            claims: Claims::default(),
        }
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
        let all = 0..self.environments.len();
        self.claim(kind, logical, policy, all)
    }

    /// The same for a name that only one environment is known to use.
    pub fn declare<E>(
        &mut self,
        environment: &str,
        kind: &str,
        logical: &str,
        policy: &dyn Fn(&str, &str, &EnvNames) -> Result<String, E>,
    ) -> Result<(), E> {
        let Some(position) = self.positions.get(environment) else { return Ok(()) };
        let one = *position..*position + 1;
        self.claim(kind, logical, policy, one)
    }

    /// Makes the row, and uses its name in these environments.
    fn claim<E>(
        &mut self,
        kind: &str,
        logical: &str,
        policy: &dyn Fn(&str, &str, &EnvNames) -> Result<String, E>,
        positions: std::ops::Range<usize>,
    ) -> Result<(), E> {
        let NameTable { environments, rows, claims, .. } = self;
        let row = match rows.entry((kind.to_owned(), logical.to_owned())) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(place) => {
                let name = |environment: &EnvNames| match environment.branch {
                    Branch::Any => Ok(None),
                    Branch::None | Branch::Named(_) => policy(kind, logical, environment).map(Some),
                };
                let names: Result<Vec<Option<String>>, E> = environments.iter().map(name).collect();
                place.insert(Row { names: names?, used: vec![false; environments.len()] })
            }
        };
        let meet = |one: usize, other: usize| environments[one].may_share_account(&environments[other]);
        for position in positions {
            if std::mem::replace(&mut row.used[position], true) {
                continue;
            }
            if let Some(real) = &row.names[position] {
                claims.add(kind, real, Claim { logical: logical.to_owned(), position }, meet);
            }
        }
        Ok(())
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
        let row = self.rows.get(&(kind.to_owned(), logical.to_owned()))?;
        row.names[*self.positions.get(environment)?].as_deref()
    }

    /// The logical name whose real one in the environment with this full name is `real`; of several, the first.
    pub fn logical(&self, kind: &str, real: &str, environment: &str) -> Option<&str> {
        let position = *self.positions.get(environment)?;
        let here = self.claims.of(kind, real).iter().filter(|claim| claim.position == position);
        here.map(|claim| claim.logical.as_str()).min()
    }

    /// The other environments in which `real`, a name of `environment`, is a name too: it is shared with them.
    pub fn shared_with(&self, kind: &str, real: &str, environment: &str) -> Vec<&str> {
        let Some(own) = self.positions.get(environment).map(|position| &self.environments[*position]) else {
            return Vec::new();
        };
        let mut positions: Vec<usize> =
            self.claims.of(kind, real).iter().map(|claim| claim.position).collect();
        positions.sort_unstable();
        positions.dedup();
        let others = positions.into_iter().map(|position| &self.environments[position]);
        others
            .filter(|other| other.name != own.name && own.may_share_account(other))
            .map(|other| other.name.as_str())
            .collect()
    }

    /// Every pair of logical names of a kind that would be one resource, each once, by real name.
    pub fn collisions(&self, kind: &str) -> impl Iterator<Item = Collision> {
        self.claims.contested(kind).flat_map(move |(real, claims)| self.pairs(kind, real, claims))
    }

    /// Every pair of logical names with this real one, each once.
    fn pairs(&self, kind: &str, real: &str, claims: &[Claim]) -> Vec<Collision> {
        let mut claims: Vec<&Claim> = claims.iter().collect();
        claims.sort();
        let mut found: BTreeMap<(&str, &str), Collision> = BTreeMap::new();
        for (index, claim) in claims.iter().enumerate() {
            let environment = &self.environments[claim.position];
            for other in &claims[index + 1..] {
                let other_environment = &self.environments[other.position];
                if claim.logical != other.logical && environment.may_share_account(other_environment) {
                    found.entry((&claim.logical, &other.logical)).or_insert_with(|| Collision {
                        kind: kind.to_owned(),
                        real: real.to_owned(),
                        first: (claim.logical.clone(), environment.name.clone()),
                        second: (other.logical.clone(), other_environment.name.clone()),
                    });
                }
            }
        }
        found.into_values().collect()
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
        assert_eq!(table.collisions("kv").next(), None);
        assert_eq!(table.shared_with("kv", "everywhere", "development"), ["production"]);
        assert_eq!(table.shared_with("kv", "dev-B", "development"), Vec::<&str>::new());
        assert_eq!(table.real("kv", "B", "production"), Some("pro-B"));
        assert_eq!(table.real("r2", "B", "production"), None);
    }

    #[test]
    fn two_logical_names_with_one_real_name_collide_once() {
        let environments = vec![environment("development", None), environment("production", None)];
        let table = table(environments, &["A", "B"], |_, _| "same".into());
        let messages: Vec<String> = table.collisions("kv").map(|collision| collision.to_string()).collect();
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
        assert_eq!(table(known('a'), &["A", "B"], crossed).collisions("kv").count(), 2);
        assert_eq!(table(known('b'), &["A", "B"], crossed).collisions("kv").next(), None);
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
        assert_eq!(table.collisions("vectorize").next(), None);
        assert_eq!(table.logical("vectorize", "shop-dev", "development"), Some("main"));
        table.add("vectorize", "primary", &policy).unwrap();
        assert_eq!(table.collisions("vectorize").count(), 1, "now development uses both");
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

    /// Names that are known to be contested are not compared again, and what is not contested has few to compare with.
    #[test]
    fn a_name_is_compared_with_those_of_the_same_real_name_only() {
        let environments = [environment("development", None), environment("production", None)];
        let asked_of = |names: usize, real: fn(usize) -> String| {
            let compared = std::cell::Cell::new(0_usize);
            let mut claims = Claims::default();
            for number in 0..names {
                for position in 0..environments.len() {
                    let claim = Claim { logical: format!("N{number}"), position };
                    claims.add("kv", &real(number), claim, |one, other| {
                        compared.set(compared.get() + 1);
                        environments[one].may_share_account(&environments[other])
                    });
                }
            }
            compared.get()
        };
        assert_eq!(asked_of(1_000, |number| format!("shop-{number}")), 0);
        assert_eq!(asked_of(1_000, |_| "same".into()), 1, "it is contested from then on");
    }
}
