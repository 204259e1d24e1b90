//! The resources of one namespace, indexed by name and by id.

use super::resource::Resource;
use crate::http::{ReadError, TransportError, TransportErrorKind};
use std::collections::{BTreeMap, HashMap};

/// What is there, by name.
pub(super) struct Rows<R: Resource> {
    pub(super) by_name: BTreeMap<String, R::Live>,
    /// The name of each id.
    names: HashMap<String, String>,
}

impl<R: Resource> Rows<R> {
    /// A listing; an error where it contradicts itself.
    pub(super) fn of(listed: Vec<R::Live>) -> Result<Self, ReadError> {
        let mut rows = Rows { by_name: BTreeMap::new(), names: HashMap::new() };
        for (at, live) in listed.into_iter().enumerate() {
            let (id, name) = (R::id(&live), R::name(&live));
            if id.is_empty() || name.is_empty() {
                let lacks = if id.is_empty() { "id" } else { "name" };
                return Err(contradiction::<R>(format!("item {} of the list has no {lacks}", at + 1)));
            }
            if let Some(other) = rows.by_name.get(name).map(R::id).filter(|other| *other != id) {
                let words = format!("the list has `{name}` twice, with the ids `{other}` and `{id}`");
                return Err(contradiction::<R>(words));
            }
            if let Some(other) = rows.names.get(id).filter(|other| *other != name) {
                let words = format!("the list has the id `{id}` twice, as `{other}` and as `{name}`");
                return Err(contradiction::<R>(words));
            }
            rows.put(live);
        }
        Ok(rows)
    }

    /// The name under which an id is known, where that is another.
    pub(super) fn other_name(&self, live: &R::Live) -> Option<&str> {
        self.names.get(R::id(live)).map(String::as_str).filter(|known| *known != R::name(live))
    }

    pub(super) fn put(&mut self, live: R::Live) {
        let (id, name) = (R::id(&live).to_owned(), R::name(&live).to_owned());
        self.remove(&name);
        self.names.insert(id, name.clone());
        self.by_name.insert(name, live);
    }

    pub(super) fn remove(&mut self, name: &str) {
        if let Some(gone) = self.by_name.remove(name) {
            self.names.remove(R::id(&gone));
        }
    }
}

fn contradiction<R: Resource>(words: String) -> ReadError {
    let endpoint = Some(R::LIST);
    ReadError::Failed(TransportError {
        endpoint,
        ..TransportError::new(TransportErrorKind::Malformed, words)
    })
}
