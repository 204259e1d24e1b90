//! The Cloudflare API as calls with four outcomes. The only room that knows reqwest.
//!
//! A call names its [`Endpoint`]; the endpoint's [`Class`] says what may be sent again. What a *lost* answer means is
//! not decided here: a write ends as an [`Outcome`] and the procedures above probe the account.
//!
//! **Invariant:** no request leaves this room twice unless the one table in `retry` says so.

mod answer_match;
mod attempt;
mod call;
mod client;
mod credentials;
mod endpoint;
mod envelope;
mod error;
mod files;
mod result_form;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod cached_reads;
mod in_process;
mod replayed;
mod limiter;
mod link;
mod list;
mod network;
mod read_after_write;
mod outcome;
mod paging;
mod pause;
mod permission;
mod account_check;
mod permitted;
mod read_only;
mod read_cache;
mod retry;
mod scope;
mod write_scope;
mod transient;
mod transport;
mod recent_writes;

pub use account_check::{ACCOUNTS, AccountVisibility};
pub use cached_reads::CachedReads;
pub use call::{Body, Call, Expects};
pub use client::{Client, Settings, Stop};
pub use credentials::{Credentials, TokenSource};
pub use endpoint::{Class, CodeMeaning, Endpoint};
pub use envelope::{ApiResponse, PageInfo};
pub use error::{ApiError, ErrorItem, ReadError, TransportError, TransportErrorKind};
pub use files::{Incoming, Outgoing};
pub use in_process::InProcess;
pub use limiter::{Limiter, RequestBudget, WaitPolicy};
pub use link::Link;
pub use list::{ListLimits, PagingStyle};
pub use network::{Egress, Network, Protocol, Proxies, ProxyError, Roots};
pub use outcome::Outcome;
pub use paging::{Listing, ListingError, Paging};
pub use permission::{Level, Permission, least};
pub use permitted::Permitted;
pub use read_cache::{PassAccess, ReadCache};
pub use read_only::ReadOnly;
pub use scope::{Scope, current as current_scope, scoped};
pub use transport::{RawResponse, Transport, WireRequest};
