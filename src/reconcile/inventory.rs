//! The resources of the account, listed once per run and namespace, and updated by the run's own ops.
//!
//! In a plan, what would be created, changed or removed is laid over it, so that later ops see it.
//!
//! **Invariant:** a listing that failed is kept, and is raised only by the op that needs it.

use super::resource::Resource;
use super::rows::Rows;
use crate::http::ReadError;
use crate::op::{Context, Key};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::OnceCell;

type Scopes<R> = HashMap<Option<String>, Arc<Cell<R>>>;
type Cell<R> = OnceCell<Result<NamespaceListing<R>, ReadError>>;

/// One name space, with what the run has done or planned since it was listed.
struct NamespaceListing<R: Resource>(Mutex<Rows<R>>);

/// The listings of one kind.
pub struct Inventory<R: Resource> {
    scopes: Mutex<Scopes<R>>,
    planned: Mutex<HashSet<Key>>,
}

impl<R: Resource> Default for Inventory<R> {
    fn default() -> Self {
        Inventory { scopes: Mutex::default(), planned: Mutex::default() }
    }
}

impl<R: Resource> Inventory<R> {
    async fn listing(&self, context: &Context, scope: Option<&str>) -> Arc<Cell<R>> {
        let cell = {
            let mut scopes = self.scopes.lock();
            scopes.entry(scope.map(str::to_owned)).or_default().clone()
        };
        cell.get_or_init(|| async {
            let listed = R::list(&context.client, scope).await?;
            Ok(NamespaceListing(Mutex::new(Rows::of(listed)?)))
        })
        .await;
        cell
    }

    /// Everything in a name space, by name.
    pub async fn all(&self, context: &Context, scope: Option<&str>) -> Result<Vec<R::Live>, ReadError> {
        match self.listing(context, scope).await.get() {
            Some(Ok(rows)) => Ok(rows.0.lock().by_name.values().cloned().collect()),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(Vec::new()),
        }
    }

    /// One, as last listed.
    pub async fn find(&self, context: &Context, key: &Key) -> Result<Option<R::Live>, ReadError> {
        match self.listing(context, key.jurisdiction.as_deref()).await.get() {
            Some(Ok(rows)) => Ok(rows.0.lock().by_name.get(&key.name).cloned()),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// Notes what one would be: of it, the server may say more.
    pub fn plan(&self, key: &Key, live: &R::Live) {
        self.note(key, Some(live));
        self.planned.lock().insert(key.clone());
    }

    /// Whether this run would create or change it.
    pub fn is_planned(&self, key: &Key) -> bool {
        self.planned.lock().contains(key)
    }

    /// The name under which the id of something is known in its name space, where that is another.
    pub fn other_name(&self, key: &Key, live: &R::Live) -> Option<String> {
        let scopes = self.scopes.lock();
        let rows = scopes.get(&key.jurisdiction)?.get()?.as_ref().ok()?;
        rows.0.lock().other_name(live).map(str::to_owned)
    }

    /// Notes what one is now; `None` when it is gone.
    pub fn note(&self, key: &Key, live: Option<&R::Live>) {
        let scopes = self.scopes.lock();
        if let Some(Ok(rows)) = scopes.get(&key.jurisdiction).and_then(|listing| listing.get()) {
            match live {
                Some(live) => rows.0.lock().put(live.clone()),
                None => rows.0.lock().remove(&key.name),
            }
        }
    }
}

/// Lists every name space of a kind, together, ahead of the ops that will need it.
pub fn prefetch<R: Resource>(
    context: &Arc<Context>,
    runtime: &tokio::runtime::Handle,
    _calls: &BTreeSet<String>,
) {
    for scope in R::SCOPES {
        let context = context.clone();
        runtime.spawn(async move {
            context.extension::<Inventory<R>>().listing(&context, *scope).await;
        });
    }
}

/// What one of a listing is called.
pub struct ListedName {
    /// Its id in the account.
    pub id: String,
    /// Its name in the account.
    pub name: String,
}

/// A listing under way.
pub type Listing = Pin<Box<dyn Future<Output = Result<Vec<ListedName>, ReadError>> + Send>>;

/// Everything of a kind that has the account's own name space.
pub fn listed<R: Resource>(context: Arc<Context>) -> Listing {
    Box::pin(async move {
        let live = context.extension::<Inventory<R>>().all(&context, None).await?;
        let listed =
            |live: &R::Live| ListedName { id: R::id(live).to_owned(), name: R::name(live).to_owned() };
        Ok(live.iter().map(listed).collect())
    })
}
