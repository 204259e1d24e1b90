//! Confines a path to this account, its zones, and the list of zones.
//!
//! **Invariant:** no segment is empty, `.` or `..`, escaped or not, and no other account is named.

/// Where a path lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathScope {
    /// Below the account.
    Account,
    /// Below a zone, or it is the zone.
    Zone(String),
    /// It is the list of zones, which can only be read.
    Zones,
}

/// A path that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfinedPath {
    /// What it lies in.
    pub within: PathScope,
    /// What follows the account or zone, with its slash.
    pub rest: String,
    /// What follows the `?`.
    pub query: Vec<(String, String)>,
    /// Headers beside those of every request.
    pub headers: Vec<(String, String)>,
}

impl ConfinedPath {
    /// As people write it: `/queues`, `/zones/ID/dns_records`, `/zones`.
    pub fn shown(&self) -> String {
        match &self.within {
            PathScope::Account => self.rest.clone(),
            PathScope::Zone(id) => format!("/zones/{id}{}", self.rest),
            PathScope::Zones => "/zones".to_owned(),
        }
    }
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
    /// It names a zone by its name.
    #[error("`{0}` is the name of a zone, and a path takes its id")]
    ZoneName(String),
    /// It lies outside accounts and zones.
    #[error("recipes reach this account and its zones alone, not `{0}`")]
    Outside(String),
}

/// Reads `/queues`, `/accounts/ID/queues` or `/zones/ID/dns_records?type=A`.
pub fn confine(text: &str, account: &str) -> Result<ConfinedPath, PathError> {
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
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let confined = |within, rest| ConfinedPath { within, rest, query: query.clone(), headers: Vec::new() };
    let rest =
        |from: usize| segments[from..].iter().fold(String::new(), |path, segment| path + "/" + *segment);
    match segments.as_slice() {
        ["accounts", id, ..] if *id == account => Ok(confined(PathScope::Account, rest(2))),
        ["accounts", id, ..] => Err(PathError::OtherAccount((*id).to_owned())),
        ["zones"] => {
            let other = query.iter().find(|(name, id)| name == "account.id" && id != account);
            match other {
                Some((_, id)) => Err(PathError::OtherAccount(id.clone())),
                None => Ok(confined(PathScope::Zones, String::new())),
            }
        }
        ["zones", name, ..] if name.contains('.') => Err(PathError::ZoneName((*name).to_owned())),
        ["zones", id, ..] => Ok(confined(PathScope::Zone((*id).to_owned()), rest(2))),
        ["user" | "memberships" | "accounts" | "graphql" | "client", ..] => {
            Err(PathError::Outside(path.to_owned()))
        }
        _ => Ok(confined(PathScope::Account, rest(0))),
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
        assert_eq!(
            (zone.within.clone(), zone.rest.as_str()),
            (PathScope::Zone("abc".into()), "/dns_records")
        );
        assert_eq!(zone.shown(), "/zones/abc/dns_records");
        let zones = confine(&format!("/zones?name=example.com&account.id={ME}"), ME).unwrap();
        assert_eq!((zones.within.clone(), zones.query.len()), (PathScope::Zones, 2));
        assert_eq!(zones.shown(), "/zones");
    }

    #[test]
    fn each_is_refused_for_what_is_wrong_with_it() {
        let odd = |segment: &str| PathError::Odd(segment.into());
        let other = "ffffffffffffffffffffffffffffffff";
        for (path, error) in [
            ("queues", PathError::NoSlash),
            ("/./x", odd(".")),
            ("/x/%2E", odd("%2E")),
            ("/a%20b", odd("a%20b")),
            ("/a%3Fb", odd("a%3Fb")),
            ("/a%00b", odd("a%00b")),
            ("/a%2541b", odd("a%2541b")),
            ("/zones/example.com", PathError::ZoneName("example.com".into())),
            (&format!("/zones?name=a&account.id={other}"), PathError::OtherAccount(other.into())),
            (&format!("/accounts/{other}/queues"), PathError::OtherAccount(other.into())),
            ("/accounts", PathError::Outside("/accounts".into())),
            ("/client/v4/user", PathError::Outside("/client/v4/user".into())),
        ] {
            assert_eq!(confine(path, ME), Err(error), "{path}");
        }
        // A dot is no name of a zone elsewhere.
        assert_eq!(confine("/queues/v1.2/zones?a=b", ME).unwrap().shown(), "/queues/v1.2/zones");
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
            "/zones?account.id=ffffffffffffffffffffffffffffffff",
            "/zones/",
            "/zones/example.com/dns_records",
            "/accounts",
            "/graphql",
            "/accounts/ffffffffffffffffffffffffffffffff/queues",
        ] {
            assert!(confine(path, ME).is_err(), "{path}");
        }
    }
}
