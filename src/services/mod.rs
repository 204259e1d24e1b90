//! The Cloudflare products that Larder knows: one folder each, always with the same rooms, and the one list of them.
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
mod stage;

use crate::http::Outcome;
use crate::local::LocalService;
use crate::op::{Context, Failure, Op};
use crate::reconcile::Removal;
use std::sync::Arc;

/// A product.
pub struct Service {
    /// Its module in scripts and its table in the project file.
    pub name: &'static str,
    /// As people call it.
    pub title: &'static str,
    /// As people call what it has.
    pub resources: &'static str,
    /// Its host functions.
    pub ops: &'static [Op],
    /// Lists what it has, ahead of the ops that need it.
    pub prefetch: fn(&Arc<Context>, &tokio::runtime::Handle),
    /// How `destroy` takes away what it has.
    pub removal: Removal,
    /// Its rule for names, if a name breaks it.
    pub broken_rule: fn(&str) -> Option<&'static str>,
    /// The JSON Schema of its table in the project file.
    pub table: fn() -> schemars::Schema,
    /// How the local account answers for it.
    pub local: &'static dyn LocalService,
}

/// All of them.
pub static SERVICES: &[&Service] =
    &[&kv::SERVICE, &r2::SERVICE, &vectorize::SERVICE, &ai_gateway::SERVICE, &d1::SERVICE];

/// The local half of every service.
pub fn locals() -> Vec<&'static dyn LocalService> {
    SERVICES.iter().map(|service| service.local).collect()
}

/// Every op of every service, and those of paths that belong to none.
pub fn ops() -> impl Iterator<Item = &'static Op> {
    SERVICES.iter().flat_map(|service| service.ops).chain(cf::ops::OPS)
}

/// The schema of a table of the project file.
fn table<T: schemars::JsonSchema>() -> schemars::Schema {
    schemars::schema_for!(T)
}

/// The value of a raw write: what was lost is said to be unknown, and nothing is sent again.
fn written<T>(resource: &str, outcome: Outcome<T>) -> Result<T, Failure> {
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
