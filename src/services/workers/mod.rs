//! The bindings of deployed Workers, which decide some names. Recipes cannot call it (WR-14).

pub mod api;
pub mod wire;

use crate::http::Permission;

/// The permission groups that its endpoints ask for.
pub const PERMISSIONS: &[Permission] =
    &[Permission::read("Workers Scripts Read", "1a71c399035b4950a1bd1466bbe4f420", "workers_scripts")];
