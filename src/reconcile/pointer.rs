//! Writes values at JSON pointers.

use serde_json::{Map, Value as Json};

/// Sets the value at a JSON pointer; objects on the way are made.
pub(super) fn put(json: &mut Json, pointer: &str, value: Json) {
    let mut at = json;
    for key in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        at = &mut at[key];
    }
    *at = value;
}
