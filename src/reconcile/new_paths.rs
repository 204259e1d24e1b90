//! API paths under which a run creates or changes something. Reads below them are judged by this list, in the dry
//! run and in the run.

use crate::http::Endpoint;
use parking_lot::Mutex;

/// What is known about a path without a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreseeable {
    /// It is as the account has it.
    AsItIs,
    /// The run makes it, or what it lies in: before the run nothing is there.
    New,
    /// The run changes what it lies in, or something in it.
    NotKnown,
}

#[derive(Debug)]
struct PlannedPath {
    jurisdiction: Option<String>,
    path: String,
    is_new: bool,
}

/// The paths that ops make or change.
#[derive(Debug, Default)]
pub struct NewPaths(Mutex<Vec<PlannedPath>>);

impl NewPaths {
    /// Something is made under that name by that endpoint.
    pub(super) fn make_by(&self, create: &Endpoint, jurisdiction: Option<&str>, name: &str) {
        let below_account = create.path.strip_prefix("/accounts/{account_id}").unwrap_or(create.path);
        self.add(jurisdiction, format!("{below_account}/{name}"), true);
    }

    /// Something is made, or changed, at a path below the account.
    pub fn plan(&self, jurisdiction: Option<&str>, path: &str, is_new: bool) {
        self.add(jurisdiction, path.to_owned(), is_new);
    }

    fn add(&self, jurisdiction: Option<&str>, path: String, is_new: bool) {
        self.0.lock().push(PlannedPath { jurisdiction: jurisdiction.map(str::to_owned), path, is_new });
    }

    /// What is known of a path below the account.
    pub fn of(&self, jurisdiction: Option<&str>, path: &str) -> Foreseeable {
        let mut known = Foreseeable::AsItIs;
        for planned in self.0.lock().iter().filter(|planned| planned.jurisdiction.as_deref() == jurisdiction)
        {
            let is_same = planned.path == path;
            match (planned.is_new, is_within(path, &planned.path), is_within(&planned.path, path)) {
                (true, true, _) => return Foreseeable::New,
                (false, true, _) | (_, _, true) if !is_same => known = Foreseeable::NotKnown,
                _ => {}
            }
        }
        known
    }
}

fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_made_is_absent_and_what_lies_in_it_too() {
        let paths = NewPaths::default();
        paths.plan(None, "/r2/buckets/logs", true);
        paths.plan(None, "/queues/q", false);
        for (path, known) in [
            ("/r2/buckets/logs", Foreseeable::New),
            ("/r2/buckets/logs/lifecycle", Foreseeable::New),
            ("/r2/buckets/logs2/lifecycle", Foreseeable::AsItIs),
            ("/r2/buckets", Foreseeable::NotKnown),
            ("/queues/q", Foreseeable::AsItIs),
            ("/queues/q/consumers", Foreseeable::NotKnown),
            ("/queues", Foreseeable::NotKnown),
            ("/queuesx", Foreseeable::AsItIs),
        ] {
            assert_eq!(paths.of(None, path), known, "{path}");
            assert_eq!(paths.of(Some("eu"), path), Foreseeable::AsItIs, "{path}");
        }
    }
}
