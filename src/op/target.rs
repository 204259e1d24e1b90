//! A resource as an argument.

use super::value::Pending;
use std::sync::Arc;

/// A resource given by its handle or its raw id.
#[derive(Clone, Debug)]
pub enum Target {
    /// The handle; the op waits for it.
    Handle(Arc<Pending>),
    /// The id in the account.
    Id(String),
}

/// A resource given by its handle or its name.
#[derive(Clone, Debug)]
pub enum Named {
    /// The handle.
    Handle(Arc<Pending>),
    /// The name in the account.
    Name(String),
}
