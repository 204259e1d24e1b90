//! The fields of known endpoints that are credentials although their names do not show it (API-18).

/// What an endpoint gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CredentialFields {
    /// The whole `result` is one.
    pub(super) whole: bool,
    /// Properties whose text is one, wherever they stand in it.
    pub(super) properties: Vec<&'static str>,
}

/// Paths below the account or zone, where `*` is any segment and `**` all that follow; a credential is the whole result, or
/// stands in these properties.
const KNOWN: &[(&str, &[&str])] = &[
    ("cfd_tunnel/*/token", &[]),
    ("cfd_tunnel/*/management", &[]),
    ("warp_connector/*/token", &[]),
    ("warp_connector/*/management", &[]),
    ("tunnels/*/token", &[]),
    ("tokens/*/value", &[]),
    ("tokens/**", &["value"]),
    ("images/v1/keys/**", &["value"]),
    ("calls/turn_keys/**", &["key"]),
    // Whoever knows the address may send or watch.
    ("stream/live_inputs/**", &["url"]),
    // The path of a webhook is what authorizes a message.
    ("alerting/v3/destinations/webhooks/**", &["url"]),
];

/// What the endpoint of a path gives.
pub(super) fn gives(path: &str) -> CredentialFields {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let segments: Vec<&str> = decoded.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut gives = CredentialFields::default();
    for (pattern, properties) in KNOWN.iter().filter(|(pattern, _)| matches(pattern, &segments)) {
        gives.whole |= properties.is_empty() && !pattern.ends_with("**");
        gives.properties.extend(*properties);
    }
    gives
}

fn matches(pattern: &str, segments: &[&str]) -> bool {
    let mut left = segments.iter();
    for part in pattern.split('/') {
        if part == "**" {
            return true;
        }
        match left.next() {
            Some(segment) if part == "*" || segment.eq_ignore_ascii_case(part) => {}
            _ => return false,
        }
    }
    left.next().is_none()
}
