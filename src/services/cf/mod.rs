//! Any endpoint without a service module: `cf::get(path)` and the like, limited to this account and its zones.

mod api;
pub mod ops;
mod pages;
mod path;
mod redaction;

use crate::op::HandleDoc;

/// The types of the handles that its ops give.
pub const HANDLES: &[HandleDoc] = &[HandleDoc {
    kind: "CfAnswer",
    properties: &[("answer", "data", "What the API answers, its `result`; credentials in it are secrets.")],
}];
