//! Parameters that accept a handle in place of an id or a name.

use super::failure::Failure;
use super::value::Pending;
use std::sync::Arc;

/// A resource given by its handle or its raw id.
#[derive(Clone, Debug)]
pub enum HandleOrId {
    /// The handle; the op waits for it.
    Handle(Arc<Pending>),
    /// The id in the account.
    Id(String),
}

impl HandleOrId {
    /// The same, of a service whose ids are 32 hexadecimal digits, written at a stretch or as a UUID: another text is a name,
    /// for which the API has no resource. `what` is how people call one.
    pub fn of_hex_id(self, service: &str, what: &str) -> Result<Self, Failure> {
        let HandleOrId::Id(id) = &self else { return Ok(self) };
        if is_hex_id(id) {
            return Ok(self);
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let name = if !id.is_empty() && id.bytes().all(is_plain) { id } else { "NAME" };
        let hint = format!("pass its handle, which `{service}::find(\"{name}\")` gives, or its id");
        Err(Failure::refused_with_hint("argument", format!("`{id}` is not the id of a {what}"), hint))
    }
}

fn is_hex_id(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_hexdigit();
    match text.len() {
        32 => text.bytes().all(is_hex),
        36 => text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => is_hex(byte),
        }),
        _ => false,
    }
}

/// A resource given by its handle or its name.
#[derive(Clone, Debug)]
pub enum HandleOrName {
    Handle(Arc<Pending>),
    /// The name in the account.
    Name(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_names() {
        for id in ["fff1b8c0c65642b8ba943f5417d85f66", "fff1b8c0-c656-42b8-ba94-3f5417d85f66"] {
            assert!(HandleOrId::Id(id.to_owned()).of_hex_id("kv", "namespace").is_ok(), "{id}");
        }
        for name in [
            "",
            "a",
            "..",
            "fff1b8c0c65642b8ba943f5417d85f6g",
            "fff1b8c0-c656-42b8-ba94-3f5417d85f6",
            "d\u{e9}",
        ] {
            let refused = HandleOrId::Id(name.to_owned()).of_hex_id("kv", "namespace").unwrap_err();
            assert_eq!(refused.to_string(), format!("`{name}` is not the id of a namespace"));
        }
    }
}
