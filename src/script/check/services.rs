//! Which services a recipe calls.

use super::{call, each};
use rhai::AST;
use std::collections::BTreeSet;

pub(super) fn used<'a>(trees: impl Iterator<Item = &'a AST>, services: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for ast in trees {
        each(ast, |node| {
            let namespace = call(node).and_then(|(call, _)| call.namespace.path.first());
            if let Some(service) = namespace.filter(|part| services.contains(&part.name.as_str())) {
                found.insert(service.name.to_string());
            }
        });
    }
    found
}
