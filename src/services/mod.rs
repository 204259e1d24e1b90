//! The services: one folder per Cloudflare product, always with the same files, and the one list of them.
//!
//! A new one is a folder with a [`Service`] in it, its `mod` and its place in [`SERVICES`]. What is written by hand beside
//! that, a test asks for: its step in the recipes `provision` and `wrangler`, and one of what it has in the example app.
//!
//! **Invariant:** nothing else in the house lists services.

pub mod ai_gateway;
pub mod cf;
pub mod d1;
pub mod identity;
pub mod kv;
pub mod r2;
mod regions;
pub mod vectorize;
pub mod workers;

#[cfg(test)]
mod assumptions;
#[cfg(test)]
mod convergence;
#[cfg(test)]
pub(crate) mod scripted_server;

use crate::http::{Outcome, Permission};
use crate::local::LocalService;
use crate::op::{Context, Failure, HandleDoc, Mode, Op};
use crate::project::wrangler::{BindingForm, BindingKinds};
use crate::reconcile::{Browsing, Listing, Removal};
use std::collections::BTreeSet;
use std::sync::Arc;

pub struct Service {
    /// Its module in scripts and its table in the project file.
    pub name: &'static str,
    /// As people call it.
    pub title: &'static str,
    /// As people call one of what it has.
    pub resource: &'static str,
    /// As people call what it has.
    pub resources: &'static str,
    pub ops: &'static [Op],
    /// The types of the handles that they give.
    pub handles: &'static [HandleDoc],
    /// Lists what it has, and reads what else the functions of these names will need, ahead of them.
    pub prefetch: fn(&Arc<Context>, &tokio::runtime::Handle, &BTreeSet<String>),
    /// The ids and names of what it has.
    pub listed: fn(Arc<Context>) -> Listing,
    /// How what it has is looked through.
    pub browsing: Browsing,
    /// What is in it and beside the options of `ensure`, in words: no import brings it.
    pub holds: &'static str,
    /// How `destroy` takes away what it has.
    pub removal: Removal,
    /// Its rule for names, if a name breaks it.
    pub broken_rule: fn(&str) -> Option<&'static str>,
    /// The JSON Schema of its table in the project file.
    pub table: fn() -> schemars::Schema,
    /// How a wrangler config binds what it has; `None` where it binds nothing of it.
    pub binding: Option<&'static BindingForm>,
    /// The permission groups that its endpoints ask for, `Read` before `Write`.
    pub permissions: &'static [Permission],
    /// Its table in a project's first file: empty, or in comments.
    pub sample: &'static str,
    /// A recipe that makes one, called `name`, and reads something of it: what faults, races and bad answers are tried on.
    pub exercise: &'static str,
    /// How the local account answers for it.
    pub local: &'static dyn LocalService,
}

pub static SERVICES: &[&Service] =
    &[&kv::SERVICE, &r2::SERVICE, &vectorize::SERVICE, &ai_gateway::SERVICE, &d1::SERVICE];

/// The services and functions that the selected steps of a run may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReachableCalls {
    pub services: BTreeSet<String>,
    /// Functions: `kv::ensure`, and `.migrate` for a method.
    pub calls: BTreeSet<String>,
}

/// The services that a process works with: what a command is handed, so that a test can have one more.
#[derive(Clone, Copy)]
pub struct Services(pub &'static [&'static Service]);

impl Default for Services {
    fn default() -> Self {
        Services(SERVICES)
    }
}

impl Services {
    /// In order.
    pub fn iter(self) -> impl Iterator<Item = &'static Service> + Clone {
        self.0.iter().copied()
    }

    /// Reads ahead, together, what a recipe will need; beside it goes the account check of a run.
    pub fn prefetch(
        self,
        reached: &ReachableCalls,
        context: &Arc<Context>,
        runtime: &tokio::runtime::Handle,
    ) {
        for service in self.iter().filter(|service| reached.services.contains(service.name)) {
            (service.prefetch)(context, runtime, &reached.calls);
        }
        if context.mode == Mode::Plan && !reached.services.is_empty() {
            let context = context.clone();
            runtime.spawn(async move { context.client.check_ahead().await });
        }
    }

    /// The one of that name.
    pub fn named(self, name: &str) -> Option<&'static Service> {
        self.iter().find(|service| service.name == name)
    }

    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(|service| service.name).collect()
    }

    /// The local half of each.
    pub fn locals(self) -> Vec<&'static dyn LocalService> {
        self.iter().map(|service| service.local).collect()
    }

    /// Every op of each, and those of paths that belong to none.
    pub fn ops(self) -> impl Iterator<Item = &'static Op> {
        self.iter().flat_map(|service| service.ops).chain(cf::ops::OPS)
    }

    /// The types of the handles that ops give.
    pub fn handles(self) -> impl Iterator<Item = &'static HandleDoc> {
        self.iter().flat_map(|service| service.handles).chain(cf::HANDLES)
    }

    /// What a wrangler config can bind.
    pub fn binding_kinds(self) -> BindingKinds {
        BindingKinds::new(self.iter().filter_map(|service| Some((service.name, service.binding?))))
    }

    /// Every permission group that an endpoint asks for.
    pub fn permissions(self) -> impl Iterator<Item = &'static Permission> {
        self.iter().flat_map(|service| service.permissions).chain(workers::PERMISSIONS)
    }

    /// The permission group of that name.
    pub fn permission(self, name: &str) -> Option<&'static Permission> {
        self.permissions().find(|permission| permission.name == name)
    }
}

/// The schema of a table of the project file.
fn table<T: schemars::JsonSchema>() -> schemars::Schema {
    schemars::schema_for!(T)
}

/// The value of a raw write: what was lost is said to be unknown, and nothing is sent again.
pub fn written<T>(resource: &str, outcome: Outcome<T>) -> Result<T, Failure> {
    match outcome {
        Outcome::Applied(value) => Ok(value),
        Outcome::NotSent(trouble) => Err(Failure::of_trouble(resource, trouble)),
        Outcome::Rejected(error) => Err(Failure::rejected(resource, error)),
        Outcome::Unknown(trouble) => Err(Failure::Unknown {
            resource: resource.to_owned(),
            why: trouble.detail,
            check: "read it back to see whether the write arrived".into(),
        }),
    }
}
