//! Workers KV: namespaces, and keys with values in them.

pub mod local;
