//! The entries of a wrangler config other than bindings to provisioned resources: what must exist before a deploy,
//! what a deploy creates, and what an environment does not inherit (WR-10, WR-11).
//!
//! **Invariant:** every key that Larder does not provision and that may be told of stands in [`KEYS`], and nowhere else.

use super::binding::Binding;
use super::kind::BindingKinds;
use crate::events::Site;
use crate::project::source::{Sources, Span};
use crate::project::tree::Node;

/// Who brings something into the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisioner {
    /// It has to be there before a deploy.
    Before,
    /// A deploy makes it, or every account has it.
    Deploy,
    /// The config itself: a value.
    Config,
}

/// Where the names of entries stand.
#[derive(Clone, Copy)]
enum NamePosition {
    /// In this field of each entry of a list, or of the one table.
    Field(&'static str),
    /// They are the keys of the table, or the items of the list.
    Keys,
}

/// A key of a config.
struct Key {
    path: &'static [&'static str],
    names: NamePosition,
    source: Provisioner,
    /// Counts only where an entry has this field, and is called by it.
    field: Option<&'static str>,
}

const fn key(path: &'static [&'static str], field: &'static str, source: Provisioner) -> Key {
    Key { path, names: NamePosition::Field(field), source, field: None }
}

const fn preview(path: &'static [&'static str], field: &'static str) -> Key {
    Key { path, names: NamePosition::Field("binding"), source: Provisioner::Before, field: Some(field) }
}

const fn values(path: &'static [&'static str]) -> Key {
    Key { path, names: NamePosition::Keys, source: Provisioner::Config, field: None }
}

/// None of them is inherited by an environment.
const KEYS: &[Key] = &[
    key(&["hyperdrive"], "binding", Provisioner::Before),
    key(&["dispatch_namespaces"], "binding", Provisioner::Before),
    key(&["pipelines"], "binding", Provisioner::Before),
    key(&["secrets_store_secrets"], "binding", Provisioner::Before),
    key(&["mtls_certificates"], "binding", Provisioner::Before),
    key(&["vpc_services"], "binding", Provisioner::Before),
    key(&["vpc_networks"], "binding", Provisioner::Before),
    key(&["ai_search"], "binding", Provisioner::Before),
    key(&["ai_search_namespaces"], "binding", Provisioner::Before),
    key(&["agent_memory"], "binding", Provisioner::Before),
    key(&["artifacts"], "binding", Provisioner::Before),
    key(&["flagship"], "binding", Provisioner::Before),
    key(&["queues", "consumers"], "queue", Provisioner::Before),
    key(&["services"], "binding", Provisioner::Before),
    key(&["tail_consumers"], "service", Provisioner::Before),
    key(&["streaming_tail_consumers"], "service", Provisioner::Before),
    key(&["send_email"], "name", Provisioner::Before),
    preview(&["kv_namespaces"], "preview_id"),
    preview(&["r2_buckets"], "preview_bucket_name"),
    preview(&["d1_databases"], "preview_database_id"),
    key(&["durable_objects", "bindings"], "name", Provisioner::Deploy),
    key(&["workflows"], "binding", Provisioner::Deploy),
    key(&["containers"], "class_name", Provisioner::Deploy),
    key(&["analytics_engine_datasets"], "binding", Provisioner::Deploy),
    key(&["ratelimits"], "name", Provisioner::Deploy),
    key(&["worker_loaders"], "binding", Provisioner::Deploy),
    key(&["unsafe", "bindings"], "name", Provisioner::Deploy),
    key(&["ai"], "binding", Provisioner::Deploy),
    key(&["browser"], "binding", Provisioner::Deploy),
    key(&["images"], "binding", Provisioner::Deploy),
    key(&["media"], "binding", Provisioner::Deploy),
    key(&["stream"], "binding", Provisioner::Deploy),
    key(&["version_metadata"], "binding", Provisioner::Deploy),
    values(&["secrets", "required"]),
    values(&["vars"]),
    values(&["define"]),
];

/// Something that has a name in a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherEntry {
    /// Its key in the config, or the service that it belongs to.
    pub what: String,
    /// Its name, mostly the variable of the Worker.
    pub name: String,
    /// Who brings it into the account.
    pub source: Provisioner,
    pub at: Site,
}

impl OtherEntry {
    /// A binding to what a service has.
    fn of(binding: &Binding) -> Self {
        let (what, name) = (binding.kind.to_string(), binding.binding.clone());
        OtherEntry { what, name, source: Provisioner::Before, at: binding.location.clone() }
    }
}

/// Those of the top level or an environment that no kind reads.
pub(super) fn read(table: &Node, sources: &Sources, kinds: &BindingKinds) -> Vec<OtherEntry> {
    let is_read = |key: &&Key| key.field.is_none() && kinds.iter().any(|kind| kind.path() == key.path);
    KEYS.iter().filter(|key| !is_read(key)).flat_map(|key| key.read(table, sources)).collect()
}

/// What only the top level has: bindings, and others.
pub(super) fn not_inherited(
    top: (&[Binding], &[OtherEntry]),
    environment: (&[Binding], &[OtherEntry]),
) -> Vec<OtherEntry> {
    let all = |(bindings, others): (&[Binding], &[OtherEntry])| {
        // What `wrangler dev` takes is no loss of a Worker.
        let others = others.iter().filter(|one| !one.what.starts_with("preview_")).cloned();
        bindings.iter().map(OtherEntry::of).chain(others).collect::<Vec<OtherEntry>>()
    };
    let own = all(environment);
    let is_lost =
        |lost: &OtherEntry| !own.iter().any(|kept| (&kept.what, &kept.name) == (&lost.what, &lost.name));
    all(top).into_iter().filter(is_lost).collect()
}

impl Key {
    fn read(&self, table: &Node, sources: &Sources) -> Vec<OtherEntry> {
        let Some(found) = self.path.iter().try_fold(table, |node, key| node.get(key)) else {
            return Vec::new();
        };
        let what = self.field.map_or_else(|| self.path.join("."), str::to_owned);
        let other = |name: &str, span: Span| OtherEntry {
            what: what.clone(),
            name: name.to_owned(),
            source: self.source,
            at: sources.location(span),
        };
        match self.names {
            NamePosition::Field(field) => {
                let entries =
                    if found.items().is_empty() { std::slice::from_ref(found) } else { found.items() };
                let counts = |entry: &&Node| self.field.is_none_or(|field| entry.get(field).is_some());
                let named = |entry: &Node| {
                    let node = entry.get(field)?;
                    Some(other(node.as_str()?, node.span))
                };
                entries.iter().filter(counts).filter_map(named).collect()
            }
            NamePosition::Keys => {
                let items = found.items().iter().filter_map(|item| Some(other(item.as_str()?, item.span)));
                let keys = found.entries().iter().map(|entry| other(&entry.key, entry.key_span));
                items.chain(keys).collect()
            }
        }
    }
}
