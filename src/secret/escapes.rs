//! The ways to quote one character: percent encoding, HTML entities, backslashes, doubled quotes.
//!
//! What writes such a text decides for each character whether it is quoted, so the writings of a whole value can't be listed:
//! they are read, character by character.

use std::ops::Range;

/// The longest writing of one byte: eight backslashes and `U00000026`.
pub(super) const BYTES_MAX: usize = 17;
/// JSON in JSON in JSON: a backslash may stand for itself this often.
const BACKSLASHES_MAX: usize = 8;

/// What some bytes of a text may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    bytes: [u8; 4],
    count: usize,
    /// How long it is in the text.
    pub(super) length: usize,
}

impl Reading {
    fn byte(byte: u8, length: usize) -> Self {
        Reading { bytes: [byte, 0, 0, 0], count: 1, length }
    }

    fn letter(letter: char, length: usize) -> Self {
        let mut bytes = [0; 4];
        let count = letter.encode_utf8(&mut bytes).len();
        Reading { bytes, count, length }
    }

    /// The bytes of the value.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

/// Whether a text may be something else than itself where it begins with this byte.
pub(super) fn is_mark(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | b'+' | b'=' | b'\'' | b'"')
}

/// Tells everything that the text from `at` on may stand for, itself last.
pub(super) fn readings(text: &[u8], at: usize, tell: &mut impl FnMut(Reading)) {
    let Some(&first) = text.get(at) else { return };
    let rest = &text[at..];
    match first {
        b'%' => percent(rest, tell),
        b'&' => entity(rest, tell),
        b'\\' => backslash(rest, tell),
        b'+' => tell(Reading::byte(b' ', 1)),
        // Quoted-printable.
        b'=' => hex(rest, 1..3).into_iter().for_each(|byte| tell(Reading::byte(as_byte(byte), 3))),
        // A shell, or SQL and CSV.
        b'\'' => {
            [&br"'\''"[..], b"'\"'\"'", b"''"].iter().filter(|quoted| rest.starts_with(quoted)).for_each(
                |quoted| {
                    tell(Reading::byte(b'\'', quoted.len()));
                },
            );
        }
        b'"' if rest.starts_with(b"\"\"") => tell(Reading::byte(b'"', 2)),
        _ => {}
    }
    tell(Reading::byte(first, 1));
}

/// How long a line break is that stands between two characters of a folded text, with the blanks of the next line.
pub(super) fn fold(text: &[u8], at: usize) -> usize {
    let mut end = at;
    loop {
        let mut length = 0;
        readings(text, end, &mut |reading| {
            if matches!(reading.bytes(), b"\n" | b"\r") {
                length = length.max(reading.length);
            }
        });
        if length == 0 {
            break;
        }
        end += length;
    }
    if end == at {
        return 0;
    }
    end += text[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    end - at
}

/// `%2F`, `%252F`, and `%u002F` and `%E4` of JavaScript's `escape`, which writes characters and not their bytes.
fn percent(rest: &[u8], tell: &mut impl FnMut(Reading)) {
    if rest.starts_with(b"%25")
        && let Some(byte) = hex(rest, 3..5)
    {
        tell(Reading::byte(as_byte(byte), 5));
    }
    if let Some(code) = hex(rest, 1..3) {
        tell(Reading::byte(as_byte(code), 3));
        tell_letter(Some(code), 3, tell);
    }
    if rest.starts_with(b"%u")
        && let Some(unit) = hex(rest, 2..6)
    {
        let low = hex(rest, 8..12).filter(|_| rest[6..].starts_with(b"%u"));
        units(unit, low, 6, tell);
    }
}

/// A character of one UTF-16 unit, or of two where it needs them; each is so long in the text.
fn units(unit: u32, low: Option<u32>, length: usize, tell: &mut impl FnMut(Reading)) {
    if let Some(letter) = char::from_u32(unit) {
        return tell(Reading::letter(letter, length));
    }
    let both = [unit, low.unwrap_or_default()].map(|unit| u16::try_from(unit).unwrap_or_default());
    let both = char::decode_utf16(both).next().and_then(Result::ok);
    tell_letter(both.map(u32::from), 2 * length, tell);
}

/// `&amp;`, `&#38;`, `&#x26;`, and the same of a text that was quoted twice.
fn entity(rest: &[u8], tell: &mut impl FnMut(Reading)) {
    const NAMED: [(&[u8], char); 8] = [
        (b"amp;", '&'),
        (b"lt;", '<'),
        (b"gt;", '>'),
        (b"quot;", '"'),
        (b"apos;", '\''),
        (b"nbsp;", '\u{a0}'),
        (b"sol;", '/'),
        (b"plus;", '+'),
    ];
    for begin in [&b"&amp;"[..], b"&"] {
        let Some(inner) = rest.strip_prefix(begin) else { continue };
        for (name, letter) in NAMED.iter().filter(|(name, _)| inner.starts_with(name)) {
            tell(Reading::letter(*letter, begin.len() + name.len()));
        }
        let (radix, digits_at) = match inner {
            [b'#', b'x' | b'X', ..] => (16, 2),
            [b'#', ..] => (10, 1),
            _ => continue,
        };
        let digits =
            inner[digits_at..].iter().take(7).take_while(|byte| char::from(**byte).is_digit(radix)).count();
        let end = digits_at + digits;
        let text = std::str::from_utf8(&inner[digits_at..end]).unwrap_or_default();
        if let Some(letter) = u32::from_str_radix(text, radix).ok().and_then(char::from_u32) {
            let semicolon = usize::from(inner.get(end) == Some(&b';'));
            tell(Reading::letter(letter, begin.len() + end + semicolon));
        }
    }
}

/// `\"`, `\n`, `\u0022`, `\x22`, `\U00000022`, `\u{22}`, `\042`, with one backslash or several.
fn backslash(rest: &[u8], tell: &mut impl FnMut(Reading)) {
    let run = rest.iter().take(BACKSLASHES_MAX).take_while(|byte| **byte == b'\\').count();
    for count in [8, 4, 2].into_iter().filter(|count| *count <= run) {
        tell(Reading::byte(b'\\', count));
    }
    let Some(&letter) = rest.get(run) else { return };
    let plain = |byte: u8| Reading::byte(byte, run + 1);
    match letter {
        b'n' => tell(plain(b'\n')),
        b'r' => tell(plain(b'\r')),
        b't' => tell(plain(b'\t')),
        b'b' => tell(plain(8)),
        b'f' => tell(plain(12)),
        b'v' => tell(plain(11)),
        b'a' => tell(plain(7)),
        b'e' => tell(plain(27)),
        b'x' => {
            if let Some(code) = hex(rest, run + 1..run + 3) {
                tell(Reading::byte(as_byte(code), run + 3));
                tell_letter(Some(code), run + 3, tell);
            }
        }
        b'u' => unicode(rest, run, tell),
        b'U' => {
            tell_letter(hex(rest, run + 1..run + 9), run + 9, tell);
        }
        b'0'..=b'3' => {
            let digits = rest.get(run..run + 3).and_then(|digits| std::str::from_utf8(digits).ok());
            let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
            if let Some(byte) = code {
                tell(Reading::byte(byte, run + 3));
            }
        }
        other if !other.is_ascii_alphanumeric() => tell(plain(other)),
        _ => {}
    }
}

/// `\u002f`, `\u{2f}`, and two of the first where a character needs them.
fn unicode(rest: &[u8], run: usize, tell: &mut impl FnMut(Reading)) {
    if rest.get(run + 1) == Some(&b'{') {
        let digits = rest[run + 2..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = run + 2 + digits;
        if rest.get(end) == Some(&b'}') {
            tell_letter(hex(rest, run + 2..end), end + 1, tell);
        }
        return;
    }
    let Some(unit) = hex(rest, run + 1..run + 5) else { return };
    let end = run + 5;
    let low = hex(rest, end + run + 1..end + run + 5).filter(|_| rest.get(end + run) == Some(&b'u'));
    units(unit, low, end, tell);
}

fn tell_letter(code: Option<u32>, length: usize, tell: &mut impl FnMut(Reading)) {
    if let Some(letter) = code.and_then(char::from_u32) {
        tell(Reading::letter(letter, length));
    }
}

fn hex(text: &[u8], digits: Range<usize>) -> Option<u32> {
    let digits = text.get(digits).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn as_byte(code: u32) -> u8 {
    u8::try_from(code).unwrap_or_default()
}

#[cfg(test)]
mod tests;
