//! The kinds of bindings in a wrangler config: those that services declare, and those that no service provisions.
//!
//! **Invariant:** where a kind stands in the file and how its fields are called is said once, in its [`BindingForm`].

use crate::project::tree::Node;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;

/// How a wrangler config binds what a service has.
#[derive(Debug, PartialEq, Eq)]
pub struct BindingForm {
    /// The keys that lead to such bindings: `["queues", "producers"]`.
    pub path: &'static [&'static str],
    /// How many a Worker has of them, and so how they are written.
    pub entries: Entries,
    /// The field with the real name.
    pub name_field: Option<&'static str>,
    /// The field with the id.
    pub id_field: Option<&'static str>,
    /// The other fields of an entry that are read.
    pub fields: &'static [&'static str],
    /// The table in the service's table of the project file whose entries say more of what is bound, by the binding or by
    /// the name.
    pub described_in: Option<&'static str>,
    /// A sample of what such an entry has to say before what is bound can be made, where a binding alone is not enough.
    pub needs: Option<&'static str>,
    /// How the API shows such a binding of a deployed Worker, where it may have neither id nor name in the config.
    pub deployed: Option<DeployedForm>,
}

/// How bindings of a kind are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// Any number: a list with a table for each.
    List,
    /// One at most: a table.
    One,
}

/// How the API shows a binding of a deployed Worker (WR-14).
#[derive(Debug, PartialEq, Eq)]
pub struct DeployedForm {
    /// Its `type`.
    pub of_type: &'static str,
    /// The field that says what is bound: by its id where the form has a field for ids, else by its name.
    pub field: &'static str,
}

/// What a binding is bound to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BindingKind {
    name: &'static str,
    form: &'static BindingForm,
    is_provisioned: bool,
}

/// Every kind that a config is read for.
#[derive(Clone, Debug, Default)]
pub struct BindingKinds(Arc<[BindingKind]>);

/// Lists that are read as bindings although no service has them, until one declares the same path.
const FOREIGN: &[(&str, &BindingForm)] = &[(
    "queue",
    &BindingForm {
        path: &["queues", "producers"],
        entries: Entries::List,
        name_field: Some("queue"),
        id_field: None,
        fields: &[],
        described_in: None,
        needs: None,
        deployed: None,
    },
)];

impl BindingKinds {
    /// Those of services, by the service's name, and what no service provisions.
    pub fn new(services: impl IntoIterator<Item = (&'static str, &'static BindingForm)>) -> Self {
        let kind = |(name, form), is_provisioned| BindingKind { name, form, is_provisioned };
        let mut kinds: Vec<BindingKind> = services.into_iter().map(|of| kind(of, true)).collect();
        let ours: Vec<_> = kinds.iter().map(|kind| kind.form.path).collect();
        let foreign = FOREIGN.iter().filter(|(_, form)| !ours.contains(&form.path));
        kinds.extend(foreign.map(|of| kind(*of, false)));
        BindingKinds(kinds.into())
    }

    /// In the order of the services.
    pub fn iter(&self) -> impl Iterator<Item = BindingKind> + use<> {
        let kinds = self.0.clone();
        (0..kinds.len()).map(move |at| kinds[at])
    }

    /// That of a service.
    pub fn of_service(&self, service: &str) -> Option<BindingKind> {
        self.iter().find(|kind| kind.name == service)
    }

    /// The entries of all kinds in the top level or an environment.
    pub(super) fn entries<'a>(
        &self,
        table: &'a Node,
    ) -> impl Iterator<Item = (BindingKind, &'a Node)> + use<'a> {
        self.iter().flat_map(move |kind| kind.entries(table).iter().map(move |entry| (kind, entry)))
    }

    /// The part of a config that Larder reads, as a schema; everything else is wrangler's to judge.
    pub(super) fn shape(&self) -> Value {
        let mut environment = json!({ "name": { "type": "string" }, "account_id": { "type": "string" } });
        for kind in self.iter() {
            let [folders @ .., list] = kind.path() else { continue };
            let mut table = &mut environment;
            for folder in folders {
                if table[folder].is_null() {
                    table[folder] = open(&Value::Object(Map::new()));
                }
                table = &mut table[folder]["properties"];
            }
            table[*list] = kind.shape();
        }
        let mut top = open(&environment);
        top["properties"]["env"] = json!({ "type": "object", "additionalProperties": open(&environment) });
        top
    }
}

fn open(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": true })
}

impl BindingKind {
    /// The name of its service: `kv`, `r2`, `d1`.
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// Whether a service provisions what it binds.
    pub fn is_provisioned(self) -> bool {
        self.is_provisioned
    }

    /// The keys that lead to such bindings.
    pub(super) fn path(self) -> &'static [&'static str] {
        self.form.path
    }

    /// The table that holds such bindings, as a path of TOML.
    pub fn table(self) -> String {
        self.path().join(".")
    }

    /// How many a Worker has of them, and so how they are written.
    pub fn written_as(self) -> Entries {
        self.form.entries
    }

    /// The field with the real name.
    pub fn name_field(self) -> Option<&'static str> {
        self.form.name_field
    }

    /// The field with the id.
    pub fn id_field(self) -> Option<&'static str> {
        self.form.id_field
    }

    /// How the API shows such a binding of a deployed Worker.
    pub fn deployed(self) -> Option<&'static DeployedForm> {
        self.form.deployed.as_ref()
    }

    /// The table of the service's table in the project file whose entries say more of what is bound.
    pub fn described_in(self) -> Option<&'static str> {
        self.form.described_in
    }

    /// A sample of what such an entry has to say, where a binding alone is not enough.
    pub fn needs(self) -> Option<&'static str> {
        self.form.needs
    }

    /// Whether an entry may say this.
    pub(super) fn reads(self, field: &str) -> bool {
        self.form.fields.contains(&field)
    }

    /// Its entries in the top level or an environment.
    pub(super) fn entries(self, table: &Node) -> &[Node] {
        let found = self.path().iter().try_fold(table, |node, key| node.get(key));
        match self.form.entries {
            Entries::List => found.map(Node::items).unwrap_or_default(),
            Entries::One => found.map(std::slice::from_ref).unwrap_or_default(),
        }
    }

    fn shape(self) -> Value {
        let mut properties = json!({ "binding": { "type": "string", "minLength": 1 } });
        let named = self.name_field().into_iter().chain(self.id_field());
        for field in named.chain(self.form.fields.iter().copied()) {
            properties[field] = json!({ "type": "string" });
        }
        let entry = json!({
            "type": "object", "required": ["binding"], "properties": properties, "additionalProperties": true,
        });
        match self.form.entries {
            Entries::List => json!({ "type": "array", "items": entry }),
            Entries::One => entry,
        }
    }
}

impl fmt::Display for BindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl fmt::Debug for BindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

#[cfg(test)]
mod tests;
