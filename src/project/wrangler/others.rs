//! What a Worker needs in the account beside what Larder provisions.

use super::kind::BindingKinds;
use crate::project::tree::Node;

/// Lists of bindings to what has to be there before a deploy, and is not made by one, as long as no service has them.
const TABLES: [&str; 9] = [
    "hyperdrive",
    "dispatch_namespaces",
    "pipelines",
    "secrets_store_secrets",
    "mtls_certificates",
    "vpc_services",
    "vpc_networks",
    "ai_search_namespaces",
    "agent_memory",
];

/// One such binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The key of its list.
    pub table: &'static str,
    /// The variable of the Worker.
    pub binding: String,
}

/// Those of the top level or an environment.
pub(super) fn read(table: &Node, kinds: &BindingKinds) -> Vec<Other> {
    let of = |key: &'static str| {
        let entries = table.get(key).map(Node::items).unwrap_or_default();
        entries
            .iter()
            .filter_map(move |entry| Some(Other { table: key, binding: entry.text("binding")?.to_owned() }))
    };
    let is_read = |key: &&str| kinds.iter().any(|kind| kind.path() == [*key]);
    TABLES.into_iter().filter(|key| !is_read(key)).flat_map(of).collect()
}
