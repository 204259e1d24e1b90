//! The merged project file of one environment: the environment's tables over the base, and `--set` over both.
//!
//! **Invariant:** a table of a known service is always there, and all its keys are.

mod mentions;

use super::account::AccountId;
use super::environment::Environment;
use super::findings::ProjectFindings;
use super::naming::{Branch, DEFAULT_TEMPLATE, EnvNames, Templates};
use super::problem::{ProjectFinding, ProjectProblem};
use super::shape::ProjectSchema;
use super::source::Sources;
use super::tree::Node;
use crate::events::Site;
use mentions::Mentions;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// What a run of one environment is configured with.
#[derive(Clone, Debug)]
pub struct Config {
    pub app: String,
    /// The environment, with name, alias, guard and account.
    pub environment: Environment,
    /// The wrangler configs that the file names, relative to its folder.
    pub wrangler: Vec<String>,
    /// The order of the steps.
    pub steps: Vec<StepGroup>,
    /// Environment variables that recipes may read.
    pub process_env: Vec<String>,
    /// Environment variables that recipes may read as secrets alone.
    pub secret_env: Vec<String>,
    /// The merged `[naming]`.
    pub naming: Map<String, Value>,
    /// The team's own settings.
    pub vars: Map<String, Value>,
    /// The services' tables, by service.
    pub services: Map<String, Value>,
    /// The branch whose environment this is, where each has its own.
    pub branch: Branch,
    templates: Templates,
    /// What it was read from.
    tree: Node,
    sources: Sources,
    /// Where the tables name what they name, once somebody asks.
    places: OnceLock<Mentions>,
}

/// One place in the order of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepGroup {
    One(String),
    Together(Vec<String>),
}

impl StepGroup {
    /// The steps in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            StepGroup::One(name) => std::slice::from_ref(name),
            StepGroup::Together(names) => names,
        };
        names.iter().map(String::as_str)
    }
}

impl Config {
    /// Reads a merged tree that was checked.
    pub(super) fn read(
        tree: &Node,
        environment: Environment,
        schema: &ProjectSchema,
        sources: &Sources,
    ) -> Self {
        let table = |key: &str| tree.get(key).map(Node::to_json).and_then(into_object).unwrap_or_default();
        let service = |name: &str| (name.to_owned(), Value::Object(schema.complete(name, table(name))));
        let texts = |key: &str| tree.get(key).map(Node::texts).unwrap_or_default();
        let mut naming = table("naming");
        naming.entry("template").or_insert_with(|| DEFAULT_TEMPLATE.into());
        let templates = Templates::read(tree.get("naming"), &schema.kinds());
        Config {
            app: tree.text("app").unwrap_or_default().to_owned(),
            environment,
            wrangler: texts("wrangler"),
            steps: tree
                .get("steps")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .map(StepGroup::read)
                .collect(),
            process_env: texts("process_env"),
            secret_env: texts("secret_env"),
            naming,
            vars: table("vars"),
            services: schema.services().iter().map(|table| service(table.name)).collect(),
            branch: if templates.need_branch() { Branch::Any } else { Branch::None },
            templates,
            tree: tree.clone(),
            sources: sources.clone(),
            places: OnceLock::new(),
        }
    }

    fn node(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(&self.tree, |node, key| node.get(key))
    }

    /// Where the value behind these keys is written: in the file, or in a `--set`.
    pub fn location(&self, keys: &[&str]) -> Option<Site> {
        self.node(keys).map(|node| self.sources.location(node.span))
    }

    /// What is wrong with the value behind these keys, drawn in its text.
    pub fn wrong(&self, keys: &[&str], problem: ProjectProblem) -> Result<(), ProjectFindings> {
        let span = self.node(keys).unwrap_or(&self.tree).span;
        ProjectFindings::check(&self.sources, vec![ProjectFinding::new(span, problem)])
    }

    /// The same of one item of the list behind these keys, or of the one text there.
    pub fn wrong_item(
        &self,
        keys: &[&str],
        item: &str,
        problem: ProjectProblem,
    ) -> Result<(), ProjectFindings> {
        let value = self.node(keys).unwrap_or(&self.tree);
        let found = value.items().iter().find(|one| one.as_str() == Some(item)).unwrap_or(value);
        ProjectFindings::check(&self.sources, vec![ProjectFinding::new(found.span, problem)])
    }

    /// What scripts read as `config::`: the keys of the file after merging. Name, alias and guard are `env::`.
    pub fn to_json(&self) -> Map<String, Value> {
        let steps: Vec<Value> = self.steps.iter().map(StepGroup::to_json).collect();
        let mut shown = self.services.clone();
        shown.insert("app".into(), self.app.clone().into());
        shown.insert("wrangler".into(), self.tree.get("wrangler").map_or(Value::Null, Node::to_json));
        shown.insert("account_id".into(), json!(self.environment.account_id.as_ref().map(AccountId::as_str)));
        shown.insert("steps".into(), steps.into());
        shown.insert("naming".into(), self.naming.clone().into());
        shown.insert("vars".into(), self.vars.clone().into());
        shown
    }

    /// The logical names that the services' tables declare: items of their lists of strings, keys of their maps.
    pub fn declared(&self) -> Vec<(String, String)> {
        let mut names = Vec::new();
        for (kind, table) in &self.services {
            for value in table.as_object().into_iter().flat_map(Map::values) {
                let logical: Vec<&str> = match value {
                    Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                    Value::Object(things) => things.keys().map(String::as_str).collect(),
                    _ => Vec::new(),
                };
                names.extend(logical.into_iter().map(|logical| (kind.clone(), logical.to_owned())));
            }
        }
        names
    }

    /// What the naming policy knows of this environment.
    pub fn names(&self) -> EnvNames {
        EnvNames {
            app: self.app.clone(),
            name: self.environment.name.clone(),
            alias: self.environment.alias.clone(),
            is_protected: self.environment.is_protected,
            branch: self.branch.clone(),
            worker: None,
            account_id: self.environment.account_id.clone(),
        }
    }

    pub(super) fn templates(&self) -> Templates {
        self.templates.clone()
    }
}

impl StepGroup {
    fn read(node: &Node) -> Self {
        match node.as_str() {
            Some(step) => StepGroup::One(step.to_owned()),
            None => {
                StepGroup::Together(node.items().iter().filter_map(Node::as_str).map(str::to_owned).collect())
            }
        }
    }

    fn to_json(&self) -> Value {
        match self {
            StepGroup::One(step) => json!(step),
            StepGroup::Together(steps) => json!(steps),
        }
    }
}

fn into_object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(map) = value { Some(map) } else { None }
}
