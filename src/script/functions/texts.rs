//! String functions: padding, and encoding for URLs.

use super::Function;
use super::call::Call;
use crate::script::builtins::Builtin;
use crate::script::engine::limits::TEXT_BYTES_MAX;
use crate::script::host::Outcome;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rhai::Dynamic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        builtin: Builtin {
            name: "pad_start",
            forms: &[&["text: string or int", "width: int", "with: string"]],
            summary: "The text with as much before it as makes it so many characters wide; a longer one is as it was. The language's own `pad` fills up at the end, in place.",
        },
        example: r#"7.pad_start(4, "0")"#,
        result: r#""0007""#,
        run: |call| padded(call, |text, fill| fill + text),
    },
    Function {
        builtin: Builtin {
            name: "pad_end",
            forms: &[&["text: string or int", "width: int", "with: string"]],
            summary: "The text with as much after it as makes it so many characters wide; a longer one is as it was.",
        },
        example: r#""kv".pad_end(4, ".")"#,
        result: r#""kv..""#,
        run: |call| padded(call, |text, fill| text.to_owned() + fill.as_str()),
    },
    Function {
        builtin: Builtin {
            name: "url_encode",
            forms: &[&["text: string or secret"]],
            summary: "The text as a part of a URL: all but letters, digits and `-._~` as `%2F`; of a secret, a secret.",
        },
        example: r#"url_encode("a/b c")"#,
        result: r#""a%2Fb%20c""#,
        run: url_encode,
    },
];

/// RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn padded(call: &Call, together: fn(&str, String) -> String) -> Outcome<Dynamic> {
    let number = call.any(0).as_int().map(|number| number.to_string());
    let text = number.unwrap_or_else(|_| call.text(0));
    let with = call.text(2);
    if with.is_empty() {
        return Err(call.refuse(2, "`with` is empty, and fills nothing up"));
    }
    let width = usize::try_from(call.int(1)).unwrap_or(0);
    if width > TEXT_BYTES_MAX {
        return Err(call.too_large());
    }
    let missing = width.saturating_sub(text.chars().count());
    let fill = with.chars().cycle().take(missing).collect();
    call.sized(together(&text, fill))
}

/// Ids consist of characters that stay as they are, so a made-up one may stand in the text.
fn url_encode(call: &Call) -> Outcome<Dynamic> {
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    match call.any(0).try_cast::<crate::script::handle::ScriptSecret>() {
        Some(secret) => Ok(call.secret(encoded(secret.0.expose()))),
        None => call.sized(encoded(&call.text(0))),
    }
}
