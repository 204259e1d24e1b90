//! Formats permissions as text and as JSON.

use crate::escape::escape;
use crate::http::{Level, Permission};
use crate::run::Selected;
use crate::run::permissions::token_permissions::{Has, TokenPermissions};
use crate::run::permissions::{Needs, OpUse};
use crate::run::session::short_name;
use crate::services::identity::api::Owner;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// Written for an account that is not known.
const ACCOUNT_UNKNOWN: &str = "<ACCOUNT_ID>";

/// Everything that there is to say, as `--format json` has it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Shown {
    /// `larder.token/1`.
    schema: &'static str,
    /// The recipe.
    recipe: String,
    /// The environment.
    env: Option<String>,
    /// The account; null where nothing names it.
    account: Option<String>,
    /// The fewest permission groups for what the recipe comes to.
    needed: Vec<Group>,
    /// Those for what it calls only under conditions that a trial on an empty account does not meet.
    maybe: Vec<Group>,
    /// Ops whose permission depends on the path they are given.
    by_path: Vec<String>,
    /// What creates such a token, by `POST /user/tokens` or `POST /accounts/ID/tokens`.
    pub template: Json,
    /// The dashboard with the groups filled in.
    links: Links,
    /// The present token; null where there is none.
    token: Option<Present>,
}

/// A permission group.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Group {
    name: &'static str,
    id: &'static str,
    /// The ops that need it, each with the place of its first call.
    ops: Vec<String>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Links {
    /// For a token of a person.
    user: String,
    /// For a token of the account.
    account: String,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Present {
    /// `user`, `account`, or `key` for a global key.
    owner: &'static str,
    /// `active`, `disabled`, `expired`.
    status: String,
    /// RFC 3339; null for one that does not end.
    expires_on: Option<String>,
    /// Each group that is needed.
    groups: Vec<HasGroup>,
    /// Groups beyond those that are needed.
    beyond: Vec<String>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
struct HasGroup {
    name: &'static str,
    has: Has,
}

impl Shown {
    pub fn new(
        recipe: &str,
        selected: Option<&Selected>,
        account: Option<String>,
        needs: &Needs,
        held: Option<&TokenPermissions>,
    ) -> Shown {
        let env = selected.map(|selected| selected.config.environment.name.clone());
        let purpose: Vec<&str> = [Some("larder"), selected.map(|s| s.config.app.as_str()), env.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let purpose = purpose.join(" ");
        let groups: Vec<&Permission> = needs.needed.iter().map(|(group, _)| *group).collect();
        Shown {
            schema: "larder.token/1",
            recipe: short_name(recipe),
            template: template(&purpose, account.as_deref(), &groups),
            links: links(&purpose, &groups),
            env,
            account,
            needed: needs.needed.iter().map(listed).collect(),
            maybe: needs.maybe.iter().map(listed).collect(),
            by_path: needs.by_path.iter().map(placed).collect(),
            token: held.map(present),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let groups = |text: &mut String, title: &str, groups: &[Group]| {
            if groups.is_empty() {
                return;
            }
            let _ = writeln!(text, "{title}");
            for group in groups {
                let _ = writeln!(text, "  {:<25} {}  {}", group.name, group.id, group.ops.join(", "));
            }
        };
        groups(&mut text, "needed", &self.needed);
        groups(
            &mut text,
            "maybe needed: called only under conditions that an empty account does not meet",
            &self.maybe,
        );
        if !self.by_path.is_empty() {
            let _ =
                writeln!(text, "and the permission that its path belongs to: {}", self.by_path.join(", "));
        }
        if self.needed.is_empty() && self.by_path.is_empty() {
            text.push_str("this recipe needs no permission\n");
        } else {
            let _ = writeln!(
                text,
                "\ncreate it\n  for you          {}\n  for the account  {}",
                self.links.user, self.links.account
            );
        }
        if let Some(token) = &self.token {
            text.push('\n');
            text.push_str(&token.text());
        }
        text
    }
}

impl Present {
    fn text(&self) -> String {
        let of = match self.owner {
            "key" => return "the present credentials are a global key, which may do everything\n".to_owned(),
            "account" => "of the account",
            _ => "of a user",
        };
        let until =
            self.expires_on.as_deref().map(|until| format!(" until {}", escape(until))).unwrap_or_default();
        let mut text = format!("the present token, {of}, {}{until}\n", escape(&self.status));
        for group in &self.groups {
            let (mark, words) = match group.has {
                Has::Yes => ("=", ""),
                Has::No => ("!", "is missing"),
                Has::ReadsAtLeast => ("?", "can read; whether it can write is known only by writing"),
            };
            let _ = writeln!(text, "{}", format!("  {mark} {:<35} {words}", group.name).trim_end());
        }
        for name in &self.beyond {
            let _ = writeln!(text, "  - {:<35} is not needed", escape(name));
        }
        text
    }
}

fn present(held: &TokenPermissions) -> Present {
    let (owner, status, expires_on) = match &held.token {
        None => ("key", "active".to_owned(), None),
        Some((owner, verified)) => {
            let owner = if *owner == Owner::User { "user" } else { "account" };
            (owner, verified.status.clone(), verified.expires_on.clone())
        }
    };
    let groups = held.groups.iter().map(|(group, has)| HasGroup { name: group.name, has: *has }).collect();
    Present { owner, status, expires_on, groups, beyond: held.beyond.clone() }
}

fn listed((group, uses): &(&'static Permission, Vec<OpUse>)) -> Group {
    Group { name: group.name, id: group.id, ops: uses.iter().map(placed).collect() }
}

fn placed(one: &OpUse) -> String {
    one.at.as_ref().map_or_else(|| one.op.clone(), |at| format!("{} ({at})", one.op))
}

fn template(purpose: &str, account: Option<&str>, groups: &[&Permission]) -> Json {
    let groups: Vec<Json> =
        groups.iter().map(|group| json!({ "id": group.id, "name": group.name })).collect();
    let account = format!("com.cloudflare.api.account.{}", account.unwrap_or(ACCOUNT_UNKNOWN));
    let resources = Map::from_iter([(account, Json::from("*"))]);
    let policy = json!({ "effect": "allow", "permission_groups": groups, "resources": resources });
    json!({ "name": purpose, "policies": [policy] })
}

fn links(purpose: &str, groups: &[&Permission]) -> Links {
    let key = |group: &&Permission| {
        let kind = match group.level {
            Level::Read => "read",
            Level::Write => "edit",
        };
        json!({ "key": group.key, "type": kind })
    };
    let keys = Json::from(groups.iter().map(key).collect::<Vec<_>>()).to_string();
    let pairs = |more: &[(&str, &str)]| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("permissionGroupKeys", &keys).extend_pairs(more).append_pair("name", purpose);
        query.finish().replace('+', "%20")
    };
    let user = pairs(&[("accountId", "*"), ("zoneId", "all")]);
    Links {
        user: format!("https://dash.cloudflare.com/profile/api-tokens?{user}"),
        // `:account` is the dashboard's own word for the account that one chooses there.
        account: format!("https://dash.cloudflare.com/?to=/:account/api-tokens&{}", pairs(&[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib token`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Shown>("token-1.json");
    }
}
