//! The state that a session passes on when it continues in another environment.

use crate::reconcile::Placeholders;
use crate::script::handle::Handle;
use rhai::{AST, Dynamic, FnPtr, Scope};

/// The state of a session without its environment.
pub struct CarriedSession {
    pub(super) scope: Scope<'static>,
    pub(super) functions: AST,
    pub(super) imports: String,
    pub(super) entries: usize,
    pub(super) succeeded: Vec<String>,
}

/// Whether a value is a handle, or holds one.
pub(super) fn holds_handle(value: &Dynamic) -> bool {
    holds(value, &|value| value.is::<Handle>())
}

/// Whether a value is, or holds, what a locked session only planned: a handle, or a text in which an id stands that was made up.
pub(super) fn holds_planned(value: &Dynamic, made_up: &Placeholders) -> bool {
    let is_made_up = |text: &str| made_up.stands_in(text);
    holds(value, &|value| {
        value.read_lock::<Handle>().is_some_and(|handle| handle.0.is_planned())
            || value.as_immutable_string_ref().is_ok_and(|text| is_made_up(&text))
            || value.as_map_ref().is_ok_and(|map| map.keys().any(|key| is_made_up(key)))
    })
}

/// Whether that is so of a value or of one in it; a closure holds what it has taken with it.
fn holds(value: &Dynamic, is_so: &dyn Fn(&Dynamic) -> bool) -> bool {
    let value = value.flatten_clone();
    if is_so(&value) {
        return true;
    }
    let inner = |value: &Dynamic| holds(value, is_so);
    if let Ok(items) = value.as_array_ref() {
        return items.iter().any(inner);
    }
    if let Ok(map) = value.as_map_ref() {
        return map.values().any(inner);
    }
    value.read_lock::<FnPtr>().is_some_and(|closure| closure.curry().iter().any(inner))
}
