//! Properties for any secret in any text.

use super::{MASK, Redactor, Secret};

/// The secret in the first line, the text below: nothing of it is left, with the secret put in at the end and in the middle.
///
/// # Panics
/// Where the property is violated.
pub fn redactor(input: &str) {
    let (secret, text) = input.split_once('\n').unwrap_or((input, ""));
    // What the mask itself holds can't be told from it.
    if secret.len() < 5 || MASK.contains(secret) {
        return;
    }
    let redactor = Redactor::default();
    redactor.register(&Secret::new(secret.to_owned()));
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (before, after) = text.split_at(middle);
    for text in [text.to_owned(), format!("{text}{secret}"), format!("{before}{secret}{after}")] {
        let clean = redactor.redact(&text);
        let left = clean.split(MASK).find(|part| part.contains(secret));
        assert!(left.is_none(), "{secret:?} in {text:?} leaves {clean:?}");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_secrets_are_masked() {
        crate::system::corpus::replay("redactor", super::redactor);
    }
}
