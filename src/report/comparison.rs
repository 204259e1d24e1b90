//! Compares the plans of one recipe in two environments, by kind and logical name, as `larder.diff/1`. Its schema
//! is committed as `schemas/diff-1.json`.
//!
//! **Invariant:** names in the account are shown and not compared: they differ by intention.

use super::document::{Op, Report};
use super::op_line::padded;
use super::status_words::counted;
use super::text_style::{BOLD, DIM, TextStyle, paint};
use crate::events::Action;
use crate::secret::Redactor;
use anstyle::{AnsiColor, Style};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The name and number of the schema.
pub const DIFF_SCHEMA: &str = "larder.diff/1";

/// Columns of the logical name.
const NAME_COLUMNS: usize = 28;

/// Two environments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Comparison {
    /// Always `larder.diff/1`.
    pub schema: String,
    /// The recipe's name.
    pub recipe: Option<String>,
    /// The full name of the first environment.
    pub a: String,
    /// The full name of the second.
    pub b: String,
    /// Whether anything differs.
    pub differs: bool,
    /// By service and logical name.
    pub resources: Vec<Compared>,
}

/// One resource in both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Compared {
    /// `kv`, `r2`, ...
    pub service: String,
    /// The handle's type, e.g. `KvNamespace`.
    pub kind: String,
    /// The name before the naming policy.
    pub logical: String,
    /// Whether anything of it differs.
    pub differs: bool,
    /// In the first environment; null where its recipe does not ask for it.
    pub a: Option<Side>,
    /// In the second.
    pub b: Option<Side>,
    /// Fields that differ.
    pub fields: Vec<FieldDifference>,
    /// Migrations that one has applied and the other not.
    pub migrations: Vec<MigrationDifference>,
}

/// A resource in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Side {
    /// The name in the account.
    pub resource: String,
    /// Whether it is there.
    pub exists: bool,
    /// Whether it is there and a run would change it.
    pub drifted: bool,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldDifference {
    /// A JSON pointer such as `/cache_ttl`.
    pub field: String,
    /// What differs: what the recipe asks for, or what the account has.
    pub of: Source,
    /// In the first environment; null where it is not set.
    pub a: Json,
    /// In the second.
    pub b: Json,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The recipe asks for it.
    Asked,
    /// The account has it.
    Live,
}

/// A migration that is not in the same state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MigrationDifference {
    /// The file, as ledgers know it.
    pub name: String,
    /// In the first environment.
    pub a: MigrationState,
    /// In the second.
    pub b: MigrationState,
}

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MigrationState {
    /// In the ledger.
    Applied,
    /// Not yet.
    Pending,
    /// Not asked for.
    Absent,
}

impl MigrationState {
    fn word(self) -> &'static str {
        match self {
            MigrationState::Applied => "applied",
            MigrationState::Pending => "pending",
            MigrationState::Absent => "not asked for",
        }
    }
}

#[derive(Default)]
struct ComparedOps<'a> {
    ensure: Option<&'a Op>,
    migrations: BTreeMap<&'a str, MigrationState>,
}

type Key = (String, String, String);

impl Comparison {
    /// Of the plans of two environments.
    pub fn of(a: &Report, b: &Report) -> Comparison {
        let (of_a, of_b) = (found(a), found(b));
        let order = a.ops().chain(b.ops()).filter(|op| is_of_resource(op)).map(key);
        let mut seen = BTreeSet::new();
        let mut services: Vec<String> = Vec::new();
        let mut keys: Vec<Key> = order.filter(|key| seen.insert(key.clone())).collect();
        for (service, ..) in &keys {
            if !services.contains(service) {
                services.push(service.clone());
            }
        }
        keys.sort_by_key(|(service, ..)| services.iter().position(|known| known == service));
        let resources: Vec<Compared> =
            keys.into_iter().map(|key| compared(of_a.get(&key), of_b.get(&key), key)).collect();
        Comparison {
            schema: DIFF_SCHEMA.to_owned(),
            recipe: a.recipe.clone(),
            a: a.env.clone().unwrap_or_default(),
            b: b.env.clone().unwrap_or_default(),
            differs: resources.iter().any(|one| one.differs),
            resources,
        }
    }

    pub fn text(&self, redactor: &Redactor) -> String {
        let ink = TextStyle::new(redactor);
        let (a, b) = (ink.show(&self.a), ink.show(&self.b));
        let recipe = ink.show(self.recipe.as_deref().unwrap_or("(no recipe)"));
        let mut text = format!("{}\n\n", paint(BOLD, &format!("diff of {recipe}: {a} -> {b}")));
        let mut rest = &self.resources[..];
        while let Some(first) = rest.first() {
            let count = rest.iter().take_while(|one| one.service == first.service).count();
            let (block, after) = rest.split_at(count);
            rest = after;
            let _ = writeln!(text, "{}", paint(BOLD, &ink.show(&first.service)));
            for one in block.iter().filter(|one| one.differs) {
                text += &line(one, (&a, &b), &ink);
            }
            let (same, absent) = alike(block);
            if same > 0 {
                let _ = writeln!(text, "  {}", paint(DIM, &format!("= {same} the same")));
            }
            if absent > 0 {
                let _ = writeln!(text, "  {}", paint(DIM, &format!(". {absent} in neither")));
            }
        }
        let differ = self.resources.iter().filter(|one| one.differs).count() as u64;
        let (same, absent) = alike(&self.resources);
        let mut summary = format!("{}, {same} the same", counted(differ, "differs", "differ"));
        if absent > 0 {
            let _ = write!(summary, ", {absent} in neither");
        }
        if absent == self.resources.len() && absent > 0 {
            summary = format!(
                "neither {a} nor {b} exists: each would get {}",
                counted(absent as u64, "resource", "resources")
            );
        }
        let _ = writeln!(text, "{}", paint(BOLD, &summary));
        text
    }
}

/// How many of those that do not differ are there, and how many are in neither environment.
fn alike(resources: &[Compared]) -> (usize, usize) {
    let is_there = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.exists);
    let alike: Vec<&Compared> = resources.iter().filter(|one| !one.differs).collect();
    let absent = alike.iter().filter(|one| !is_there(&one.a) && !is_there(&one.b)).count();
    (alike.len() - absent, absent)
}

/// Whether it is about something that has a name: a path that a recipe writes has none that two environments share.
fn is_of_resource(op: &Op) -> bool {
    op.op == "ensure" && op.service != "cf"
}

fn key(op: &Op) -> Key {
    (op.service.clone(), op.kind.clone(), op.logical.clone().unwrap_or_else(|| op.resource.clone()))
}

fn found(report: &Report) -> BTreeMap<Key, ComparedOps<'_>> {
    let mut all: BTreeMap<Key, ComparedOps> = BTreeMap::new();
    for op in report.ops().filter(|op| is_of_resource(op)) {
        all.entry(key(op)).or_default().ensure = Some(op);
    }
    for op in report.ops().filter(|op| op.foreseen.folder.is_some()) {
        let is_its = |one: &&mut ComparedOps| one.ensure.is_some_and(|ensure| is_same_resource(ensure, op));
        let Some(found) = all.values_mut().find(is_its) else { continue };
        for name in &op.foreseen.applied {
            found.migrations.insert(name, MigrationState::Applied);
        }
        for file in &op.foreseen.pending {
            found.migrations.insert(&file.name, MigrationState::Pending);
        }
    }
    all
}

fn is_same_resource(one: &Op, other: &Op) -> bool {
    (&one.service, &one.resource, &one.jurisdiction) == (&other.service, &other.resource, &other.jurisdiction)
}

fn compared(a: Option<&ComparedOps>, b: Option<&ComparedOps>, (service, kind, logical): Key) -> Compared {
    let side = |found: Option<&ComparedOps>| {
        let op = found?.ensure?;
        let exists = op.action != Action::Create;
        let drifted = exists && (op.action != Action::None || op.error.is_some());
        Some(Side { resource: op.resource.clone(), exists, drifted })
    };
    let (side_a, side_b) = (side(a), side(b));
    let (fields, migrations) = match (a, b) {
        (Some(a), Some(b)) => (fields(a, b), migrations(a, b)),
        _ => (Vec::new(), Vec::new()),
    };
    let state = |side: &Option<Side>| side.as_ref().map(|side| (side.exists, side.drifted));
    let differs = state(&side_a) != state(&side_b) || !fields.is_empty() || !migrations.is_empty();
    Compared { service, kind, logical, differs, a: side_a, b: side_b, fields, migrations }
}

fn fields(a: &ComparedOps, b: &ComparedOps) -> Vec<FieldDifference> {
    let (Some(a), Some(b)) = (a.ensure, b.ensure) else { return Vec::new() };
    let (asked_a, asked_b) = (&a.foreseen.asked, &b.foreseen.asked);
    let mut all = differing(asked_a, asked_b, Source::Asked);
    let (live_a, live_b) = (&a.foreseen.observed, &b.foreseen.observed);
    // What is not there has no fields; what is asked differently is there differently.
    if a.action != Action::Create && b.action != Action::Create {
        let live = differing(live_a, live_b, Source::Live);
        let known: BTreeSet<String> = all.iter().map(|one| one.field.clone()).collect();
        all.extend(live.into_iter().filter(|one| !known.contains(&one.field)));
    }
    all
}

fn differing(a: &BTreeMap<String, Json>, b: &BTreeMap<String, Json>, of: Source) -> Vec<FieldDifference> {
    let fields: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let value = |map: &BTreeMap<String, Json>, field: &str| map.get(field).cloned().unwrap_or_default();
    let pairs = fields.into_iter().map(|field| (field, value(a, field), value(b, field)));
    pairs
        .filter(|(_, a, b)| a != b)
        .map(|(field, a, b)| FieldDifference { field: field.clone(), of, a, b })
        .collect()
}

fn migrations(a: &ComparedOps, b: &ComparedOps) -> Vec<MigrationDifference> {
    let names: BTreeSet<&&str> = a.migrations.keys().chain(b.migrations.keys()).collect();
    let state = |found: &ComparedOps, name: &str| {
        found.migrations.get(name).copied().unwrap_or(MigrationState::Absent)
    };
    let all = names.into_iter().map(|name| MigrationDifference {
        name: (*name).to_owned(),
        a: state(a, name),
        b: state(b, name),
    });
    all.filter(|one| one.a != one.b).collect()
}

fn line(one: &Compared, (a, b): (&str, &str), ink: &TextStyle) -> String {
    let (symbol, style, words) = match (&one.a, &one.b) {
        (Some(_), None) => ("-", AnsiColor::Red, format!("only in {a}")),
        (None, Some(_)) => ("+", AnsiColor::Green, format!("only in {b}")),
        (Some(in_a), Some(in_b)) if in_a.exists != in_b.exists => {
            let (here, there) = if in_a.exists { (a, b) } else { (b, a) };
            ("~", AnsiColor::Yellow, format!("exists in {here}, not in {there}"))
        }
        (Some(in_a), Some(in_b)) if in_a.drifted != in_b.drifted => {
            let there = if in_a.drifted { a } else { b };
            ("~", AnsiColor::Yellow, format!("not as the recipe asks in {there}"))
        }
        _ => ("~", AnsiColor::Yellow, String::new()),
    };
    let name = ink.show(&one.logical);
    let mut text = format!("  {} ", paint(style.on_default(), symbol));
    if words.is_empty() {
        text += &name;
    } else {
        let _ = write!(text, "{}  {words}", padded(Style::new(), &name, NAME_COLUMNS));
    }
    text.push('\n');
    for field in &one.fields {
        let of = if field.of == Source::Live { " (in the account)" } else { "" };
        let path = field.field.trim_start_matches('/').replace('/', ".");
        let _ = writeln!(
            text,
            "      {}: {} -> {}{of}",
            ink.show(&path),
            ink.value(&field.a),
            ink.value(&field.b)
        );
    }
    for file in &one.migrations {
        let _ = writeln!(text, "      {}: {} -> {}", ink.show(&file.name), file.a.word(), file.b.word());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib report`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Comparison>("diff-1.json");
    }
}
