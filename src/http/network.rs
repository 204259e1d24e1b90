//! The network transport: reqwest over rustls with ring, created when the first request is sent.
//!
//! **Invariant:** no redirect is followed, nothing is sent again, and a loopback address is never reached through a proxy.

mod proxy;
mod roots;
mod transport_error;

use super::error::{TransportError, TransportErrorKind};
use super::files::Outgoing;
use super::transport::{RawResponse, Transport, WireRequest};
pub use proxy::{Proxies, ProxyError};
use reqwest::header::{HeaderName, HeaderValue};
pub use roots::Roots;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use transport_error::{after_headers, before_headers};

/// How long each phase of a request may take (docs/architecture.md#retries).
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Until there is a connection.
    connect: Duration,
    /// Until the headers of the answer are there; the API ends every request after 30 s (API-12).
    header: Duration,
    /// Between two parts of the body.
    idle: Duration,
    /// For the whole body.
    body: Duration,
}

impl Limits {
    const REAL: Limits = Limits {
        connect: Duration::from_secs(10),
        header: Duration::from_secs(30),
        idle: Duration::from_secs(15),
        body: Duration::from_mins(1),
    };
}

/// A body that is sent gets a second more for so many bytes.
const UPLOAD_BYTES_PER_S: u64 = 64 << 10;
/// An answer larger than this is refused.
const BODY_BYTES_MAX: usize = 8 << 20;
/// A file takes its time, and may be larger; its link is good for an hour (D1-23).
const FILE_MAX: Duration = Duration::from_hours(1);
const FILE_BYTES_MAX: usize = 256 << 20;
/// A file that is kept on the disk may be as large as the largest database with its rows written out.
const KEPT_BYTES_MAX: u64 = 32 << 30;

/// After so long without a request a connection is not used again: many servers close theirs after 5 s, in silence, and
/// what is sent on such a one has an unknown outcome.
const IDLE_MAX: Duration = Duration::from_secs(4);
/// While answers are due over HTTP/2, the other side is asked whether it is still there.
const PING: Duration = Duration::from_secs(10);

/// Which HTTP is spoken over TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2 where the server has it, else HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1.
    Http1,
}

/// How other machines are reached.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    /// Which HTTP is spoken.
    pub protocol: Protocol,
    /// Whose word about a certificate counts.
    pub roots: Roots,
    /// The proxy on the way.
    pub proxies: Proxies,
}

/// What is asked of a server beyond the request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// Answers may be compressed.
    Gzip,
    /// They may not: a link is signed for the headers that it was made for, and its file is taken as it comes.
    Plain,
}

/// Sends over TCP to one base URL.
pub struct Network {
    base: String,
    loopback: bool,
    egress: Egress,
    limits: Limits,
    /// For the API.
    client: OnceLock<Result<reqwest::Client, TransportError>>,
    /// For links.
    files: OnceLock<Result<reqwest::Client, TransportError>>,
}

impl Network {
    /// To `base`, e.g. `https://api.cloudflare.com/client/v4`; `loopback` if its host is this machine.
    pub fn new(base: &str, loopback: bool, egress: Egress) -> Self {
        Network {
            base: base.trim_end_matches('/').to_owned(),
            loopback,
            egress,
            limits: Limits::REAL,
            client: OnceLock::new(),
            files: OnceLock::new(),
        }
    }

    fn client(&self, coding: Coding) -> Result<&reqwest::Client, TransportError> {
        let kept = if coding == Coding::Gzip { &self.client } else { &self.files };
        let made = kept.get_or_init(|| {
            let failed = |detail: String| TransportError::new(TransportErrorKind::Withheld, detail);
            let builder = reqwest::Client::builder()
                .user_agent(concat!("larder/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                // What the pool could not begin on a kept connection it begins on another: of that nothing was sent.
                .retry(reqwest::retry::never())
                .connect_timeout(self.limits.connect)
                .pool_idle_timeout(IDLE_MAX)
                .http2_keep_alive_interval(PING)
                .http2_keep_alive_timeout(PING)
                .gzip(coding == Coding::Gzip)
                .tls_backend_preconfigured(self.tls().map_err(failed)?);
            let builder = match self.egress.protocol {
                Protocol::Http1 => builder.http1_only(),
                Protocol::Negotiated => builder,
            };
            let proxies = self.egress.proxies.clone();
            let builder = builder.no_proxy();
            let builder = if self.loopback {
                builder
            } else {
                builder.proxy(reqwest::Proxy::custom(move |url| proxies.on_the_way_to(url)))
            };
            builder.build().map_err(|error| failed(error.to_string()))
        });
        made.as_ref().map_err(Clone::clone)
    }

    fn tls(&self) -> Result<rustls::ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = roots::Verifier::new(&provider, &self.egress.roots)?;
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            // It is the library's own, asked with more authorities.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        // The library asks for no version where the configuration is not its own.
        config.alpn_protocols = match self.egress.protocol {
            Protocol::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Protocol::Http1 => vec![b"http/1.1".to_vec()],
        };
        Ok(config)
    }

    /// Says of trouble on the way what was on the way.
    fn located(&self, trouble: TransportError, url: Option<&reqwest::Url>) -> TransportError {
        let Some(url) = url else { return trouble };
        let host = url.host_str().unwrap_or_default();
        let detail = match trouble.kind {
            TransportErrorKind::Connect if !self.loopback => match self.egress.proxies.words(url) {
                Some(proxy) => format!("no connection through {proxy}: {}", trouble.detail),
                None => trouble.detail,
            },
            TransportErrorKind::Issuer => {
                let issuer =
                    format!("the certificate of `{host}` is from an authority that is not trusted here");
                [&[issuer][..], self.egress.roots.unread()].concat().join("; ")
            }
            TransportErrorKind::Certificate => {
                format!("the certificate of `{host}` is refused: {}", trouble.detail)
            }
            _ => trouble.detail,
        };
        TransportError { detail, ..trouble }
    }
}

impl Network {
    /// A request without its body.
    fn asked(&self, request: &WireRequest) -> Result<reqwest::RequestBuilder, TransportError> {
        let coding = if request.link.is_some() { Coding::Plain } else { Coding::Gzip };
        let client = self.client(coding)?;
        let method = reqwest::Method::from_bytes(request.endpoint.method.as_bytes())
            .map_err(|error| TransportError::new(TransportErrorKind::Malformed, error.to_string()))?;
        let mut builder = match &request.link {
            // A server on the network must not send this machine to itself.
            Some(link) if link.is_loopback() && !self.loopback => {
                let detail = "the API has given a link to this machine, which is not followed";
                return Err(TransportError::new(TransportErrorKind::Withheld, detail));
            }
            Some(link) => client.request(method, link.as_str()).timeout(FILE_MAX),
            None => client.request(method, format!("{}{}", self.base, request.path)),
        };
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        for (name, value) in &request.headers {
            builder = builder.header(header_name(name)?, header_value(name, value)?);
        }
        Ok(builder)
    }
}

impl Transport for Network {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        Box::pin(async move {
            let builder = self.asked(&request)?;
            let Limits { connect, header, idle, body } = self.limits;
            let is_file = request.link.is_some();
            let sent_bytes = request.file.as_ref().map_or(request.body.len() as u64, Outgoing::bytes);
            let upload = Duration::from_secs(sent_bytes / UPLOAD_BYTES_PER_S);
            let builder = match &request.file {
                Some(file) => builder.body(reqwest::Body::wrap(file.body())),
                None if request.body.is_empty() => builder,
                None => builder.body(request.body),
            };
            let sent =
                in_time(connect + header + upload, "the headers of the answer", builder.send()).await?;
            let mut response = sent.map_err(|error| {
                let url = error.url().cloned();
                self.located(before_headers(&error.without_url()), url.as_ref())
            })?;
            let headers = response.headers().iter();
            let mut answer = RawResponse {
                status: response.status().as_u16(),
                headers: headers
                    .map(|(name, value)| {
                        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                    })
                    .collect(),
                body: Vec::new(),
            };
            if let Some(coding) = answer.header("content-encoding").filter(|coding| *coding != "identity") {
                let detail = format!("the answer is encoded as `{coding}`, which was not asked for");
                return Err(TransportError::new(TransportErrorKind::Malformed, detail));
            }
            let body = if is_file { FILE_MAX } else { body };
            let whole = tokio::time::Instant::now() + body;
            let incoming = request.incoming.filter(|_| response.status().is_success());
            let bytes_max = if is_file { FILE_BYTES_MAX } else { BODY_BYTES_MAX };
            let mut kept_bytes = 0_u64;
            if let Some(incoming) = &incoming {
                incoming.begin().map_err(|error| not_kept(&error))?;
            }
            loop {
                let left = whole.saturating_duration_since(tokio::time::Instant::now());
                let part = in_time(idle.min(left), "the body of the answer", response.chunk()).await?;
                let Some(chunk) = part.map_err(|error| after_headers(&error.without_url()))? else { break };
                if let Some(incoming) = &incoming {
                    kept_bytes += chunk.len() as u64;
                    if kept_bytes > KEPT_BYTES_MAX {
                        return Err(too_large(KEPT_BYTES_MAX));
                    }
                    incoming.part(&chunk).map_err(|error| not_kept(&error))?;
                    continue;
                }
                if answer.body.len() + chunk.len() > bytes_max {
                    return Err(too_large(bytes_max as u64));
                }
                answer.body.extend_from_slice(&chunk);
            }
            Ok(answer)
        })
    }
}

fn too_large(bytes_max: u64) -> TransportError {
    TransportError::new(TransportErrorKind::TooLarge, format!("the answer is larger than {bytes_max} bytes"))
}

/// The disk is this machine's: nothing is better when it is asked for again.
fn not_kept(error: &std::io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Withheld, format!("the file can't be kept: {error}"))
}

/// A request that timed out may have been sent: its outcome is unknown.
async fn in_time<F: Future>(limit: Duration, what: &str, work: F) -> Result<F::Output, TransportError> {
    let late = |_| TransportError::new(TransportErrorKind::Timeout, format!("{what} did not come in time"));
    tokio::time::timeout(limit, work).await.map_err(late)
}

fn header_name(name: &str) -> Result<HeaderName, TransportError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| TransportError::new(TransportErrorKind::Withheld, format!("`{name}` can't be a header")))
}

/// Credentials are marked, so that no log of a dependency shows them.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, TransportError> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        TransportError::new(
            TransportErrorKind::Withheld,
            format!("the value of header `{name}` has characters that HTTP can't carry"),
        )
    })?;
    header.set_sensitive(matches!(name, "authorization" | "x-auth-key"));
    Ok(header)
}

#[cfg(test)]
mod tests;
