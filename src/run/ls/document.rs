//! The result of `ls`, as text and as JSON. Its schema is committed as `schemas/ls-1.json`.

use super::{Account, AccountEntry, NamedBy};
use crate::op::Value;
use crate::report::values::row;
use serde::Serialize;

/// The name and number of the schema.
pub const SCHEMA: &str = "larder.ls/1";

/// Who names what no environment names.
const NOBODY: &str = "nobody";

/// The same where not every environment was asked for all its names.
const NOT_KNOWN: &str = "not known";

/// What is in an account, as `--format json` has it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Document {
    /// `larder.ls/1`.
    schema: &'static str,
    /// The account.
    account: String,
    /// The environments that were asked what they name; null where there is no project.
    environments: Option<Vec<String>>,
    /// The services that were asked for, in order.
    services: Vec<Listed>,
    /// What the names rest on, where that is not certain.
    notes: Vec<String>,
}

/// What a service has.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Listed {
    /// `kv`, `r2`, ...
    service: &'static str,
    /// Why it could not be listed; null where it was.
    error: Option<String>,
    /// What it has, by name.
    items: Vec<Item>,
}

/// One that is there.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Item {
    /// Its name.
    name: String,
    /// Its id; the name where it has no other.
    id: String,
    /// Where its data must stay; null where that is open or not known.
    jurisdiction: Option<String>,
    /// Who names it; empty for nobody, null where there is no project to name anything.
    named_by: Option<Vec<NamedBy>>,
}

impl Document {
    pub fn of(account: &Account, id: &str) -> Self {
        let services = account.asked.iter().map(|service| account.listed(service.name)).collect();
        let (environments, notes) = (account.environments.clone(), account.notes.clone());
        Document { schema: SCHEMA, account: id.to_owned(), environments, services, notes }
    }
}

impl Account {
    fn listed(&self, service: &'static str) -> Listed {
        let refused = self.refused.iter().find(|refused| refused.service.name == service);
        let items = self.rows_of(service).map(|row| Item {
            name: row.seen.key.name.clone(),
            id: row.seen.id.clone(),
            jurisdiction: row.seen.jurisdiction().map(str::to_owned),
            named_by: self.environments.as_ref().map(|_| row.named_by.clone()),
        });
        Listed {
            service,
            error: refused.map(|refused| refused.problem.message.clone()),
            items: items.collect(),
        }
    }

    /// What a service has.
    pub fn rows_of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a AccountEntry> {
        self.rows.iter().filter(move |row| row.service.name == service)
    }

    /// How many are named by nobody.
    pub fn unnamed(&self) -> usize {
        self.rows.iter().filter(|row| row.named_by.is_empty()).count()
    }

    /// Who names what nobody is known to name.
    pub fn nobody(&self) -> &'static str {
        if self.is_known { NOBODY } else { NOT_KNOWN }
    }

    /// Who names it, in words.
    pub fn said(&self, row: &AccountEntry) -> String {
        if !row.named_by.is_empty() {
            return said(&row.named_by);
        }
        let could = row.could_be.iter().map(|environment| format!(", or a branch of {environment}"));
        [self.nobody().to_owned()].into_iter().chain(could).collect()
    }

    /// A row of nothing, which has every column.
    pub fn blank(&self) -> Value {
        let mut value = row(["service", "name", "id", "jurisdiction"].map(|column| (column, Value::Unit)));
        if let (Some(_), Value::Map(map)) = (&self.environments, &mut value) {
            map.insert("named_by".to_owned(), Value::Unit);
        }
        value
    }

    /// Rows for a table.
    pub fn values<'a>(&self, rows: impl Iterator<Item = &'a AccountEntry>) -> Value {
        let text = |text: &str| Value::Str(text.to_owned());
        let of_row = |row_of: &'a AccountEntry| {
            let seen = &row_of.seen;
            let named_by = self.said(row_of);
            let mut value = self.blank();
            if let Value::Map(columns) = &mut value {
                for (name, column) in columns {
                    *column = match name.as_str() {
                        "service" => text(row_of.service.name),
                        "name" => text(&seen.key.name),
                        "id" => text(&seen.id),
                        "jurisdiction" => seen.jurisdiction().map(text).unwrap_or_default(),
                        _ => text(&named_by),
                    };
                }
            }
            value
        };
        Value::List(rows.map(of_row).collect())
    }
}

/// Those who name it, in words.
fn said(named_by: &[NamedBy]) -> String {
    let one = |by: &NamedBy| {
        let branch = by.branch.as_ref().map(|branch| format!(" of {branch}")).unwrap_or_default();
        let logical = by.logical.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        let bound = match by.bindings.as_slice() {
            [] => String::new(),
            bindings => format!(" bound as {}", bindings.join(", ")),
        };
        format!("{}{branch}{logical}{bound}", by.environment)
    };
    named_by.iter().map(one).collect::<Vec<_>>().join("; ")
}
