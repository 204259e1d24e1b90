//! Where the API is: Cloudflare, this machine, or a host that the command line trusts.
//!
//! **Invariant:** a credential leaves this machine over https only, and to no host but Cloudflare's and the trusted one.

use crate::system::{Environment, flag};
use thiserror::Error;
use url::{Host, Url};

/// Cloudflare's API.
pub const DEFAULT_BASE: &str = "https://api.cloudflare.com/client/v4";

const DEFAULT_HOST: &str = "api.cloudflare.com";
const VARIABLE: &str = "CLOUDFLARE_API_BASE_URL";

/// A base URL that a run may send its credentials to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiBase {
    /// Without a slash at its end.
    pub url: String,
    /// Whether it is this machine; such an address is not reached through a proxy.
    pub is_loopback: bool,
}

/// Why a base URL is not used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApiBaseError {
    #[error("`{VARIABLE}` is not a URL: {detail}")]
    Malformed { detail: String },
    #[error("`{VARIABLE}` must begin with `https://`, or for this machine `http://`")]
    NotSecure,
    #[error("`{VARIABLE}` must not hold {what}")]
    Surplus { what: &'static str },
    #[error(
        "`{VARIABLE}` names a host that is not trusted: `{host}`\nhint: `{}` if it may see the credentials",
        flag("--trust-api", .host)
    )]
    Untrusted { host: String },
}

/// The base URL of a run; `trusted` is the argument of `--trust-api`.
pub fn resolve(environment: &Environment, trusted: Option<&str>) -> Result<ApiBase, ApiBaseError> {
    match environment.get(VARIABLE) {
        Some(text) => parse(text, trusted),
        None => Ok(ApiBase { url: DEFAULT_BASE.to_owned(), is_loopback: false }),
    }
}

fn parse(text: &str, trusted: Option<&str>) -> Result<ApiBase, ApiBaseError> {
    let url = Url::parse(text).map_err(|error| ApiBaseError::Malformed { detail: error.to_string() })?;
    let surplus = [
        (!url.username().is_empty() || url.password().is_some(), "a user name or password"),
        (url.query().is_some(), "a query"),
        (url.fragment().is_some(), "a fragment"),
    ];
    if let Some((_, what)) = surplus.into_iter().find(|(is_there, _)| *is_there) {
        return Err(ApiBaseError::Surplus { what });
    }
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match (url.scheme(), is_loopback) {
        ("https", _) | ("http", true) => {}
        _ => return Err(ApiBaseError::NotSecure),
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    if !is_loopback && host != DEFAULT_HOST && !trusted.is_some_and(|name| name.eq_ignore_ascii_case(&host)) {
        return Err(ApiBaseError::Untrusted { host });
    }
    Ok(ApiBase { url: url.as_str().trim_end_matches('/').to_owned(), is_loopback })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str, trusted: Option<&str>) -> Result<(String, bool), String> {
        resolve(&[(VARIABLE, text)].into_iter().collect(), trusted)
            .map(|base| (base.url, base.is_loopback))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn cloudflare_is_the_default() {
        let default = resolve(&Environment::default(), Some("evil.example")).unwrap();
        assert_eq!((default.url.as_str(), default.is_loopback), (DEFAULT_BASE, false));
        assert_eq!(base(DEFAULT_BASE, None), Ok((DEFAULT_BASE.into(), false)));
    }

    #[test]
    fn this_machine_may_speak_http() {
        for host in ["127.0.0.1:8787", "127.9.9.9", "[::1]:1", "localhost:80", "LOCALHOST:99"] {
            let (url, is_loopback) = base(&format!("http://{host}/client/v4/"), None).unwrap();
            assert!(is_loopback && url.ends_with("/client/v4"), "{url}");
        }
    }

    #[test]
    fn another_host_needs_https_and_trust() {
        let untrusted = |host: &str| {
            Err(format!(
                "`CLOUDFLARE_API_BASE_URL` names a host that is not trusted: `{host}`\nhint: `--trust-api {host}` if it may see the credentials"
            ))
        };
        assert_eq!(base("https://api.example/v4", None), untrusted("api.example"));
        assert_eq!(base("https://api.example/v4", Some("example")), untrusted("api.example"));
        assert_eq!(
            base("https://API.example/v4/", Some("api.EXAMPLE")),
            Ok(("https://api.example/v4".into(), false))
        );
        assert_eq!(base("https://localhost.evil.example", None), untrusted("localhost.evil.example"));
        assert_eq!(
            base("https://api.cloudflare.com.evil.example", None),
            untrusted("api.cloudflare.com.evil.example")
        );
        let not_secure =
            Err("`CLOUDFLARE_API_BASE_URL` must begin with `https://`, or for this machine `http://`"
                .to_owned());
        for text in
            ["http://api.example", "http://api.cloudflare.com/client/v4", "http://0.0.0.0", "ftp://localhost"]
        {
            assert_eq!(base(text, Some("api.example")), not_secure);
        }
    }

    #[test]
    fn what_does_not_belong_is_named_and_never_echoed() {
        assert_eq!(
            base("https://user:secret@localhost", None),
            Err("`CLOUDFLARE_API_BASE_URL` must not hold a user name or password".into())
        );
        assert_eq!(
            base("https://localhost/?a=b", None),
            Err("`CLOUDFLARE_API_BASE_URL` must not hold a query".into())
        );
        assert_eq!(
            base("https://localhost/#a", None),
            Err("`CLOUDFLARE_API_BASE_URL` must not hold a fragment".into())
        );
        assert_eq!(
            base("localhost", None),
            Err("`CLOUDFLARE_API_BASE_URL` is not a URL: relative URL without a base".into())
        );
    }
}
