//! The encodings in which a secret may appear.

use super::finder::SearchForm;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Values shorter than this are not looked for: they would mask ordinary words.
pub const BYTES_MIN: usize = 5;

/// A path segment this long, at the end of a secret URL, is the secret part of it.
const SEGMENT_BYTES_MIN: usize = 12;

/// Every form of `value` to look for, itself included; none shorter than [`BYTES_MIN`]. How single
/// characters are quoted is not listed here: the finder reads that.
pub(super) fn of(value: &str) -> Vec<SearchForm> {
    if value.len() < BYTES_MIN {
        return Vec::new();
    }
    let plain = |text: String| SearchForm { text, is_foldable: false };
    let foldable = |text: String| SearchForm { text, is_foldable: true };
    let mut found = vec![plain(value.to_owned())];
    found.extend(value.lines().map(|line| plain(line.trim().to_owned())));
    found.extend(inside_url(value).into_iter().map(plain));
    found.push(foldable(hex::encode_upper(value)));
    found.push(foldable(hex::encode(value)));
    for offset in 0..3 {
        found.extend(base64_inside(value.as_bytes(), offset).map(foldable));
    }
    found.retain(|form| form.text.len() >= BYTES_MIN);
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

    fn texts(value: &str) -> Vec<String> {
        of(value).into_iter().map(|form| form.text).collect()
    }

    #[test]
    fn short_values_have_no_form_and_short_forms_are_left_out() {
        assert_eq!(texts("abcd"), [] as [&str; 0]);
        assert!(texts("abcde\nabcd\nab").iter().all(|form| form.len() >= BYTES_MIN));
    }

    #[test]
    fn the_shortest_value_is_looked_for_in_all_its_forms() {
        let alphabets = |text: &'static str| [text, text];
        let expected = [
            &["hello", "hello", "68656C6C6F", "68656c6c6f"][..],
            &alphabets("aGVsbG"),
            &alphabets("hlbGxv"),
            &alphabets("oZWxsb"),
        ];
        assert_eq!(texts("hello"), expected.concat());
        let foldable = of("hello").into_iter().map(|form| form.is_foldable).collect::<Vec<_>>();
        assert_eq!(foldable, [&[false; 2][..], &[true; 8]].concat());
    }

    #[test]
    fn the_end_of_an_address_is_secret_where_it_is_long_and_the_address_is_of_the_web() {
        let is_looked_for = |value: &str, end: &str| texts(value).iter().any(|form| form == end);
        assert!(is_looked_for("https://a.example/12bytes-long", "12bytes-long"));
        assert!(!is_looked_for("https://a.example/11bytes-lon", "11bytes-lon"));
        assert!(!is_looked_for("ftp://a.example/12bytes-long", "12bytes-long"));
    }

    #[test]
    fn a_url_is_secret_in_its_parts() {
        let forms = texts("https://hooks.example/services/T01/abcdefghijkl");
        assert!(forms.iter().any(|form| form == "abcdefghijkl"), "{forms:?}");
        let forms = texts("postgres://app:p%40ssword@db.example/jobs");
        for part in ["p%40ssword", "p@ssword"] {
            assert!(forms.iter().any(|form| form == part), "{forms:?}");
        }
        assert!(!forms.iter().any(|form| form == "jobs"));
    }
}
