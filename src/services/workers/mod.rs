//! Deployed Workers, as far as names rest on them: what a Worker is bound to (Cloudflare API notes 10). No recipe sees it.

pub mod api;
pub mod wire;
