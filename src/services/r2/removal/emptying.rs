//! Empties a bucket page by page: the keys of a page are deleted in one request, or in one request each where the
//! service does not accept that.
//!
//! **Invariant:** what a page listed counts as gone once a later page does not list it: no answer to a deletion is believed
//! alone. What an object's deletion has left where it is ends the work.

use super::super::api::{self, Page};
use super::super::wire;
use super::counted;
use crate::events::{Action, Event};
use crate::http::{ApiError, Client, Outcome, ReadError, TransportError, current_scope};
use crate::op::{Context, Failure, Key};
use std::collections::HashSet;

/// Objects that are deleted one by one before something is said of it.
const TOLD_AFTER: usize = 100;

/// How objects are deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DeleteMode {
    /// Those of a page in one request.
    Together,
    /// Each in a request of its own.
    Single,
}

/// A bucket on its way to have nothing in it.
pub(super) struct Emptying<'a> {
    context: &'a Context,
    key: &'a Key,
    name: &'a str,
    way: DeleteMode,
    /// Objects that are gone.
    removed: usize,
}

/// What became of the objects of a page.
enum PageResult {
    /// They are gone, as far as the answers go.
    All,
    /// The bucket itself is gone.
    Bucket,
    /// The service does not take this way.
    Otherwise,
}

impl<'a> Emptying<'a> {
    pub(super) fn of(context: &'a Context, key: &'a Key, live: &'a wire::Bucket) -> Self {
        Emptying { context, key, name: &live.name, way: DeleteMode::Together, removed: 0 }
    }

    /// Empties it; how many objects are gone.
    pub(super) async fn run(mut self) -> Result<usize, Failure> {
        match self.all().await {
            Ok(()) => Ok(self.removed),
            Err(cause) if self.removed == 0 => Err(cause),
            Err(cause) => Err(Failure::Partly {
                cause: Box::new(cause),
                action: Action::Delete,
                migrations: Vec::new(),
                notes: vec![format!(
                    "{} of it are gone; another run goes on with the rest",
                    counted(self.removed)
                )],
            }),
        }
    }

    async fn all(&mut self) -> Result<(), Failure> {
        let mut passed: HashSet<String> = HashSet::new();
        loop {
            let page = match self.page().await {
                Ok(page) => page,
                Err(ReadError::Rejected(error)) if error.is_gone() => return Ok(()),
                Err(error) => return Err(Failure::of_read(&self.key.name, error)),
            };
            let stayed: Vec<&String> = page.keys.iter().filter(|key| passed.contains(*key)).collect();
            self.removed -= stayed.len().min(self.removed);
            if let Some(key) = stayed.first() {
                if self.way == DeleteMode::Single {
                    return Err(self.stays(key));
                }
                self.way = DeleteMode::Single;
            }
            if page.keys.is_empty() {
                return Ok(());
            }
            let done = match self.way {
                DeleteMode::Together => self.together(&page.keys).await?,
                DeleteMode::Single => self.single(&page.keys).await?,
            };
            match done {
                PageResult::All => passed = page.keys.into_iter().collect(),
                PageResult::Bucket => return Ok(()),
                PageResult::Otherwise => {
                    self.way = DeleteMode::Single;
                    passed.clear();
                }
            }
            self.tell();
        }
    }

    /// Deletes what a page listed in one request; a deletion that comes late finds nothing, or what is to go.
    async fn together(&mut self, keys: &[String]) -> Result<PageResult, Failure> {
        match api::delete_objects(self.client(), self.name, self.place(), keys).await {
            // What was gone before is not this run's work.
            Outcome::Applied(deleted) => {
                self.removed += deleted;
                Ok(PageResult::All)
            }
            Outcome::Rejected(error) if is_of_bucket(&error) => Ok(PageResult::Bucket),
            // The route is documented nowhere: what it refuses may be allowed one by one.
            Outcome::Rejected(_) => Ok(PageResult::Otherwise),
            Outcome::NotSent(trouble) => Err(Failure::of_trouble(&self.key.name, trouble)),
            Outcome::Unknown(trouble) => match self.page().await {
                Ok(left) => {
                    let left: HashSet<String> = left.keys.into_iter().collect();
                    let gone = keys.iter().filter(|key| !left.contains(*key)).count();
                    self.removed += gone;
                    Ok(if gone == keys.len() { PageResult::All } else { PageResult::Otherwise })
                }
                Err(ReadError::Rejected(error)) if error.is_gone() => Ok(PageResult::Bucket),
                Err(_) => Err(unknown(self.key.name.clone(), trouble)),
            },
        }
    }

    async fn single(&mut self, keys: &[String]) -> Result<PageResult, Failure> {
        for (number, object) in keys.iter().enumerate() {
            match api::delete_object(self.client(), self.name, self.place(), object).await {
                Outcome::Applied(()) => self.removed += 1,
                Outcome::Rejected(error) if is_of_bucket(&error) => return Ok(PageResult::Bucket),
                Outcome::Rejected(error) if error.is_gone() => {
                    self.removed += usize::from(error.follows_loss);
                }
                Outcome::Rejected(error) => return Err(Failure::rejected(&self.key.name, error)),
                Outcome::NotSent(trouble) => return Err(Failure::of_trouble(&self.key.name, trouble)),
                Outcome::Unknown(trouble) => {
                    let is_left = self.page().await.map(|left| left.keys.contains(object));
                    if !matches!(is_left, Ok(false)) {
                        return Err(unknown(format!("{}/{object}", self.key.name), trouble));
                    }
                    self.removed += 1;
                }
            }
            if (number + 1).is_multiple_of(TOLD_AFTER) {
                self.tell();
            }
        }
        Ok(PageResult::All)
    }

    async fn page(&self) -> Result<Page, ReadError> {
        api::objects(self.client(), self.name, self.place(), None).await
    }

    /// Why the work ends where an object stays.
    fn stays(&self, object: &str) -> Failure {
        let message = format!(
            "`{}` still lists `{object}`, whose deletion was accepted: something writes to it, or a lock rule keeps it",
            self.key.name
        );
        Failure::refused_with_hint("data", message, "stop what writes to the bucket, and run again")
    }

    fn tell(&self) {
        let message = format!("{} deleted", counted(self.removed));
        self.context.events.emit(Event::Progress { op: current_scope().op, message });
    }

    fn client(&self) -> &'a Client {
        &self.context.client
    }

    fn place(&self) -> Option<&'a str> {
        self.key.jurisdiction.as_deref()
    }
}

/// Whether it is the bucket that is not there, and not the object.
fn is_of_bucket(error: &ApiError) -> bool {
    error.is_gone() && error.code() == api::NO_BUCKET
}

fn unknown(resource: String, trouble: TransportError) -> Failure {
    Failure::Unknown { resource, why: trouble.detail, check: "run again: what is gone is left alone".into() }
}
