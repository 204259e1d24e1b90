//! Bindings of a Worker to things that Larder provisions.
//!
//! **Invariant:** where a kind stands in the file and how its fields are called is said once, in [`BindingKind`].

use crate::events::Site;
use crate::project::source::{Sources, Written};
use crate::project::tree::Node;
use serde_json::{Value, json};
use std::fmt;

/// What a binding is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BindingKind {
    /// A KV namespace, by id.
    Kv,
    /// An R2 bucket, by name.
    R2,
    /// A D1 database, by id and name.
    D1,
    /// A Vectorize index, by name.
    Vectorize,
    /// A queue to which the Worker sends, by name.
    Queue,
}

/// One binding as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// To what.
    pub kind: BindingKind,
    /// The variable of the Worker.
    pub binding: String,
    /// The real name of what is bound, where the config holds one.
    pub name: Option<String>,
    /// Its id, where the config holds one.
    pub id: Option<String>,
    /// Where ids do not count: an earlier binding of the kind with the same id, which is the same resource.
    pub same_as: Option<String>,
    /// Its jurisdiction.
    pub jurisdiction: Option<String>,
    /// Of a D1 database, its migrations; empty for other kinds.
    pub migrations: MigrationSettings,
    /// Where the binding's name stands.
    pub location: Site,
}

/// Where the migrations of a D1 database are, as far as its entry says (wrangler notes, part one, 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationSettings {
    /// `migrations_dir`, relative to the config's folder.
    pub dir: Option<Written>,
    /// `migrations_pattern`, relative to the config's folder as well.
    pub pattern: Option<Written>,
    /// `migrations_table`, the ledger's.
    pub table: Option<Written>,
}

impl Binding {
    /// The name that wrangler gives to what the Worker `script` binds without id or name.
    pub fn automatic_name(&self, script: &str) -> String {
        let binding = self.same_as.as_ref().unwrap_or(&self.binding);
        format!("{script}-{}", binding.to_lowercase().replace('_', "-"))
    }
}

impl BindingKind {
    /// Every kind.
    pub const ALL: [BindingKind; 5] =
        [BindingKind::Kv, BindingKind::R2, BindingKind::D1, BindingKind::Vectorize, BindingKind::Queue];

    /// The short name: `kv`, `r2`, `d1`, `vectorize`, `queue`.
    pub fn as_str(self) -> &'static str {
        match self {
            BindingKind::Kv => "kv",
            BindingKind::R2 => "r2",
            BindingKind::D1 => "d1",
            BindingKind::Vectorize => "vectorize",
            BindingKind::Queue => "queue",
        }
    }

    /// The keys that lead to the list of such bindings.
    pub(super) fn path(self) -> &'static [&'static str] {
        match self {
            BindingKind::Kv => &["kv_namespaces"],
            BindingKind::R2 => &["r2_buckets"],
            BindingKind::D1 => &["d1_databases"],
            BindingKind::Vectorize => &["vectorize"],
            BindingKind::Queue => &["queues", "producers"],
        }
    }

    /// The table that holds such bindings, as a path of TOML.
    pub fn table(self) -> String {
        self.path().join(".")
    }

    /// The field with the real name.
    pub fn name_field(self) -> Option<&'static str> {
        match self {
            BindingKind::Kv => None,
            BindingKind::R2 => Some("bucket_name"),
            BindingKind::D1 => Some("database_name"),
            BindingKind::Vectorize => Some("index_name"),
            BindingKind::Queue => Some("queue"),
        }
    }

    /// The field with the id.
    pub fn id_field(self) -> Option<&'static str> {
        match self {
            BindingKind::Kv => Some("id"),
            BindingKind::D1 => Some("database_id"),
            BindingKind::R2 | BindingKind::Vectorize | BindingKind::Queue => None,
        }
    }
}

impl fmt::Display for BindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The entries of all kinds in the top level or an environment.
pub(super) fn entries(table: &Node) -> impl Iterator<Item = (BindingKind, &Node)> {
    BindingKind::ALL.into_iter().flat_map(move |kind| {
        let list = kind.path().iter().try_fold(table, |node, key| node.get(key));
        list.map(Node::items).unwrap_or_default().iter().map(move |entry| (kind, entry))
    })
}

/// The bindings of the top level or an environment.
pub(super) fn read(table: &Node, sources: &Sources) -> Vec<Binding> {
    entries(table).filter_map(|(kind, entry)| binding(kind, entry, sources)).collect()
}

fn binding(kind: BindingKind, entry: &Node, sources: &Sources) -> Option<Binding> {
    let name = entry.get("binding")?;
    let text = |field: &str| entry.text(field).filter(|text| !text.is_empty()).map(str::to_owned);
    let written = |field: &str| {
        let at = sources.location(entry.get(field)?.span);
        text(field).map(|value| Written { value, at })
    };
    let migrations = || MigrationSettings {
        dir: written("migrations_dir"),
        pattern: written("migrations_pattern"),
        table: written("migrations_table"),
    };
    Some(Binding {
        kind,
        binding: name.as_str()?.to_owned(),
        name: kind.name_field().and_then(text),
        id: kind.id_field().and_then(text),
        same_as: None,
        jurisdiction: text("jurisdiction"),
        migrations: if kind == BindingKind::D1 { migrations() } else { MigrationSettings::default() },
        location: sources.location(name.span),
    })
}

/// The part of a config that Larder reads, as a schema; everything else is wrangler's to judge.
pub(super) fn shape() -> Value {
    let string = json!({ "type": "string" });
    let list = |fields: &[&str]| {
        let mut properties = json!({ "binding": { "type": "string", "minLength": 1 } });
        for field in fields {
            properties[*field] = string.clone();
        }
        let entry = json!({ "type": "object", "required": ["binding"], "properties": properties, "additionalProperties": true });
        json!({ "type": "array", "items": entry })
    };
    let environment = json!({
        "name": string,
        "account_id": string,
        "kv_namespaces": list(&["id"]),
        "r2_buckets": list(&["bucket_name", "jurisdiction"]),
        "d1_databases": list(&[
            "database_name", "database_id", "jurisdiction", "migrations_dir", "migrations_pattern", "migrations_table",
        ]),
        "vectorize": list(&["index_name"]),
        "queues": { "type": "object", "additionalProperties": true, "properties": { "producers": list(&["queue"]) } },
    });
    let open = |properties: &Value| json!({ "type": "object", "properties": properties, "additionalProperties": true });
    let mut top = open(&environment);
    top["properties"]["env"] = json!({ "type": "object", "additionalProperties": open(&environment) });
    top
}
