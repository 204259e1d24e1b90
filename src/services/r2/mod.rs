//! R2: buckets, and objects in them.

pub mod local;
