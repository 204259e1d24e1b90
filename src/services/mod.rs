//! The services that Larder knows, each in a folder of its own.

pub mod ai_gateway;
pub mod d1;
pub mod kv;
pub mod r2;
pub mod vectorize;

use crate::local::LocalService;

/// The local half of every service, for [`local::Account::open`](crate::local::Account::open).
pub const LOCAL: &[&dyn LocalService] = &[
    &kv::local::Kv,
    &r2::local::R2,
    &vectorize::local::Vectorize,
    &ai_gateway::local::AiGateway,
    &d1::local::D1,
];
