//! The ops of AI Gateway.

use super::api;
use super::resource::Gateway;
use crate::op::{Doc, Op};

/// Every op of the service.
pub static OPS: &[Op] = &[
    Op::ensure::<Gateway>(
        &[&api::LIST, &api::GET, &api::CREATE, &api::REPLACE],
        Doc {
            summary: "Makes sure that a gateway of this id exists, with the given fields.",
            params: &[("id", "1 to 64 characters: lower-case letters, digits and `-`.")],
            example: r#"ai_gateway::ensure("main", #{ cache_ttl: 3600, rate_limiting_limit: 100, rate_limiting_interval: 60 }).cache_ttl"#,
            result: "3600",
        },
    ),
    Op::find::<Gateway>(
        &[&api::LIST],
        Doc {
            summary: "The gateway of this id, or `()`.",
            params: &[("id", "As in the account.")],
            example: r#"ai_gateway::ensure("main"); ai_gateway::find("main").collect_logs"#,
            result: "true",
        },
    ),
    Op::list::<Gateway>(
        &[&api::LIST],
        Doc {
            summary: "All gateways of the account, by id.",
            params: &[],
            example: r#"ai_gateway::ensure("b"); ai_gateway::ensure("a"); ai_gateway::list().map(|gateway| gateway.id)"#,
            result: r#"["a", "b"]"#,
        },
    ),
    Op::delete::<Gateway>(
        &[&api::LIST, &api::GET, &api::DELETE],
        Doc {
            summary: "Removes a gateway with its logs; one that is gone is fine.",
            params: &[("gateway", "Its handle or id.")],
            example: r#"ai_gateway::ensure("old"); ai_gateway::delete("old"); ai_gateway::list().len"#,
            result: "0",
        },
    ),
];
