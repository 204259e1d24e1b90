//! What a session leaves to the one that goes on in another environment.

use crate::script::handle::Handle;
use rhai::{AST, Dynamic, FnPtr, Scope};

/// Everything of a session but where it was.
pub struct Carried {
    pub(super) scope: Scope<'static>,
    pub(super) functions: AST,
    pub(super) imports: String,
    pub(super) entries: usize,
    pub(super) succeeded: Vec<String>,
}

/// Whether a value is a handle, or holds one; a closure holds what it has taken with it.
pub(super) fn holds_handle(value: &Dynamic) -> bool {
    let value = value.flatten_clone();
    if value.is::<Handle>() {
        return true;
    }
    if let Ok(items) = value.as_array_ref() {
        return items.iter().any(holds_handle);
    }
    if let Ok(map) = value.as_map_ref() {
        return map.values().any(holds_handle);
    }
    value.read_lock::<FnPtr>().is_some_and(|closure| closure.curry().iter().any(holds_handle))
}
