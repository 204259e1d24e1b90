//! Looks for canaries in what the program left behind as a thief would: it undoes encodings instead of making them, so
//! that it shares nothing with the redactor. A part of a canary is a find, too.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// This much of a canary in a row is a leak.
const WINDOW: usize = 10;

/// How somebody may write a value.
pub type Writing = fn(&str) -> String;

/// Ways in which a value gets into logs, by name.
pub const WRITINGS: &[(&str, Writing)] = &[
    ("plain", str::to_owned),
    ("percent", |value| percent(value, "%20", |byte| format!("%{byte:02X}"))),
    ("percent-lower", |value| percent(value, "%20", |byte| format!("%{byte:02x}"))),
    ("form", |value| percent(value, "+", |byte| format!("%{byte:02X}"))),
    ("base64", |value| STANDARD.encode(value)),
    ("base64+1", |value| STANDARD.encode(format!("x{value}"))),
    ("base64+2", |value| STANDARD.encode(format!("xy{value}zz"))),
    ("base64url+1", |value| URL_SAFE_NO_PAD.encode(format!("x{value}z"))),
    ("hex", |value| hex::encode(value)),
    ("hex-upper", |value| hex::encode_upper(value)),
    ("json", |value| serde_json::json!(value).to_string()),
    ("json-in-json", |value| serde_json::json!(serde_json::json!(value).to_string()).to_string()),
    ("json-slash", |value| serde_json::json!(value).to_string().replace('/', "\\/")),
    ("html", html),
    ("debug", |value| format!("{value:?}")),
];

fn percent(value: &str, space: &str, escape: impl Fn(u8) -> String) -> String {
    value.bytes().fold(String::new(), |text, byte| match byte {
        b' ' => text + space,
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
            text + char::from(byte).to_string().as_str()
        }
        byte => text + escape(byte).as_str(),
    })
}

fn html(value: &str) -> String {
    let text = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// Where a canary was found, and in which reading of the text: nothing, if all is well.
pub fn leaks(place: &str, text: &[u8], canaries: &[String]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let parts: Vec<&[u8]> =
        canaries.iter().flat_map(|canary| canary.as_bytes().windows(WINDOW.min(canary.len()))).collect();
    // Most places are none where a part begins, which is seen at once.
    let mut begins = vec![false; 1 << 16];
    for part in &parts {
        begins[usize::from(u16::from_be_bytes([part[0], part[1]]))] = true;
    }
    for (reading, bytes) in readings(text) {
        let leak = bytes.windows(2).enumerate().find_map(|(at, pair)| {
            let begins = begins[usize::from(u16::from_be_bytes([pair[0], pair[1]]))];
            parts.iter().filter(|_| begins).find(|part| bytes[at..].starts_with(part))
        });
        if let Some(part) = leak {
            found.insert(format!("{place}, read as {reading}: {}", String::from_utf8_lossy(part)));
        }
    }
    found.into_iter().collect()
}

/// A log without the lines that name a secret to the runner of GitHub Actions, which takes them out itself: a whole
/// canary, and in no other form.
pub fn without_masks(log: &[u8], canaries: &[String]) -> Vec<u8> {
    let is_mask = |line: &[u8]| {
        let masked = line.strip_prefix(b"::add-mask::").map(|rest| unpercent(rest, b'+'));
        let holds = |masked: &[u8], canary: &String| {
            masked.windows(canary.len()).any(|part| part == canary.as_bytes())
        };
        masked.is_some_and(|masked| canaries.iter().any(|canary| holds(&masked, canary)))
    };
    log.split_inclusive(|byte| *byte == b'\n').filter(|line| !is_mask(line)).flatten().copied().collect()
}

/// The text with encodings undone, each alone.
fn readings(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![
        ("itself", text.to_vec()),
        ("percent", unpercent(text, b'+')),
        ("form", unpercent(text, b' ')),
        ("backslashes", unslash(text)),
        ("backslashes twice", unslash(&unslash(text))),
        ("entities", unentity(text)),
    ];
    let hex: Vec<Vec<u8>> = (0..2).map(|skip| runs(text, u8::is_ascii_hexdigit, skip, unhex)).collect();
    all.extend(hex.into_iter().map(|bytes| ("hex", bytes)));
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    all.extend((0..4).map(|skip| ("base64", runs(text, digit, skip, unbase64))));
    all
}

/// Each run of such bytes, without its first few, undone.
fn runs(text: &[u8], is_part: impl Fn(&u8) -> bool, skip: usize, undo: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let runs = text.split(|byte| !is_part(byte)).filter(|run| run.len() > WINDOW);
    runs.flat_map(|run| [undo(&run[skip..]), vec![b'\n']].concat()).collect()
}

fn unhex(run: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    run.chunks_exact(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

fn unbase64(run: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |byte: u8| {
        let byte = match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        u32::try_from(DIGITS.iter().position(|digit| *digit == byte).unwrap()).unwrap()
    };
    run.chunks_exact(4)
        .flat_map(|four| {
            let bits = four.iter().fold(0, |bits, byte| bits << 6 | value(*byte));
            let [_, one, two, three] = u32::to_be_bytes(bits);
            [one, two, three]
        })
        .collect()
}

fn unpercent(text: &[u8], plus: u8) -> Vec<u8> {
    let text: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { plus } else { *byte }).collect();
    percent_encoding::percent_decode(&text).collect()
}

/// Takes one level of backslashes away.
fn unslash(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let code: String = rest.clone().filter(|c| !"{}".contains(*c)).take(4).collect();
                let _ = write!(
                    out,
                    "{}",
                    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or('u')
                );
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out.into_bytes()
}

fn unentity(text: &[u8]) -> Vec<u8> {
    let text =
        String::from_utf8_lossy(text).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&").into_bytes()
}

#[test]
fn finds_what_is_planted() {
    let canaries = ["c4n&ry/\"tok\\en+<ż> with 'more'".to_owned(), "plain-Token_0123456789abcdef".to_owned()];
    for (name, write) in WRITINGS {
        for canary in &canaries {
            for before in ["", "a", "ab ", "{\"x\":\""] {
                let text = format!("{before}{} and more", write(canary));
                let found = leaks("here", text.as_bytes(), &canaries);
                assert!(!found.is_empty(), "{name} of {canary} after {before:?}: {text}");
                let cut = write(&canary[..20.min(canary.floor_char_boundary(20))]);
                assert!(!leaks("here", cut.as_bytes(), &canaries).is_empty(), "a part, {name}: {cut}");
            }
        }
    }
    assert!(WRITINGS.len() >= 12);
}

#[test]
fn finds_nothing_where_nothing_is() {
    let canaries = ["c4n&ry/\"tok\\en+<ż>".to_owned()];
    let text = format!("{} [secret] c4n&ry/\"t {}", STANDARD.encode("other"), "0123456789abcdef".repeat(8));
    assert_eq!(leaks("here", text.as_bytes(), &canaries), [] as [String; 0]);
}

#[test]
fn a_mask_is_a_line_of_its_own_with_the_whole_secret() {
    let canaries = ["plain-Token_0123456789abcdef".to_owned(), "50% of c4n&ry".to_owned()];
    let left = |log: &str| leaks("log", &without_masks(log.as_bytes(), &canaries), &canaries).len();
    assert_eq!(
        left("::add-mask::plain-Token_0123456789abcdef\n::add-mask::50%25 of c4n&ry\nall is well\n"),
        0
    );
    for log in [
        "plain-Token_0123456789abcdef\n",
        "x ::add-mask::plain-Token_0123456789abcdef\n",
        "::add-mask::plain-Token_01234\n",
        "::add-mask::706c61696e2d546f6b656e5f30313233343536373839616263646566\n",
        "::add-mask::plain-Token_0123456789abcdef\nplain-Token_0123456789abcdef\n",
        "::debug::plain-Token_0123456789abcdef\n",
    ] {
        assert_ne!(left(log), 0, "{log}");
    }
}
