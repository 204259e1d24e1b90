//! Any endpoint that has no wing: `cf::get(path)` and the like, confined to this account and its zones.

mod api;
pub mod ops;
mod pages;
mod path;
mod veil;
