//! The API as a table: one constant per method and path, from which calls, permissions and docs are derived.

/// How far a request may be repeated, and what a lost answer means (docs/architecture.md#retries).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Changes nothing, whatever its method.
    Read,
    /// Creates under a name that the server keeps unique: a lost answer is probed for.
    Ensure,
    /// Puts a whole new state: sending it twice is the same as once.
    Replace,
    /// Removes: sending it twice is the same as once.
    Delete,
    /// Carries its own guard against being applied twice: a lost answer is looked up in the ledger.
    Guarded,
    /// Anything else: sent once, and a lost answer is reported as such.
    Raw,
}

/// What an error code means for one endpoint; the numbers are reused between services (API-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMeaning {
    /// The name is taken.
    Exists,
    /// The name may be taken, or the input may be wrong: a probe decides.
    MayExist,
    /// There is no such thing.
    NotFound,
    /// Something has to be done first; in words, as a hint.
    Blocked(&'static str),
}

/// One method and path of the API.
#[derive(Debug)]
pub struct Endpoint {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// Below the base URL, e.g. `/accounts/{account_id}/r2/buckets/{name}`.
    pub path: &'static str,
    /// The permission group it needs, by name.
    pub permission: &'static str,
    /// What may be repeated.
    pub class: Class,
    /// For error texts: `create the namespace`.
    pub doing: &'static str,
    /// What its error codes mean.
    pub meanings: &'static [(i64, CodeMeaning)],
}

/// For tests of what any endpoint has in common.
#[cfg(any(test, fuzzing))]
pub(super) static POST: Endpoint = Endpoint {
    method: "POST",
    path: "/x",
    permission: "",
    class: Class::Ensure,
    doing: "create",
    meanings: &[],
};

impl Endpoint {
    /// Whether it can change the account.
    pub fn is_write(&self) -> bool {
        self.class != Class::Read
    }
}
