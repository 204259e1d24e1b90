//! Presigned links to files. Whoever has the link may use it, so it is a secret, and no credentials are sent with
//! it.
//!
//! **Invariant:** a link is followed over https to a named host; over http only to this machine, and only where the API
//! itself is this machine.
//! **Invariant:** neither path nor query of a link is shown anywhere: they are the right to the file.

use super::error::{TransportError, TransportErrorKind};
use std::fmt;
use url::{Host, Url};

#[derive(Clone, PartialEq, Eq)]
pub struct Link(Url);

impl Link {
    /// Reads a link as an answer has it.
    pub(super) fn parse(text: &str) -> Result<Self, TransportError> {
        let refuse = |why: &str| {
            TransportError::new(
                TransportErrorKind::Withheld,
                format!("the API has given a link that is not followed: {why}"),
            )
        };
        let url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it holds a user name or password"));
        }
        match (url.scheme(), url.host()) {
            ("https", Some(Host::Domain(name))) if name.contains('.') => Ok(Link(url)),
            ("http", Some(_)) if is_this_machine(&url) => Ok(Link(url)),
            ("https", _) => Err(refuse("its host has no name")),
            _ => Err(refuse("it is not https")),
        }
    }

    /// The whole of it, for the wire.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Path and query, for an account that answers in this process.
    pub fn target(&self) -> String {
        let mark = if self.0.query().is_some() { "?" } else { "" };
        format!("{}{mark}{}", self.0.path(), self.0.query().unwrap_or_default())
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        is_this_machine(&self.0)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({}://{})", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_hosts_over_https_and_this_machine_are_followed() {
        for text in
            ["https://acc.r2.cloudflarestorage.com/b/f.sql?X-Amz-Signature=s3cret", "http://127.0.0.1:1/x"]
        {
            let link = Link::parse(text).unwrap();
            assert_eq!((link.as_str(), link.is_loopback()), (text, text.starts_with("http:")));
            assert!(!format!("{link:?}").contains("s3cret") && !format!("{link:?}").contains("/b/"));
        }
        for (text, why) in [
            ("http://files.example/x", "it is not https"),
            ("ftp://files.example/x", "it is not https"),
            ("https://10.0.0.1/x", "its host has no name"),
            ("https://[::1]/x", "its host has no name"),
            ("https://metadata/x", "its host has no name"),
            ("https://a:b@files.example/x", "it holds a user name or password"),
            ("/x", "relative URL without a base"),
        ] {
            let trouble = Link::parse(text).unwrap_err();
            assert_eq!(
                trouble.detail,
                format!("the API has given a link that is not followed: {why}"),
                "{text}"
            );
            assert!(!trouble.was_sent() && !trouble.may_pass());
        }
        assert_eq!(Link::parse("http://localhost/a%20b?c=d").unwrap().target(), "/a%20b?c=d");
    }
}
