//! Recognises credentials by field name and by form.

/// Names that hold one of these, whatever stands between their letters, name a credential.
const PARTS: &[&str] = &[
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "privatekey",
    "jwt",
    "credential",
    "apikey",
    "accesskey",
    "streamkey",
    "signingkey",
    "authkey",
    "sharedkey",
    "encryptionkey",
    "hmackey",
    "authorization",
];
/// Names of which one of these is a word of its own.
const WORDS: &[&str] = &["pem", "jwk", "psk"];
/// What a query may call a signature, beside what names call a credential.
const SIGNATURES: &[&str] = &["sig", "signature", "xamzsignature", "xgoogsignature"];
/// What tokens and keys of Cloudflare begin with (API-19).
const PREFIXES: &[&str] = &["cfut_", "cfat_", "cfk_", "v1.0-"];
const CHARS_MIN: usize = 32;

/// Whether what stands under this name is a credential.
pub(super) fn is_name_of_credential(name: &str) -> bool {
    let letters = letters(name);
    PARTS.iter().any(|part| letters.contains(part))
        || words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// A name in small letters and digits alone.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// `streamKey` and `stream_key` as `stream` and `key`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_small = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (is_small && letter.is_ascii_uppercase()) {
            words.push(String::new());
        }
        is_small = letter.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphanumeric()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

/// Whether a text is, or holds, a credential, whatever its name.
pub(super) fn is_credential(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || text.split(|letter: char| letter.is_whitespace() || "\"'<>,;".contains(letter)).any(is_token)
        || addresses(text).any(|address| has_userinfo(address) || has_signature(address))
}

/// A token of Cloudflare, or a signed one (JWT), or what a tunnel is run with: JSON in base64.
fn is_token(word: &str) -> bool {
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.+/=".contains(&letter);
    let begins = word.starts_with("eyJ") || PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    begins && word.len() >= CHARS_MIN && word.bytes().all(is_plain)
}

/// What follows each `://` of a text, to the next blank, with the scheme before it.
fn addresses(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("://").filter_map(|(at, mark)| {
        let scheme = text[..at].rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
        let rest = &text[at + mark.len()..];
        Some((scheme, rest.split(|letter: char| letter.is_whitespace() || "\"'<>".contains(letter)).next()?))
    })
}

/// `user:password@host`; over HTTP a name alone is a credential, too.
fn has_userinfo((scheme, rest): (&str, &str)) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_http = scheme.to_ascii_lowercase().starts_with("http");
    authority.rsplit_once('@').is_some_and(|(user, _)| {
        !user.is_empty()
            && (is_http || user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
    })
}

fn has_signature((_, rest): (&str, &str)) -> bool {
    let Some((_, query)) = rest.split_once('?') else { return false };
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
        !value.is_empty() && (is_name_of_credential(&name) || SIGNATURES.contains(&letters(&name).as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_enough() {
        for text in [
            "https://user:pass@example.com/x",
            "https://only-a-token@example.com",
            "postgres://app:p%40ss@db.example:5432/jobs",
            "clone it from https://x:y@git.example/repo.git today",
            "s3://bucket/path?region=eu&access-key-id=A&secret-access-key=B",
            "https://store.example/x?sv=1&sig=abc",
            "https://store.example/x?X-Amz-Signature=abc",
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "eyJhIjoiMDEyMzQ1Njc4OWFiY2RlZiIsInQiOiJ0IiwicyI6InMifQ==",
            "run `cloudflared service install \"eyJhIjoiMDEyMzQ1Njc4OWFiY2RlZiIsInQiOiJ0In0=\"`",
            "cfut_0123456789abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(is_credential(text), "{text}");
        }
        for text in [
            "https://example.com/@user/x",
            "ssh://git@github.com/x/y.git",
            "https://example.com/?page=2&per_page=10",
            "https://example.com/?token=",
            "me@example.com",
            "eyJ",
            "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
            "ordinary words: a, b",
        ] {
            assert!(!is_credential(text), "{text}");
        }
    }
}
