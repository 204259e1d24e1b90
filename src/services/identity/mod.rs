//! The identity of the credentials (Cloudflare API notes 14). Recipes cannot call it.

pub mod api;
pub mod wire;
