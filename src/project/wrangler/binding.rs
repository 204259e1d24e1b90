//! Bindings of a Worker to things that Larder provisions.

use super::kind::{BindingKind, BindingKinds};
use crate::events::Site;
use crate::project::source::{Sources, Written};
use crate::project::tree::Node;

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

/// The bindings of the top level or an environment.
pub(super) fn read(table: &Node, sources: &Sources, kinds: &BindingKinds) -> Vec<Binding> {
    kinds.entries(table).filter_map(|(kind, entry)| binding(kind, entry, sources)).collect()
}

fn binding(kind: BindingKind, entry: &Node, sources: &Sources) -> Option<Binding> {
    let name = entry.get("binding")?;
    let text = |field: &str| entry.text(field).filter(|text| !text.is_empty()).map(str::to_owned);
    let written = |field: &str| {
        let at = sources.location(entry.get(field).filter(|_| kind.reads(field))?.span);
        text(field).map(|value| Written { value, at })
    };
    Some(Binding {
        kind,
        binding: name.as_str()?.to_owned(),
        name: kind.name_field().and_then(text),
        id: kind.id_field().and_then(text),
        same_as: None,
        jurisdiction: text("jurisdiction"),
        migrations: MigrationSettings {
            dir: written("migrations_dir"),
            pattern: written("migrations_pattern"),
            table: written("migrations_table"),
        },
        location: sources.location(name.span),
    })
}
