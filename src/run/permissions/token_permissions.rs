//! Determines the permissions of the current token, from its own rules where it may read them, else by a read of
//! each service.

use super::Needs;
use crate::events::Recorder;
use crate::http::{Class, Client, Endpoint, Permission, ReadError};
use crate::op::{Context, Failure, Guard, Mode};
use crate::project::credentials::{self, CredentialsError};
use crate::run::{Session, Workspace};
use crate::services::Services;
use crate::services::identity::api::{self, Owner};
use crate::services::identity::wire::{Policy, Token, Verified};
use crate::system::{Clock as _, SystemClock};
use anyhow::anyhow;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a group is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Has {
    Yes,
    No,
    /// The service can be read; whether it can be written to is known only by writing.
    ReadsAtLeast,
}

/// What there is to say of a token.
#[derive(Debug)]
pub struct TokenPermissions {
    /// `None` for a global key, which may do everything.
    pub token: Option<(Owner, Verified)>,
    /// Each group that is needed.
    pub groups: Vec<(&'static Permission, Has)>,
    /// Groups that are not needed, by name; only where the rules can be read.
    pub beyond: Vec<String>,
}

impl TokenPermissions {
    /// Whether the API takes it.
    pub fn is_valid(&self) -> bool {
        self.token.as_ref().is_none_or(|(_, verified)| verified.status == "active")
    }

    /// Whether a group that is needed is not there.
    pub fn lacks_something(&self) -> bool {
        self.groups.iter().any(|(_, has)| *has == Has::No)
    }
}

/// A context that only reads.
pub fn context(session: &Session) -> anyhow::Result<Arc<Context>> {
    session.context(Mode::Plan, Arc::new(Recorder::default()), session.info(Guard::default()))
}

/// Whether there is a token to look at.
pub fn is_there(place: &Workspace) -> bool {
    let found = || credentials::resolve(&place.environment, SystemClock::default().now());
    place.is_local() || !matches!(found(), Err(CredentialsError::NotSet { .. }))
}

/// The permissions of the session's token.
pub fn held(session: &Session, needs: &Needs) -> anyhow::Result<TokenPermissions> {
    let context = context(session)?;
    let held = session.runtime().block_on(look(
        session.place.services,
        &context.client,
        session.target.is_key(),
        needs,
    ));
    held.map_err(|error| {
        let failure = Failure::of_read("the token", error);
        let hint = failure.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        anyhow!("{failure}{hint}")
    })
}

/// Looks; sends reads only.
pub async fn look(
    services: Services,
    client: &Client,
    is_key: bool,
    needs: &Needs,
) -> Result<TokenPermissions, ReadError> {
    let needed = needs.needed.iter().map(|(group, _)| *group);
    if is_key {
        let groups = needed.map(|group| (group, Has::Yes)).collect();
        return Ok(TokenPermissions { token: None, groups, beyond: Vec::new() });
    }
    let (owner, verified) = api::verify(client).await?;
    let (groups, beyond) = if let Some(rules) = api::rules(client, owner, &verified.id).await? {
        compare(services, &rules, client.account(), needed)
    } else {
        let mut groups = Vec::new();
        for group in needed {
            groups.push((group, probe(services, client, group).await?));
        }
        (groups, Vec::new())
    };
    Ok(TokenPermissions { token: Some((owner, verified)), groups, beyond })
}

type Compared = (Vec<(&'static Permission, Has)>, Vec<String>);

/// Rules against needs; a `deny` takes away what another rule gives.
fn compare(
    services: Services,
    rules: &Token,
    account: &str,
    needed: impl Iterator<Item = &'static Permission>,
) -> Compared {
    let of_id = |id: &str| services.permissions().find(|group| group.id == id);
    let ids = |effect: &str| -> BTreeSet<String> {
        let rules = rules.policies.iter().filter(|rule| rule.effect == effect && is_about(rule, account));
        rules.flat_map(|rule| rule.permission_groups.iter().map(|group| group.id.clone())).collect()
    };
    let (allowed, denied) = (ids("allow"), ids("deny"));
    let given: Vec<&String> = allowed.difference(&denied).collect();
    let needed: Vec<&'static Permission> = needed.collect();
    let holds = |group: &Permission| {
        let covers = |id: &&String| of_id(id).is_some_and(|held| held.covers(group));
        if given.iter().any(covers) { Has::Yes } else { Has::No }
    };
    let is_needed = |id: &str| of_id(id).is_some_and(|held| needed.iter().any(|group| group.covers(held)));
    let name = |id: &String| {
        let groups = rules.policies.iter().flat_map(|rule| &rule.permission_groups);
        let named = groups.filter(|group| group.id == *id).find_map(|group| group.name.clone());
        named.unwrap_or_else(|| id.clone())
    };
    let mut beyond: Vec<String> = given.iter().filter(|id| !is_needed(id)).map(|id| name(id)).collect();
    beyond.sort();
    (needed.iter().map(|group| (*group, holds(group))).collect(), beyond)
}

/// Whether a rule speaks of the account as a whole.
fn is_about(rule: &Policy, account: &str) -> bool {
    const ACCOUNT: &str = "com.cloudflare.api.account.";
    rule.resources.keys().any(|key| key.strip_prefix(ACCOUNT).is_some_and(|id| id == "*" || id == account))
}

/// Asks the service for a list, which needs its `Read`.
async fn probe(services: Services, client: &Client, group: &Permission) -> Result<Has, ReadError> {
    let Some(list) = listing(services, group) else { return Ok(Has::ReadsAtLeast) };
    match client.answer(&list.call()).await {
        Ok(_) => Ok(Has::of_read(group)),
        Err(ReadError::Rejected(error)) if error.is_denied() => Ok(Has::No),
        Err(error) => Err(error),
    }
}

impl Has {
    fn of_read(group: &Permission) -> Has {
        match group.level {
            crate::http::Level::Read => Has::Yes,
            crate::http::Level::Write => Has::ReadsAtLeast,
        }
    }
}

/// A read of the product that needs nothing but the account.
fn listing(services: Services, group: &Permission) -> Option<&'static Endpoint> {
    let endpoints = services.ops().flat_map(|op| op.endpoints.iter().copied());
    let mut found = endpoints.filter(|endpoint| {
        let asks = services.permission(endpoint.permission).is_some_and(|asked| group.covers(asked));
        asks && endpoint.class == Class::Read
            && endpoint.method == "GET"
            && endpoint.path.matches('{').count() == 1
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn group(name: &str) -> &'static Permission {
        Services::default().permission(name).unwrap()
    }

    #[test]
    fn each_service_can_be_asked() {
        let services = Services::default();
        for op in services.ops() {
            for name in op.endpoints.iter().map(|endpoint| endpoint.permission) {
                if let Some(group) = services.permission(name) {
                    assert!(listing(services, group).is_some(), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_deny_and_another_account_do_not_count() {
        let rule = |effect: &str, groups: &[&str], account: &str| {
            let groups: Vec<_> =
                groups.iter().map(|name| json!({"id": group(name).id, "name": name})).collect();
            let resources = json!({format!("com.cloudflare.api.account.{account}"): "*"});
            json!({"effect": effect, "permission_groups": groups, "resources": resources})
        };
        let rules = json!({"policies": [
            rule("allow", &["D1 Write", "AI Gateway Write"], "a"),
            rule("deny", &["AI Gateway Write"], "*"),
            rule("allow", &["Vectorize Write"], "b"),
            rule("allow", &["Workers R2 Storage Read"], "*"),
        ]});
        let rules: Token = serde_json::from_value(rules).unwrap();
        let needed = ["D1 Read", "AI Gateway Write", "Vectorize Write"].map(group);
        let (groups, beyond) = compare(Services::default(), &rules, "a", needed.into_iter());
        let has: Vec<Has> = groups.into_iter().map(|(_, has)| has).collect();
        assert_eq!(has, [Has::Yes, Has::No, Has::No]);
        assert_eq!(beyond, ["D1 Write", "Workers R2 Storage Read"]);
    }
}
