//! The local account: Cloudflare's routes over one SQLite store, in process or behind a loopback socket. `--local`
//! runs against it, and tests use it as their oracle, so it is written from what is known of the API (docs/facts), not from
//! the client.
//!
//! **Invariant:** nothing here or in a service's `local` uses the client's wire types; bodies are plain JSON values.
//! **Invariant:** one request is one transaction; an answer that says failure has changed nothing.
//! **Invariant:** work on one database of D1 holds back no request for anything else.
//! **Invariant:** no token value is stored, only its SHA-256.

mod account;
mod deferred;
mod connections;
mod credentials;
mod digest;
mod exchange;
pub mod fault;
mod history;
mod identity;
mod limit;
mod multipart;
mod page;
mod paging;
mod permissions;
mod reply;
mod request;
mod route;
mod router;
mod served;
mod server;
mod service;
mod ids;
mod store;
mod unroutable;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod workers;

pub use account::{Account, AccountOptions, DEFAULT_ACCOUNT_ID, IssueError};
pub use credentials::{Caller, EMAIL, UnknownPermission};
pub use deferred::{DeferredResult, DeferredWork};
pub use exchange::{Exchange, View};
pub use history::RecordedExchange;
pub use ids::{md5_hex, sha256_hex};
pub use limit::RequestLimit;
pub use multipart::{Part, parts};
pub use paging::{OutOfBounds, Page, PageBounds};
pub use permissions::PermissionGroup;
pub use reply::{ErrorReply, Reply};
pub use request::{BASE_PATH, Request};
pub use route::{Access, Handler, Refusal, Route};
pub use served::Served;
pub use server::{Server, ServerError};
pub use service::{LocalService, Resource};
pub use store::{OpenError, remove};
pub use unroutable::lacking;
