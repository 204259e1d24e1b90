//! The interface of a service of the local account: tables, routes, its own state, and its resources.

use super::exchange::View;
use super::permissions::{OTHERS, PermissionGroup};
use super::reply::ErrorReply;
use super::route::Route;
use rusqlite::Connection;
use serde_json::Value;
use std::any::Any;
use std::path::Path;

/// One service's local half.
pub trait LocalService: Send + Sync {
    /// The service's name, as everywhere in Larder: `kv`, `r2`, `d1`.
    fn name(&self) -> &'static str;

    /// The permission groups that its routes ask for, and those that a token for it may have beside them.
    fn permissions(&self) -> &'static [PermissionGroup] {
        &[]
    }

    /// SQL that makes the service's tables in the account's store where they are missing; table names begin with the
    /// service's name.
    fn schema(&self) -> &'static str {
        ""
    }

    /// Its routes; the first that fits answers.
    fn routes(&self) -> Vec<Route>;

    /// What the service keeps beside the account's store while the account is open. `folder` is its own (made, and
    /// private); `None` for an account in memory. What a process that was killed has left there is put right here.
    fn open(&self, folder: Option<&Path>, store: &Connection) -> std::io::Result<Box<dyn Any + Send>> {
        let _ = (folder, store);
        Ok(Box::new(()))
    }

    /// Everything it holds, for `larder local show`; in any order.
    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply>;

    /// What it keeps beside what its resources hold, in words for `larder local show`.
    fn kept_beside(&self, view: &mut View<'_>) -> Result<Vec<String>, ErrorReply> {
        let _ = view;
        Ok(Vec::new())
    }

    /// All of a resource that matters to its user: fields and data, without generated ids and times, so that two
    /// accounts that were led to the same state on different ways are equal.
    fn content(&self, view: &mut View<'_>, resource: &Resource) -> Result<Value, ErrorReply>;
}

/// One thing in the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Resource {
    /// `namespace`, `bucket`, `index`, `gateway`, `database`.
    pub kind: &'static str,
    /// As its user calls it.
    pub name: String,
    /// As the API addresses it; the name where it has no other id.
    pub id: String,
    /// Where the jurisdiction is part of what it is.
    pub jurisdiction: Option<String>,
}

/// Every group that some service of an account declares, and those of products that none answers for.
pub(super) fn groups(services: &[&'static dyn LocalService]) -> Vec<PermissionGroup> {
    let mut all: Vec<PermissionGroup> = Vec::new();
    for group in services.iter().flat_map(|service| service.permissions()).chain(OTHERS) {
        if !all.contains(group) {
            all.push(*group);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::permissions::find;
    use super::*;

    #[test]
    fn a_group_that_a_service_declares_is_there_once() {
        let all = groups(&[]);
        assert_eq!(all.len(), OTHERS.len());
        assert_eq!(find(&all, "Queues Read"), find(&all, "84a7755d54c646ca87cd50682a34bf7c"));
        assert_eq!(find(&all, "D1 Read"), None);
    }
}
