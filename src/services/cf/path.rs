//! A path that stays below this account or one of its zones.
//!
//! **Invariant:** no segment is empty, `.` or `..`, escaped or not, and no other account is named.

/// A path that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confined {
    /// The zone it lies in, if not the account itself.
    pub zone: Option<String>,
    /// What follows the account or zone, with its slash.
    pub rest: String,
    /// What follows the `?`.
    pub query: Vec<(String, String)>,
}

/// Why a path is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is no path.
    #[error("a path begins with `/`, for example `/queues`")]
    NoSlash,
    /// It could lead elsewhere.
    #[error("the path has a segment or character that could lead elsewhere: `{0}`")]
    Odd(String),
    /// It names another account.
    #[error("the path names another account: `{0}`")]
    OtherAccount(String),
    /// It lies outside accounts and zones.
    #[error("recipes reach this account and its zones alone, not `{0}`")]
    Outside(String),
}

/// Reads `/queues`, `/accounts/ID/queues` or `/zones/ID/dns_records?type=A`.
pub fn confine(text: &str, account: &str) -> Result<Confined, PathError> {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let Some(inner) = path.strip_prefix('/') else { return Err(PathError::NoSlash) };
    let segments: Vec<&str> = inner.split('/').collect();
    for segment in &segments {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        // What is escaped twice may be read twice.
        let again = percent_encoding::percent_decode_str(&decoded).decode_utf8_lossy();
        let odd = |character: char| {
            character.is_control() || "/\\#?".contains(character) || character.is_whitespace()
        };
        if decoded.is_empty()
            || decoded == "."
            || decoded == ".."
            || again != decoded
            || decoded.chars().any(odd)
        {
            return Err(PathError::Odd((*segment).to_owned()));
        }
    }
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let rest =
        |from: usize| segments[from..].iter().fold(String::new(), |path, segment| path + "/" + *segment);
    match segments.as_slice() {
        ["accounts", id, ..] if *id == account => Ok(Confined { zone: None, rest: rest(2), query }),
        ["accounts", id, ..] => Err(PathError::OtherAccount((*id).to_owned())),
        ["zones", id, ..] => Ok(Confined { zone: Some((*id).to_owned()), rest: rest(2), query }),
        ["user" | "memberships" | "accounts" | "zones" | "graphql" | "client", ..] => {
            Err(PathError::Outside(path.to_owned()))
        }
        _ => Ok(Confined { zone: None, rest: rest(0), query }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn own_account_and_zones() {
        let plain = confine("/queues?page=2", ME).unwrap();
        assert_eq!((plain.rest.as_str(), plain.query[0].1.as_str()), ("/queues", "2"));
        assert_eq!(confine(&format!("/accounts/{ME}/queues"), ME).unwrap().rest, "/queues");
        let zone = confine("/zones/abc/dns_records", ME).unwrap();
        assert_eq!((zone.zone.as_deref(), zone.rest.as_str()), (Some("abc"), "/dns_records"));
    }

    #[test]
    fn nothing_else() {
        for path in [
            "queues",
            "https://evil.example/",
            "/../user",
            "/queues/..",
            "/queues/%2e%2e/x",
            "/queues//x",
            "/a%2Fb",
            "/a%252Fb",
            "/%252e%252e/x",
            "/a#b",
            "/a\nb",
            "/user/tokens",
            "/memberships",
            "/zones",
            "/accounts",
            "/graphql",
            "/accounts/ffffffffffffffffffffffffffffffff/queues",
        ] {
            assert!(confine(path, ME).is_err(), "{path}");
        }
    }
}
