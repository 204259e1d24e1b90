//! The identity of the credentials. Recipes cannot call it (API-16).

pub mod api;
pub mod wire;
