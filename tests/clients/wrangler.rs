//! wrangler, with the command lines and outcomes that were recorded of it, and with every other command that it has for the
//! services of the local account.

mod chain;
mod commands;
mod corpus;
mod filter;
mod recorded;

use chain::play;

/// The chains, each with an account of its own.
const CHAINS: &[&str] = &[
    "d1",
    "d1_more",
    "elsewhere",
    "errors",
    "kv",
    "kv_more",
    "r2",
    "r2_access",
    "r2_events",
    "r2_more",
    "r2_rules",
    "vectorize",
];

#[test]
fn wrangler_on_d1() {
    play("d1");
}

#[test]
fn wrangler_on_d1_more() {
    play("d1_more");
}

#[test]
fn wrangler_elsewhere() {
    play("elsewhere");
}

#[test]
fn wrangler_on_errors() {
    play("errors");
}

#[test]
fn wrangler_on_kv() {
    play("kv");
}

#[test]
fn wrangler_on_kv_more() {
    play("kv_more");
}

#[test]
fn wrangler_on_r2() {
    play("r2");
}

#[test]
fn wrangler_on_r2_access() {
    play("r2_access");
}

#[test]
fn wrangler_on_r2_events() {
    play("r2_events");
}

#[test]
fn wrangler_on_r2_more() {
    play("r2_more");
}

#[test]
fn wrangler_on_r2_rules() {
    play("r2_rules");
}

#[test]
fn wrangler_on_vectorize() {
    play("vectorize");
}
