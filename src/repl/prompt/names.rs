//! The names of the account's resources for completion: fetched once, and again after an entry has written.
//!
//! **Invariant:** nothing is asked before a name is completed; a listing that fails or takes long gives no candidates, no
//! message and a wait of [`WAIT_MAX`] at most.

use crate::op::Context;
use crate::reconcile::ListedName;
use crate::services::Services;
use parking_lot::{Condvar, Mutex};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// How long Tab waits for a listing. What comes later is there at the next Tab.
const WAIT_MAX: Duration = Duration::from_millis(1500);

/// What is known of the account.
pub(super) struct AccountNames {
    services: Services,
    runtime: Handle,
    /// By which the account is asked: it only reads.
    context: Mutex<Option<Arc<Context>>>,
    lists: Arc<Lists>,
    asked: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Lists {
    /// By service; `None` while it is asked.
    known: Mutex<BTreeMap<&'static str, Option<Arc<Vec<ListedName>>>>>,
    answered: Condvar,
}

impl AccountNames {
    pub(super) fn new(services: Services, runtime: Handle, context: Option<Arc<Context>>) -> Self {
        let context = Mutex::new(context);
        AccountNames { services, runtime, context, lists: Arc::default(), asked: Mutex::default() }
    }

    /// By which the account is asked from now on.
    pub(super) fn ask_by(&self, context: Option<Arc<Context>>) {
        *self.context.lock() = context;
    }

    /// What a service has, by name.
    pub(super) fn of(&self, service: &str) -> Arc<Vec<ListedName>> {
        let Some(service) = self.services.named(service) else { return Arc::default() };
        let mut known = self.lists.known.lock();
        let is_first = !known.contains_key(service.name);
        if is_first {
            let context = self.context.lock().clone();
            let Some(context) = context else { return Arc::default() };
            // What it has listed before may be out of date.
            context.clear_shelves();
            known.insert(service.name, None);
            let (lists, listing) = (self.lists.clone(), (service.listed)(context));
            let ask = async move {
                let listed = listing.await;
                let mut known = lists.known.lock();
                match listed {
                    Ok(mut listed) => {
                        listed.sort_by(|one, other| one.name.cmp(&other.name));
                        known.insert(service.name, Some(Arc::new(listed)));
                    }
                    // The next Tab asks again.
                    Err(_) => drop(known.remove(service.name)),
                }
                drop(known);
                lists.answered.notify_all();
            };
            let asked = self.runtime.spawn(ask);
            self.asked.lock().push(asked);
        }
        // One that is still asked is not waited for again.
        let wait = if is_first { WAIT_MAX } else { Duration::ZERO };
        let is_asked = |known: &mut BTreeMap<_, _>| matches!(known.get(service.name), Some(None));
        self.lists.answered.wait_while_for(&mut known, is_asked, wait);
        known.get(service.name).cloned().flatten().unwrap_or_default()
    }

    /// What the account has may have changed.
    pub(super) fn forget(&self) {
        self.asked.lock().drain(..).for_each(|task| task.abort());
        self.lists.known.lock().clear();
    }
}
