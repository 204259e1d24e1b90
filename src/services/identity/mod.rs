//! Who asks: what the API says of the credentials themselves (API-16). No recipe sees it.

pub mod api;
pub mod wire;
