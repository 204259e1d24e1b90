//! Values that are not secret but masked in public logs: account ids and e-mail addresses.
//!
//! They are replaced in the text that is printed, not by masks of the runner: a runner drops job outputs that hold
//! a masked value (GH-4).

use parking_lot::RwLock;
use std::borrow::Cow;
use std::ops::Range;

/// What stands for an account's id.
const ACCOUNT: &str = "[account]";
/// What stands for an e-mail address.
const EMAIL: &str = "[email]";
/// An account's id has this many hexadecimal digits.
const ID_CHARS: usize = 32;
/// What an account's id follows in paths and URLs.
const ACCOUNTS: &str = "accounts/";

/// The ids of this run; e-mail addresses are recognised by their form.
#[derive(Default)]
pub struct Identities {
    accounts: RwLock<Vec<String>>,
}

impl Identities {
    /// Replaces this id from now on.
    pub fn account(&self, id: &str) {
        self.accounts.write().push(id.to_owned());
    }

    /// `text` without account ids and e-mail addresses.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut spans = emails(text);
        spans.extend(after_accounts(text).map(|span| (span, ACCOUNT)));
        for id in self.accounts.read().iter() {
            spans.extend(text.match_indices(id.as_str()).map(|(at, _)| (at..at + id.len(), ACCOUNT)));
        }
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        spans.sort_by_key(|(span, _)| (span.start, span.end));
        let (mut clean, mut from) = (String::with_capacity(text.len()), 0);
        for (span, name) in spans {
            if span.start >= from {
                clean.push_str(&text[from..span.start]);
                clean.push_str(name);
                from = span.end;
            }
        }
        clean.push_str(&text[from..]);
        Cow::Owned(clean)
    }
}

/// Ids of any account, where a path names one.
fn after_accounts(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(ACCOUNTS).filter_map(move |(at, word)| {
        let begin = at + word.len();
        let digits = text[begin..].bytes().take_while(u8::is_ascii_hexdigit).count();
        (digits == ID_CHARS).then_some(begin..begin + ID_CHARS)
    })
}

fn emails(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let signs = text.match_indices('@').chain(text.match_indices("%40"));
    signs.filter_map(|(at, sign)| Some((email(text, at, sign.len())?, EMAIL))).collect()
}

/// The address around the sign at `at`: a name before it, a domain with a dot and a word at its end after it.
fn email(text: &str, at: usize, sign_bytes: usize) -> Option<Range<usize>> {
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let begin = at - text[..at].bytes().rev().take_while(|byte| local(byte)).count();
    let after = &text[at + sign_bytes..];
    let domain =
        after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    let domain = after[..domain].trim_end_matches(['.', '-']);
    let (_, end) = domain.rsplit_once('.')?;
    let is_word = end.len() >= 2 && end.bytes().all(|byte| byte.is_ascii_alphabetic());
    (begin < at && is_word).then(|| begin..at + sign_bytes + domain.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn ids_and_addresses_are_replaced_and_nothing_else() {
        let identities = Identities::default();
        identities.account(ID);
        let other = "fedcba9876543210fedcba9876543210";
        for (text, shown) in [
            ("no sign here", "no sign here"),
            (&format!("account {ID}, again {ID}"), "account [account], again [account]"),
            (&format!("/accounts/{other}/d1"), "/accounts/[account]/d1"),
            (&format!("/accounts/{ID}/d1 and {ID}"), "/accounts/[account]/d1 and [account]"),
            (&format!("/accounts/{other}0/d1"), &format!("/accounts/{other}0/d1")),
            (&format!("/accounts/{}/d1", &other[1..]), &format!("/accounts/{}/d1", &other[1..])),
            (&format!("namespace {other}"), &format!("namespace {other}")),
            ("x@y.z and x@y.z1 and x@y.-", "x@y.z and x@y.z1 and x@y.-"),
            ("x@y.zz- and so on", "[email]- and so on"),
            ("Jo.Doe+x@mail.example.com's Account", "[email]'s Account"),
            ("<a@b.io>.", "<[email]>."),
            ("by a_b@example.org.", "by [email]."),
            ("?email=jo%40example.com&x", "?email=[email]&x"),
            ("{\"a@b.cd\":\"x@y.zz\"}", "{\"[email]\":\"[email]\"}"),
            ("larder@0.1.0 at @home or me@host", "larder@0.1.0 at @home or me@host"),
            ("ż@b.cd", "ż@b.cd"),
        ] {
            assert_eq!(identities.mask(text), shown);
        }
        assert!(matches!(identities.mask("no sign here"), Cow::Borrowed(_)));
    }
}
