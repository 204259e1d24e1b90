//! Finds bindings whose id belongs to another resource than the one the recipe names.

use super::names::{name_of, of_account};
use super::{BindingCheck, BindingRefusal, PlannedResource, difference, problem, use_of};
use crate::op::Context;
use crate::script::host::Bound;
use std::sync::Arc;

/// The first binding whose id is not that of what is there under the name; an id that nothing has any more is no contradiction
/// where the name is gone, too.
pub fn contradicted(
    look: &BindingCheck,
    bound: &Bound,
    uses: &[PlannedResource],
    context: &Arc<Context>,
) -> Result<(), Box<BindingRefusal>> {
    for binding in look.bindings() {
        let Some(id) = &binding.id else { continue };
        let Some(found) = use_of(look.selected, bound, binding, uses) else { continue };
        let wrong = match &found.id {
            Some(live) if live == id => None,
            Some(_) => difference(binding, found),
            None => {
                let other = name_of(look, context, binding.kind, id);
                other.map_err(|failure| of_account(failure.problem()))?.map(|other| {
                    let (name, real) = (&binding.binding, &found.op.resource);
                    let message = format!(
                        "the Worker's binding `{name}` has the id `{id}`, which is `{other}` and not `{real}`"
                    );
                    problem(message, binding)
                })
            }
        };
        if let Some(problem) = wrong {
            return Err(of_account(problem));
        }
    }
    Ok(())
}
