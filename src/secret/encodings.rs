//! How a value looks in places where somebody has written it in another way.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt::Write as _;

/// Values shorter than this are not looked for: they would mask ordinary words (reliability notes 7).
pub const BYTES_MIN: usize = 5;

/// A path segment this long, at the end of a secret URL, is the secret part of it.
const SEGMENT_BYTES_MIN: usize = 12;

/// Every form of `value` to look for, itself included; none shorter than [`BYTES_MIN`] (reliability notes 7).
pub(super) fn of(value: &str) -> Vec<String> {
    if value.len() < BYTES_MIN {
        return Vec::new();
    }
    let mut found = vec![value.to_owned()];
    found.extend(value.lines().map(|line| line.trim().to_owned()));
    found.extend(inside_url(value));
    let percent = percent(value, "%20");
    found.push(lowercase_escapes(&percent));
    found.push(percent);
    found.push(self::percent(value, "+"));
    let hex = hex(value);
    found.push(hex.to_ascii_uppercase());
    found.push(hex);
    let json = json(value);
    found.push(json.replace('/', "\\/"));
    found.push(self::json(&json));
    found.push(ascii_json(&json));
    found.push(json);
    found.push(value.escape_debug().to_string());
    found.push(html(value));
    for offset in 0..3 {
        found.extend(base64_inside(value.as_bytes(), offset));
    }
    found.retain(|form| form.len() >= BYTES_MIN);
    found
}

/// The password and the last segment of a URL that is a secret, as those of webhooks and databases are.
fn inside_url(value: &str) -> Vec<String> {
    let Ok(url) = url::Url::parse(value) else { return Vec::new() };
    let mut found: Vec<String> = url.password().map(str::to_owned).into_iter().collect();
    if matches!(url.scheme(), "http" | "https") {
        let segment = url.path().rsplit('/').next().unwrap_or_default();
        found.extend((segment.len() >= SEGMENT_BYTES_MIN).then(|| segment.to_owned()));
    }
    let decoded: Vec<String> = found
        .iter()
        .map(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    found.extend(decoded);
    found
}

fn percent(value: &str, space: &str) -> String {
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte as char);
        } else if byte == b' ' {
            out.push_str(space);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// `%2F` as `%2f`; what is not escaped stays.
fn lowercase_escapes(percent: &str) -> String {
    let mut parts = percent.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out + "%" + escape.to_ascii_lowercase().as_str() + rest
    })
}

fn hex(value: &str) -> String {
    value.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Inside the quotes of a JSON string.
fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// The same where a writer keeps to ASCII.
fn ascii_json(json: &str) -> String {
    json.chars().fold(String::new(), |mut out, character| {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        out
    })
}

fn html(value: &str) -> String {
    value.chars().fold(String::new(), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

/// The characters that stay the same wherever `value` begins inside a longer base64 text: at `offset` bytes past a
/// group of three the first and last characters mix with the neighbours, so they are cut.
fn base64_inside(value: &[u8], offset: usize) -> [String; 2] {
    let mut shifted = vec![0; offset];
    shifted.extend_from_slice(value);
    let lead = (offset * 8).div_ceil(6);
    let whole = shifted.len() * 8 / 6;
    [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)]
        .map(|text| text.get(lead..whole).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_have_no_form_and_short_forms_are_left_out() {
        assert_eq!(of("abcd"), [] as [&str; 0]);
        assert!(of("abcde\nab").iter().all(|form| form.len() >= BYTES_MIN));
    }

    #[test]
    fn forms_are_those_that_others_write() {
        let forms = of("a/b \"ż\n<&");
        for form in [
            "a%2Fb%20%22%C5%BC%0A%3C%26",
            "a%2fb%20%22%c5%bc%0a%3c%26",
            "a%2Fb+%22%C5%BC%0A%3C%26",
            "612f622022c5bc0a3c26",
            "612F622022C5BC0A3C26",
            r#"a/b \"ż\n<&"#,
            r#"a\/b \"ż\n<&"#,
            r#"a/b \\\"ż\\n<&"#,
            r#"a/b \"\u017c\n<&"#,
            "a/b &quot;ż\n&lt;&amp;",
            "a/b \"ż",
        ] {
            assert!(forms.iter().any(|known| known == form), "{form}: {forms:#?}");
        }
    }

    #[test]
    fn a_url_is_secret_in_its_parts() {
        let forms = of("https://hooks.example/services/T01/abcdefghijkl");
        assert!(forms.iter().any(|form| form == "abcdefghijkl"), "{forms:?}");
        let forms = of("postgres://app:p%40ssword@db.example/jobs");
        for part in ["p%40ssword", "p@ssword"] {
            assert!(forms.iter().any(|form| form == part), "{forms:?}");
        }
        assert!(!forms.iter().any(|form| form == "jobs"));
    }
}
