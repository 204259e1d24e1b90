//! The network: reqwest over rustls with ring, made when the first request is sent.
//!
//! **Invariant:** no redirect is followed, and a loopback address is never reached through a proxy.

use super::error::{Trouble, TroubleKind};
use super::files::Outgoing;
use super::transport::{RawAnswer, Transport, WireRequest};
use reqwest::header::{HeaderName, HeaderValue};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long each phase of a request may take (reliability notes 3.4).
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Until there is a connection.
    connect: Duration,
    /// Until the headers of the answer are there; the API ends every request after 30 s (Cloudflare API notes 1.5).
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
/// An answer larger than this is refused (reliability notes 8).
const BODY_BYTES_MAX: usize = 8 << 20;
/// A file takes its time, and may be larger; its link is good for an hour (Cloudflare API notes 6.6).
const FILE_MAX: Duration = Duration::from_hours(1);
const FILE_BYTES_MAX: usize = 256 << 20;
/// A file that is kept on the disk may be as large as the largest database with its rows written out.
const KEPT_BYTES_MAX: u64 = 32 << 30;

/// Sends over TCP to one base URL.
pub struct Network {
    base: String,
    loopback: bool,
    limits: Limits,
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Network {
    /// To `base`, e.g. `https://api.cloudflare.com/client/v4`; `loopback` if its host is this machine.
    pub fn new(base: &str, loopback: bool) -> Self {
        Network {
            base: base.trim_end_matches('/').to_owned(),
            loopback,
            limits: Limits::REAL,
            client: OnceLock::new(),
        }
    }

    fn client(&self) -> Result<&reqwest::Client, Trouble> {
        let made = self.client.get_or_init(|| {
            let mut builder = reqwest::Client::builder()
                .user_agent(concat!("larder/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(self.limits.connect)
                .tls_backend_preconfigured(tls()?);
            if self.loopback {
                builder = builder.no_proxy();
            }
            builder.build().map_err(|error| error.to_string())
        });
        made.as_ref().map_err(|detail| Trouble::new(TroubleKind::Certificate, detail.clone()))
    }
}

fn tls() -> Result<rustls::ClientConfig, String> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl Transport for Network {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawAnswer, Trouble>> + Send + '_>> {
        Box::pin(async move {
            let client = self.client()?;
            let method = reqwest::Method::from_bytes(request.endpoint.method.as_bytes())
                .map_err(|error| Trouble::new(TroubleKind::Malformed, error.to_string()))?;
            let is_file = request.link.is_some();
            let bytes_max = if is_file { FILE_BYTES_MAX } else { BODY_BYTES_MAX };
            let mut builder = match &request.link {
                // A server on the network must not send this machine to itself.
                Some(link) if link.is_loopback() && !self.loopback => {
                    let detail = "the API has given a link to this machine, which is not followed";
                    return Err(Trouble::new(TroubleKind::Withheld, detail));
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
            let Limits { connect, header, idle, body } = self.limits;
            let sent_bytes = request.file.as_ref().map_or(request.body.len() as u64, Outgoing::bytes);
            let upload = Duration::from_secs(sent_bytes / UPLOAD_BYTES_PER_S);
            if let Some(file) = &request.file {
                builder = builder.body(reqwest::Body::wrap(file.body()));
            } else if !request.body.is_empty() {
                builder = builder.body(request.body);
            }
            let sent =
                in_time(connect + header + upload, "the headers of the answer", builder.send()).await?;
            let mut response = sent.map_err(|error| trouble(&error.without_url()))?;
            let headers = response.headers().iter();
            let mut answer = RawAnswer {
                status: response.status().as_u16(),
                headers: headers
                    .map(|(name, value)| {
                        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                    })
                    .collect(),
                body: Vec::new(),
            };
            let body = if is_file { FILE_MAX } else { body };
            let whole = tokio::time::Instant::now() + body;
            let incoming = request.incoming.filter(|_| response.status().is_success());
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

fn too_large(bytes_max: u64) -> Trouble {
    Trouble::new(TroubleKind::Malformed, format!("the answer is larger than {bytes_max} bytes"))
}

/// The disk is this machine's: nothing is better when it is asked for again.
fn not_kept(error: &std::io::Error) -> Trouble {
    Trouble::new(TroubleKind::Withheld, format!("the file can't be kept: {error}"))
}

/// What is too late may have been sent: nobody knows what became of it.
async fn in_time<F: Future>(limit: Duration, what: &str, work: F) -> Result<F::Output, Trouble> {
    let late = |_| Trouble::new(TroubleKind::Timeout, format!("{what} did not come in time"));
    tokio::time::timeout(limit, work).await.map_err(late)
}

fn header_name(name: &str) -> Result<HeaderName, Trouble> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Trouble::new(TroubleKind::Withheld, format!("`{name}` can't be a header")))
}

/// Credentials are marked, so that no log of a dependency shows them.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, Trouble> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        Trouble::new(
            TroubleKind::Withheld,
            format!("the value of header `{name}` has characters that HTTP can't carry"),
        )
    })?;
    header.set_sensitive(matches!(name, "authorization" | "x-auth-key"));
    Ok(header)
}

/// Trouble before the headers of an answer came: only a failed connection proves that nothing was sent.
fn trouble(error: &reqwest::Error) -> Trouble {
    let words = words(error);
    let kind = if is_certificate(error) {
        TroubleKind::Certificate
    } else if error.is_connect() || error.is_builder() {
        TroubleKind::Connect
    } else if error.is_timeout() {
        TroubleKind::Timeout
    } else {
        TroubleKind::Broken
    };
    Trouble::new(kind, words)
}

fn after_headers(error: &reqwest::Error) -> Trouble {
    let kind = if error.is_timeout() { TroubleKind::Timeout } else { TroubleKind::Broken };
    Trouble::new(kind, words(error))
}

/// Whether the other side's certificate was refused; rustls' error hides inside errors of the system.
fn is_certificate(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(now) = cause {
        if matches!(now.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        // What such an error was made from is not its source, but its inside.
        let inside = now.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = inside.map_or_else(|| now.source(), |inside| Some(inside));
    }
    false
}

/// The innermost cause says most; the URL is known to the caller.
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut words = String::new();
    while let Some(next) = cause.source() {
        cause = next;
        words = if words.is_empty() { cause.to_string() } else { format!("{words}: {cause}") };
    }
    if words.is_empty() { error.to_string() } else { words }
}

#[cfg(test)]
mod tests;
