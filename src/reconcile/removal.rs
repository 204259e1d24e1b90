//! Deletes a resource for `destroy`: its content is checked first, and data is deleted only if that was allowed.
//!
//! **Invariant:** what could not be looked at counts as data.

use super::delete::delete;
use super::inventory::Inventory;
use super::resource::Resource;
use crate::events::{Action, Evidence};
use crate::http::{Client, Endpoint, ReadError};
use crate::op::{Call, Context, Doc, Effect, Failure, Key, Op, ReturnShape, StartedOp, Typed, Value};
use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

/// A resource that may contain data.
pub trait Removable: Resource {
    /// A description of its data, such as `rows in jobs`; `None` if nothing in it would be missed.
    fn content(
        client: &Client,
        key: &Key,
        live: &Self::Live,
    ) -> impl Future<Output = Result<Option<String>, ReadError>> + Send;

    /// Takes out what keeps the server from deleting it; how many things that were.
    fn empty(
        _context: &Context,
        _key: &Key,
        _live: &Self::Live,
    ) -> impl Future<Output = Result<usize, Failure>> + Send {
        async { Ok(0) }
    }
}

/// What was found under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing.
    Gone,
    There {
        id: String,
        /// Its content, or why that is unknown.
        content: Option<String>,
    },
}

type LookupFuture = Pin<Box<dyn Future<Output = Result<Presence, Failure>> + Send>>;

/// How a kind is taken away.
pub struct Removal {
    /// Looks at what is under a key.
    pub look: fn(Arc<Context>, Key) -> LookupFuture,
    /// Lists the keys of a name space.
    pub all: fn(Arc<Context>, Option<String>) -> Keys,
    /// Deletes it; no recipe can call this.
    pub op: Op,
}

/// Keys that are being listed.
pub type Keys = Pin<Box<dyn Future<Output = Result<Vec<Key>, Failure>> + Send>>;

impl Removal {
    /// That of a resource.
    pub const fn of<R: Removable>(endpoints: &'static [&'static Endpoint]) -> Removal {
        Removal {
            look: |context, key| Box::pin(look::<R>(context, key)),
            all: |context, scope| Box::pin(all::<R>(context, scope)),
            op: Op {
                service: R::SERVICE,
                name: "destroy",
                receiver: None,
                effect: Effect::Delete,
                shape: ReturnShape::Written(R::HANDLE),
                endpoints,
                doc: Doc { summary: "", params: &[], example: "", result: "" },
                run: &Typed(start::<R>, PhantomData),
            },
        }
    }

    /// The arguments of its op.
    pub fn arguments(key: &Key, data: DataPolicy) -> Vec<Value> {
        let place = |jurisdiction: &String| ("jurisdiction".to_owned(), Value::Str(jurisdiction.clone()));
        let place: BTreeMap<_, _> = key.jurisdiction.iter().map(place).collect();
        let mut arguments = vec![Value::Str(key.name.clone()), Value::Bool(data == DataPolicy::Lost)];
        arguments.extend((!place.is_empty()).then_some(Value::Map(place)));
        arguments
    }
}

/// What happens to the data in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPolicy {
    /// There was none, and what has come since is kept if the server keeps it.
    Kept,
    Lost,
}

async fn look<R: Removable>(context: Arc<Context>, key: Key) -> Result<Presence, Failure> {
    let live = context.extension::<Inventory<R>>().find(&context, &key).await;
    let Some(live) = live.map_err(|error| Failure::of_read(&key.name, error))? else {
        return Ok(Presence::Gone);
    };
    let content = match R::content(&context.client, &key, &live).await {
        Ok(content) => content,
        // Somebody else was faster.
        Err(ReadError::Rejected(error)) if error.is_gone() => return Ok(Presence::Gone),
        Err(error) => Some(format!("nobody knows what: {}", Failure::of_read(&key.name, error))),
    };
    Ok(Presence::There { id: R::id(&live).to_owned(), content })
}

async fn all<R: Removable>(context: Arc<Context>, scope: Option<String>) -> Result<Vec<Key>, Failure> {
    let live = context.extension::<Inventory<R>>().all(&context, scope.as_deref()).await;
    let live = live.map_err(|error| Failure::of_read(R::SERVICE, error))?;
    let key = |live: &R::Live| Key {
        service: R::SERVICE,
        jurisdiction: scope.clone(),
        name: R::name(live).to_owned(),
    };
    Ok(live.iter().map(key).collect())
}

fn start<R: Removable>(
    call: Call,
    (name, is_lost): (String, bool),
    place: R::Place,
) -> Result<StartedOp, Failure> {
    let key = R::key(&name, &place);
    let (context, of) = (call.context, key.clone());
    Ok(StartedOp::new(key, move |_| async move {
        let mut emptied = 0;
        if is_lost {
            let found = context.extension::<Inventory<R>>().find(&context, &of).await;
            if let Some(live) = found.map_err(|error| Failure::of_read(&of.name, error))? {
                emptied = R::empty(&context, &of, &live).await?;
            }
        }
        let mut done = delete::<R>(&context, &of).await?;
        if done.action.is_none() && emptied > 0 {
            (done.action, done.evidence) = (Some(Action::Delete), Some(Evidence::Probe));
            done.notes = vec!["emptied by this run, and gone when it was to be deleted".into()];
        }
        Ok(done)
    }))
}
