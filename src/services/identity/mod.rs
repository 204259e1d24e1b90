//! Who asks: what the API says of the credentials themselves (Cloudflare API notes 14). No recipe sees it.

pub mod api;
pub mod wire;
