//! One item of the reference, and its sections.

use crate::op::Op;
use crate::script::functions::Function;
use serde::{Serialize, Serializer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A function, or a method of a handle.
    Function,
    /// A key of an option map.
    Option,
    /// A property of a handle or another value.
    Property,
    /// A value behind a module: `env::name`.
    Field,
    /// A key of the project file.
    Key,
    /// A parameter that the host gives to a function of the recipe.
    Parameter,
    /// An operator, a statement or a literal.
    Syntax,
}

impl ItemKind {
    /// As documents name it.
    pub fn word(self) -> &'static str {
        match self {
            ItemKind::Function => "function",
            ItemKind::Option => "option",
            ItemKind::Property => "property",
            ItemKind::Field => "field",
            ItemKind::Key => "key",
            ItemKind::Parameter => "parameter",
            ItemKind::Syntax => "syntax",
        }
    }
}

impl Serialize for ItemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// One of them.
#[derive(Clone, Serialize)]
pub struct Item {
    /// As it is looked for: `kv::ensure`, `KvNamespace.title`, `env::name`, `d1.databases.NAME.migrations`.
    pub name: String,
    /// What it is.
    pub sort: ItemKind,
    /// How it is written: one line for each form of a function, the type of anything else.
    pub forms: Vec<String>,
    /// One sentence.
    pub summary: String,
    /// Everything else that is to be known of it; empty for most.
    #[serde(skip)]
    pub page: String,
    /// Its entry, where it is a function of a service.
    #[serde(skip)]
    pub op: Option<&'static Op>,
    /// Its entry, where it is a function that sends nothing.
    #[serde(skip)]
    pub function: Option<&'static Function>,
}

impl Item {
    /// Without a page.
    pub fn new(
        name: impl Into<String>,
        sort: ItemKind,
        form: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        let (name, forms, summary) = (name.into(), vec![form.into()], summary.into());
        Item { name, sort, forms, summary, page: String::new(), op: None, function: None }
    }

    /// The name without what stands before it.
    pub fn last_name(&self) -> &str {
        let name = self.name.rsplit("::").next().unwrap_or(&self.name);
        match self.sort {
            ItemKind::Syntax => &self.name,
            _ => name.rsplit('.').next().unwrap_or(name),
        }
    }

    /// The module of a function; that of the service for a method.
    pub fn module(&self) -> &str {
        match self.op {
            Some(op) => op.service,
            None => self.name.rsplit_once("::").map_or("", |(module, _)| module),
        }
    }

    /// As a list shows it.
    pub fn line(&self) -> String {
        let form = self.forms.first().map_or(self.name.as_str(), String::as_str);
        format!("{form:<58} {}\n", self.summary)
    }
}

/// Things of one kind.
#[derive(Clone, Serialize)]
pub struct Section {
    /// For people: `Workers KV`.
    pub title: String,
    /// As it is asked for: `kv`.
    pub name: String,
    /// What stands above it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// In order.
    pub items: Vec<Item>,
}
