//! Vectorize: indexes, and vectors in them.

pub mod local;
