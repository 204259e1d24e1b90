//! The proxy configured by environment variables, and which requests go through it.
//!
//! **Invariant:** a variable that names no usable proxy ends the run; a request never goes past it.
//! **Invariant:** the user and password of a proxy are in no message.

use crate::secret::Secret;
use crate::system::Environment;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;
use url::Url;

/// Each in the order in which the first that is set counts. What is sent to another machine is sent over https.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Why a proxy can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProxyError {
    /// The value is no URL.
    #[error(
        "`{variable}` is not the URL of a proxy: {detail}\nhint: write it as `http://HOST:PORT`, or unset it to go without a proxy"
    )]
    Malformed {
        variable: &'static str,
        /// The error of the URL parser.
        detail: String,
    },
    /// The proxy speaks something else.
    #[error("`{variable}` names a proxy of the kind `{scheme}`, which Larder can't use\nhint: the kinds are {}", SCHEMES.join(", "))]
    Scheme { variable: &'static str, scheme: String },
}

/// The way to other machines: through a proxy, or directly.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Option<Arc<Proxy>>);

struct Proxy {
    variable: &'static str,
    url: Url,
    exceptions: Matcher,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("variable", &self.variable).finish_non_exhaustive()
    }
}

impl Proxies {
    /// As these variables name it.
    pub fn of(environment: &Environment) -> Result<Self, ProxyError> {
        let set = |name: &&'static str| Some((*name, environment.get(name)?));
        let Some((variable, text)) = VARIABLES.iter().find_map(set) else { return Ok(Proxies::default()) };
        let url = parse(variable, text)?;
        let no = EXCEPTIONS.iter().find_map(|name| environment.get(name)).unwrap_or_default();
        // It is asked for its exceptions alone.
        let exceptions = Matcher::builder().all("http://proxy.invalid").no(no).build();
        Ok(Proxies(Some(Arc::new(Proxy { variable, url, exceptions }))))
    }

    /// What may not be shown of it.
    pub fn password(&self) -> Option<Secret> {
        let password = percent_decode_str(self.0.as_ref()?.url.password()?).decode_utf8_lossy().into_owned();
        Some(Secret::new(password))
    }

    /// The proxy for a request to `url`.
    pub(super) fn on_the_way_to(&self, url: &Url) -> Option<Url> {
        Some(self.before(url)?.url.clone())
    }

    /// The same for people: where it is, and which variable names it.
    pub(super) fn words(&self, url: &Url) -> Option<String> {
        let Proxy { variable, url, .. } = self.before(url)?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        Some(format!("the proxy `{}://{host}{port}` (`{variable}`)", url.scheme()))
    }

    fn before(&self, url: &Url) -> Option<&Proxy> {
        let proxy = self.0.as_deref()?;
        proxy.exceptions.intercept(&url.as_str().parse().ok()?).map(|_| proxy)
    }
}

fn parse(variable: &'static str, text: &str) -> Result<Url, ProxyError> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let malformed = |detail: String| ProxyError::Malformed { variable, detail };
    let url = Url::parse(&whole).map_err(|error| malformed(error.to_string()))?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(ProxyError::Scheme { variable, scheme: url.scheme().to_owned() });
    }
    // A reader of URLs takes the host of a kind it does not know for any text.
    match url.host_str() {
        Some(host) if !host.is_empty() && !host.contains('%') => Ok(url),
        _ => Err(malformed("it has no host".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, String> {
        Proxies::of(&variables.iter().copied().collect()).map_err(|error| error.to_string())
    }

    fn words(variables: &[(&str, &str)], url: &str) -> Option<String> {
        proxies(variables).unwrap().words(&Url::parse(url).unwrap())
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let api = "https://api.cloudflare.com/client/v4";
        assert_eq!(words(&[], api), None);
        assert_eq!(words(&[("HTTPS_PROXY", "")], api), None);
        assert_eq!(words(&[("HTTP_PROXY", "http://p:1")], api), None);
        for (value, shown) in [
            ("http://p.example:3128", "http://p.example:3128"),
            (" p.example:3128 ", "http://p.example:3128"),
            ("10.0.0.1:80", "http://10.0.0.1"),
            ("http://user:s3cret@p.example:3128/", "http://p.example:3128"),
            ("https://p.example", "https://p.example"),
            ("socks5h://[::1]:1080", "socks5h://[::1]:1080"),
        ] {
            for variable in VARIABLES {
                let expected = format!("the proxy `{shown}` (`{variable}`)");
                assert_eq!(words(&[(variable, value)], api), Some(expected), "{value}");
            }
        }
        let both = [("ALL_PROXY", "b:2"), ("https_proxy", "a:1")];
        assert_eq!(words(&both, api).unwrap(), "the proxy `http://a:1` (`https_proxy`)");
    }

    #[test]
    fn exceptions_go_directly() {
        let through = |no: &str, url: &str| words(&[("HTTPS_PROXY", "p:1"), ("no_proxy", no)], url).is_some();
        assert!(through("", "https://a.example"));
        assert!(through("b.example", "https://a.example"));
        assert!(!through("*", "https://a.example"));
        assert!(!through("b.example, .example", "https://a.example"));
        assert!(!through("10.0.0.0/8", "https://10.1.2.3"));
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_showing_it() {
        for value in [
            "ht!tp://%%%",
            "http://",
            "http:// /",
            "http://a b",
            "http://u:s3cret@:1",
            "http://u:s3cret@h:99999",
            "://x",
            "socks5://%%%",
            "socks5://",
        ] {
            let error = proxies(&[("HTTPS_PROXY", value)]).unwrap_err();
            assert!(error.starts_with("`HTTPS_PROXY` is not the URL of a proxy: "), "{value}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        for value in ["ftp://p:1", "socks://p:1", "direct://", "file:///etc/passwd"] {
            let error = proxies(&[("all_proxy", value)]).unwrap_err();
            assert!(error.starts_with("`all_proxy` names a proxy of the kind `"), "{value}: {error}");
        }
        let secret = proxies(&[("HTTPS_PROXY", "http://u:s3%21cret@p:1")]).unwrap().password().unwrap();
        assert_eq!(secret.expose(), "s3!cret");
        let shown = format!("{:?}", proxies(&[("HTTPS_PROXY", "http://u:s3cret@p:1")]));
        assert_eq!(shown, r#"Ok(Proxies(Some(Proxy { variable: "HTTPS_PROXY", .. })))"#);
    }
}
