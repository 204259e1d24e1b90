//! The integration tests: one binary, one module per matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod suite;
