//! Reads one resource with all its settings. Its schema is committed as `schemas/get-1.json`.

use super::ls::{Account, AccountEntry, NamedBy};
use crate::events::Problem;
use crate::op::Value;
use crate::project::did_you_mean;
use crate::reconcile::ExistingResource;
use crate::services::{Service, Services};
use anyhow::anyhow;
use serde::Serialize;
use serde_json::Value as Json;

/// The name and number of the schema.
pub const SCHEMA: &str = "larder.get/1";

/// What is asked for.
pub struct GetQuery<'a> {
    /// A name, or an id.
    pub name: &'a str,
    /// Only what must stay there; `default` for what may be anywhere.
    pub jurisdiction: Option<&'a str>,
    /// What a command line needs to look at the same account.
    pub flags: &'a str,
}

/// Why there is nothing to show.
pub enum NothingToShow {
    /// The service could not be listed, which was said.
    Refused,
    /// Nothing is called that.
    NotThere(Box<Problem>),
}

/// What is found, as `--format json` has it: one mostly, and one for each jurisdiction that has the name.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Document {
    /// `larder.get/1`.
    schema: &'static str,
    /// The account.
    account: String,
    /// What was found, in the order of jurisdictions.
    items: Vec<Item>,
}

/// One thing with all its settings.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Item {
    /// `kv`, `r2`, ...
    service: &'static str,
    /// Its name.
    name: String,
    /// Its id; the name where it has no other.
    id: String,
    /// Where its data must stay; null where that is open or not known.
    jurisdiction: Option<String>,
    /// Everything that the API says of it, as a handle has it; what may be a credential is not shown.
    settings: Json,
    /// Who names it; empty for nobody, null where there is no project to name anything.
    named_by: Option<Vec<NamedBy>>,
}

/// The rows that are meant, by name; else by id.
pub fn find(account: &mut Account, wanted: &GetQuery) -> Result<Vec<AccountEntry>, NothingToShow> {
    if !account.refused.is_empty() {
        return Err(NothingToShow::Refused);
    }
    let rows = std::mem::take(&mut account.rows);
    let is_in_place = |seen: &ExistingResource| {
        wanted.jurisdiction.is_none_or(|asked| seen.jurisdiction().unwrap_or("default") == asked)
    };
    let by: [fn(&ExistingResource) -> &str; 2] = [|seen| &seen.key.name, |seen| &seen.id];
    let is_meant = by.into_iter().find(|of| rows.iter().any(|row| of(&row.seen) == wanted.name));
    let Some(of) = is_meant else {
        return Err(NothingToShow::NotThere(Box::new(not_there(account, &rows, wanted))));
    };
    let found: Vec<AccountEntry> = rows.into_iter().filter(|row| of(&row.seen) == wanted.name).collect();
    let places: Vec<&str> = found.iter().map(|row| row.seen.jurisdiction().unwrap_or("default")).collect();
    if !found.iter().any(|row| is_in_place(&row.seen)) {
        let message = format!("`{}` is in {}", wanted.name, places.join(", "));
        let problem = Problem::new("name", message);
        let problem = problem.with_hint("`--jurisdiction` with one of them, or without it");
        return Err(NothingToShow::NotThere(Box::new(problem)));
    }
    Ok(found.into_iter().filter(|row| is_in_place(&row.seen)).collect())
}

fn not_there(account: &Account, rows: &[AccountEntry], wanted: &GetQuery) -> Problem {
    let GetQuery { name, flags, .. } = *wanted;
    let service = account.asked.first().map(|service| service.name).unwrap_or_default();
    let problem = Problem::new("name", format!("{service} has no `{name}`"));
    let lower = name.to_lowercase();
    let names = || rows.iter().map(|row| row.seen.key.name.as_str());
    let same = names().find(|known| known.to_lowercase() == lower);
    let near = same.or_else(|| did_you_mean(name, names()));
    let near =
        near.or_else(|| names().find(|known| !lower.is_empty() && known.to_lowercase().contains(&lower)));
    let hint = near.map_or_else(
        || format!("`larder ls {service}{flags}` says what there is"),
        |near| format!("did you mean `{near}`?"),
    );
    problem.with_hint(hint)
}

/// A service by its name.
pub fn service(services: Services, name: &str) -> anyhow::Result<&'static Service> {
    let names = services.names();
    services.named(name).ok_or_else(|| {
        let hint = did_you_mean(name, names.iter().copied()).map_or_else(
            || format!("there are: {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        anyhow!("there is no service `{name}`\nhint: {hint}")
    })
}

impl Document {
    pub fn of(account: &Account, rows: &[AccountEntry], id: &str) -> Self {
        let item = |row: &AccountEntry| Item {
            service: row.service.name,
            name: row.seen.key.name.clone(),
            id: row.seen.id.clone(),
            jurisdiction: row.seen.jurisdiction().map(str::to_owned),
            settings: row.seen.value.to_json().unwrap_or_default(),
            named_by: account.environments.as_ref().map(|_| row.named_by.clone()),
        };
        Document { schema: SCHEMA, account: id.to_owned(), items: rows.iter().map(item).collect() }
    }
}

/// One as its properties, with who names it among them.
pub fn value(account: &Account, row: &AccountEntry) -> Value {
    let mut value = row.seen.value.clone();
    if let Value::Map(properties) = &mut value {
        if let Some(place) = row.seen.jurisdiction() {
            properties.insert("jurisdiction".to_owned(), Value::Str(place.to_owned()));
        }
        if account.environments.is_some() {
            properties.insert("named_by".to_owned(), Value::Str(account.said(row)));
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use crate::run::ls;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib get`.
    #[test]
    fn committed_schemas_are_those_of_the_code() {
        committed::schema::<super::Document>("get-1.json");
        committed::schema::<ls::Document>("ls-1.json");
    }
}
