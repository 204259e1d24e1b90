//! Lists all resources of a kind in every namespace, and reads everything about one.
//!
//! **Invariant:** nothing is compared or kept here, so that what a listing gives twice is seen twice.

use super::describe::{Described, described};
use super::ensure::value_of;
use super::resource::{Policy, Resource};
use crate::http::ReadError;
use crate::op::{Context, Key, Value};
use futures_util::future::join_all;
use serde_json::Value as Json;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// In place of what may be a credential.
const NOT_SHOWN: &str = "(set, not shown)";

/// One that is there.
#[derive(Clone, Debug)]
pub struct ExistingResource {
    /// Its service, its name space and its name.
    pub key: Key,
    pub id: String,
    /// As a handle shows it.
    pub value: Value,
    /// As it was read.
    live: Json,
}

type BrowseFuture<T> = Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send>>;

/// How what a service has is looked through.
pub struct Browsing {
    /// Everything in every name space, as listings show it.
    pub all: fn(Arc<Context>) -> BrowseFuture<Vec<ExistingResource>>,
    /// One of them, with what a listing leaves out.
    pub whole: fn(Arc<Context>, ExistingResource) -> BrowseFuture<ExistingResource>,
    /// What a recipe would ask for to get the same.
    pub described: fn(&ExistingResource) -> Described,
    /// The options whose values are never returned.
    pub never_returned: fn() -> Vec<&'static str>,
}

impl Browsing {
    /// That of a resource.
    pub const fn of<R: Resource>() -> Browsing {
        Browsing {
            all: |context| Box::pin(async move { all::<R>(&context).await }),
            whole: |context, seen| Box::pin(async move { whole::<R>(&context, seen).await }),
            described: |seen| {
                live_of::<R>(seen).map_or_else(Described::default, |live| described::<R>(&seen.key, &live))
            },
            never_returned: never_returned::<R>,
        }
    }
}

/// All namespaces at once. An account without a jurisdiction answers with an error, which counts as an empty list.
async fn all<R: Resource>(context: &Context) -> Result<Vec<ExistingResource>, ReadError> {
    let listings = R::SCOPES.iter().map(|scope| R::list(&context.client, *scope));
    let mut found = Vec::new();
    for (scope, listed) in R::SCOPES.iter().zip(join_all(listings).await) {
        match listed {
            Ok(listed) => found.extend(listed.iter().map(|live| seen::<R>(*scope, live))),
            Err(ReadError::Rejected(_)) if scope.is_some() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

async fn whole<R: Resource>(context: &Context, one: ExistingResource) -> Result<ExistingResource, ReadError> {
    let Some(live) = live_of::<R>(&one) else { return Ok(one) };
    let live = R::whole(context, &one.key, live).await?;
    Ok(ExistingResource { key: one.key, ..seen::<R>(None, &live) })
}

fn seen<R: Resource>(scope: Option<&str>, live: &R::Live) -> ExistingResource {
    let key =
        Key { service: R::SERVICE, jurisdiction: scope.map(str::to_owned), name: R::name(live).to_owned() };
    let json = serde_json::to_value(live).unwrap_or_default();
    let mut value = value_of::<R>(live);
    if let Value::Map(properties) = &mut value {
        // What is not returned whole may be a credential in part.
        let hidden = never_returned::<R>().into_iter().filter_map(|name| Some((name, properties.get(name)?)));
        let set: Vec<&str> =
            hidden.filter(|(_, value)| !matches!(value, Value::Unit)).map(|(name, _)| name).collect();
        properties.extend(set.into_iter().map(|name| (name.to_owned(), Value::Str(NOT_SHOWN.into()))));
    }
    ExistingResource { key, id: R::id(live).to_owned(), value, live: json }
}

fn live_of<R: Resource>(seen: &ExistingResource) -> Option<R::Live> {
    serde_json::from_value(seen.live.clone()).ok()
}

fn never_returned<R: Resource>() -> Vec<&'static str> {
    let fields = R::FIELDS.iter().filter(|field| field.policy == Policy::WriteOnly);
    fields.map(|field| field.desired.trim_start_matches('/')).collect()
}

impl ExistingResource {
    /// Where its data must stay, where that is known.
    pub fn jurisdiction(&self) -> Option<&str> {
        let own = self.live["jurisdiction"].as_str().filter(|own| !matches!(*own, "" | "default"));
        self.key.jurisdiction.as_deref().or(own)
    }
}
