//! Recognises ids that only a local account creates.

/// Whether an id was made by a local account: a UUID of version 8, or 32 hexadecimal digits that begin with `10ca1`.
pub fn is_local_id(id: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = id.split('-').collect();
    match parts.as_slice() {
        [whole] => whole.len() == 32 && is_hex(whole) && whole.starts_with("10ca1"),
        [_, _, version, _, _] => {
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| is_hex(part)) && version.starts_with('8')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_a_local_account_are_told_as_such() {
        for local in ["10ca1f00000000000000000000000000", "10ca1234-cb58-82b7-a8a9-47d225bc08e7"] {
            assert!(is_local_id(local), "{local}");
        }
        for other in [
            "",
            "10ca1",
            "c4f5a1d05bdf4d989d7644fde00ff110",
            "8f1fc6da-cb58-42b7-a8a9-47d225bc08e7",
            "10ca1234-cb58-82b7-a8a9-47d225bc08eg",
            "10ca1-8-8-8-8",
            "shop-files",
        ] {
            assert!(!is_local_id(other), "{other}");
        }
    }
}
