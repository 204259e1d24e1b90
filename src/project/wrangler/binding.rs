//! The bindings of a Worker to resources that Larder provisions.

use super::kind::{BindingKind, BindingKinds};
use crate::events::Site;
use crate::project::source::{LocatedText, Sources};
use crate::project::tree::Node;
use crate::project::unfilled::{self, Unfilled};

/// One binding as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub kind: BindingKind,
    /// The variable of the Worker.
    pub binding: String,
    /// The real name of what is bound, where the config holds one.
    pub name: Option<String>,
    /// Its id, where the config holds one.
    pub id: Option<String>,
    /// What stands in the place of its name or id and is none.
    pub blanks: Vec<UnfilledField>,
    /// Where ids do not count: an earlier binding of the kind with the same id, which is the same resource.
    pub same_as: Option<Box<Binding>>,
    /// The name of its Worker in the account.
    pub script: Option<String>,
    /// Its logical name, where another Worker of the project has a binding of its name.
    pub alias: Option<String>,
    pub jurisdiction: Option<String>,
    /// Of a D1 database, its migrations; empty for other kinds.
    pub migrations: MigrationSettings,
    /// Where the binding's name stands.
    pub location: Site,
}

/// A text in the place of a name or an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfilledField {
    pub field: &'static str,
    /// The text, and where it stands.
    pub written: LocatedText,
    /// Why it is none.
    pub blank: Unfilled,
}

/// Where the migrations of a D1 database are, as far as its entry says (WR-6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationSettings {
    /// `migrations_dir`, relative to the config's folder.
    pub dir: Option<LocatedText>,
    /// `migrations_pattern`, relative to the config's folder as well.
    pub pattern: Option<LocatedText>,
    /// `migrations_table`, the ledger's.
    pub table: Option<LocatedText>,
}

impl Binding {
    /// The name that wrangler gives to what its Worker binds without id or name; a Worker without a name gives none.
    pub fn automatic_name(&self) -> Option<String> {
        let first = self.same_as.as_deref().unwrap_or(self);
        let script = first.script.as_ref()?;
        Some(format!("{script}-{}", first.binding.to_lowercase().replace('_', "-")))
    }

    /// Its name, with its Worker where another one has a binding of that name.
    pub fn label(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.binding)
    }

    /// Whether another binding has the same id, also one that is still to be substituted.
    pub fn is_of_one_id(&self, other: &Binding) -> bool {
        let id = |binding: &Binding| binding.id.clone().or_else(|| binding.variable_id().map(str::to_owned));
        self.kind == other.kind && id(self).is_some_and(|own| id(other) == Some(own))
    }

    /// What stands in the place of its id until it is substituted.
    pub fn variable_id(&self) -> Option<&str> {
        let mut blanks = self.blanks.iter().filter(|blank| blank.blank == Unfilled::Unsubstituted);
        let found = blanks.find(|blank| self.kind.id_field() == Some(blank.field));
        found.map(|blank| blank.written.value.as_str())
    }
}

/// The bindings of the top level or an environment.
pub(super) fn read(table: &Node, sources: &Sources, kinds: &BindingKinds) -> Vec<Binding> {
    kinds.entries(table).filter_map(|(kind, entry)| binding(kind, entry, sources)).collect()
}

fn binding(kind: BindingKind, entry: &Node, sources: &Sources) -> Option<Binding> {
    let name = entry.get("binding")?;
    let text = |field: &str| entry.text(field).filter(|text| !text.is_empty()).map(str::to_owned);
    let by = [(kind.name_field(), unfilled::of_name as UnfilledCheck), (kind.id_field(), unfilled::of_id)];
    let found = by.iter().filter_map(|(field, judge)| blank_field(entry, (*field)?, *judge, sources));
    let blanks: Vec<UnfilledField> = found.collect();
    let full = |field: &str| text(field).filter(|_| !blanks.iter().any(|blank| blank.field == field));
    let written = |field: &str| {
        let at = sources.location(entry.get(field).filter(|_| kind.reads(field))?.span);
        text(field).map(|value| LocatedText { value, at })
    };
    Some(Binding {
        kind,
        binding: name.as_str()?.to_owned(),
        name: kind.name_field().and_then(full),
        id: kind.id_field().and_then(full),
        blanks: blanks.clone(),
        same_as: None,
        script: None,
        alias: None,
        jurisdiction: text("jurisdiction"),
        migrations: MigrationSettings {
            dir: written("migrations_dir"),
            pattern: written("migrations_pattern"),
            table: written("migrations_table"),
        },
        location: sources.location(name.span),
    })
}

/// Says why a text is none.
type UnfilledCheck = fn(&str) -> Option<Unfilled>;

fn blank_field(
    entry: &Node,
    field: &'static str,
    judge: UnfilledCheck,
    sources: &Sources,
) -> Option<UnfilledField> {
    let node = entry.get(field)?;
    let value = node.as_str()?;
    let written = LocatedText { value: value.to_owned(), at: sources.location(node.span) };
    Some(UnfilledField { field, blank: judge(value)?, written })
}
