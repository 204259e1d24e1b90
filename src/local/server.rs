//! Serves the account over a loopback socket, for clients in other processes.
//!
//! **Invariant:** it binds to 127.0.0.1 only, and answers only requests that name this machine in `Host`, so that no
//! web page can reach it by a name of its own.

use super::account::Account;
use super::connections::Connections;
use super::fault::Delivery;
use super::page;
use super::reply::{Attached, ErrorReply, Reply};
use super::request::Request;
use crate::system::files::{Source, Spool};
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The largest body a client may send: an R2 object, 300 MiB (R2-12).
const BODY_BYTES_MAX: usize = 300 * 1024 * 1024;

/// The largest file for a database (D1-22), which is not in memory.
const FILE_BYTES_MAX: usize = 5_000_000_000;

/// So much of a file is in memory at once.
const PART_BYTES: usize = 64 << 10;

/// Why the server can't start.
#[derive(Debug, thiserror::Error)]
#[error("listening on 127.0.0.1:{port}: {source}")]
pub struct ServerError {
    /// As asked; 0 for any.
    pub port: u16,
    /// The error of the system.
    pub source: io::Error,
}

/// A running server; stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Serves `account` on `port` of 127.0.0.1 (0: any free one) on the given runtime.
    pub fn start(account: Arc<Account>, runtime: &Handle, port: u16) -> Result<Server, ServerError> {
        let listen = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            let _inside = runtime.enter();
            Ok((tokio::net::TcpListener::from_std(listener)?, address))
        };
        let (listener, address) = listen().map_err(|source| ServerError { port, source })?;
        let listener = Connections::new(listener, account.clone());
        let app = axum::Router::new()
            .fallback(move |request: axum::extract::Request| handle(Arc::clone(&account), request));
        Ok(Server { address, task: runtime.spawn(async move { axum::serve(listener, app).await }) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients take as `CLOUDFLARE_API_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/client/v4", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(account: Arc<Account>, request: axum::extract::Request) -> Response {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let entry = account.log().begin(method, &account.shown(method, path));
    let delivery = deliver(account, request).await;
    entry.end(match &delivery {
        Delivery::Reply(reply) | Delivery::Slow(reply) => Some(reply.status),
        Delivery::Broken | Delivery::Never => None,
    });
    match delivery {
        Delivery::Reply(reply) => response(reply),
        Delivery::Broken => Response::new(Body::new(BrokenBody)),
        Delivery::Slow(reply) => {
            let body =
                SlowBody { bytes: reply.body.clone().into(), pause: Box::pin(tokio::time::sleep(PAUSE)) };
            let mut response = response(reply);
            *response.body_mut() = Body::new(body);
            response
        }
        Delivery::Never => std::future::pending().await,
    }
}

/// What a request comes to, the account's own page among it.
async fn deliver(account: Arc<Account>, request: axum::extract::Request) -> Delivery {
    let (head, body) = request.into_parts();
    let header = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    if !head.headers.get("host").is_some_and(|host| is_this_machine(&header(host))) {
        let words = "This server answers to 127.0.0.1 and localhost only.\n";
        return Delivery::Reply(Reply::raw(403, "text/plain", words));
    }
    if head.uri.path() == "/" {
        return Delivery::Reply(match head.method.as_str() {
            "GET" => page::show(&account),
            _ => Reply::raw(405, "text/plain", "Method not allowed\n"),
        });
    }
    let taken = match account.aside(head.method.as_str(), head.uri.path()) {
        None => to_bytes(body, BODY_BYTES_MAX).await.map(|body| (body, None)).map_err(|_| broken_off()),
        Some(spool) => kept_aside(spool, body).await.map(|file| (Bytes::new(), Some(Arc::new(file)))),
    };
    let (body, file) = match taken {
        Ok(taken) => taken,
        Err(refused) => return Delivery::Reply(refused),
    };
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), header(value)));
    account
        .exchange(Request {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: body.into(),
            file,
        })
        .await
}

fn broken_off() -> Reply {
    Reply::raw(413, "text/plain", "Request body too large or broken off\n")
}

/// Takes a body as it comes.
async fn kept_aside(spool: io::Result<Spool>, body: Body) -> Result<Source, Reply> {
    let full = |error: io::Error| Reply::from(ErrorReply::of_full_disk(&error));
    let mut spool = spool.map_err(full)?;
    let mut body = std::pin::pin!(body);
    let mut bytes = 0;
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let data = frame.ok().and_then(|frame| frame.into_data().ok());
        let Some(data) = data.filter(|data| bytes + data.len() <= FILE_BYTES_MAX) else {
            return Err(broken_off());
        };
        bytes += data.len();
        spool.write_all(&data).map_err(full)?;
    }
    spool.finish().map_err(full)
}

/// A body that is read from a file as it leaves.
struct FileBody {
    file: Arc<Source>,
    at: u64,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let part = match self.file.part(self.at, PART_BYTES) {
            Ok(part) if part.is_empty() => return Poll::Ready(None),
            Ok(part) => part,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        self.at += part.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(part.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.file.bytes().saturating_sub(self.at))
    }
}

/// Between two bytes of a body that comes slowly.
const PAUSE: Duration = Duration::from_secs(1);

/// A body that comes byte by byte, and never to its end: its last byte is kept.
struct SlowBody {
    bytes: Bytes,
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl HttpBody for SlowBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.bytes.len() < 2 || self.pause.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.pause = Box::pin(tokio::time::sleep(PAUSE));
        // The new pause has to know whom to wake.
        let _ = self.pause.as_mut().poll(context);
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(1)))))
    }
}

/// A body that breaks the connection: no client can take it for an answer.
struct BrokenBody;

impl HttpBody for BrokenBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

fn response(reply: Reply) -> Response {
    let body = match reply.file {
        Some(Attached(file)) => Body::new(FileBody { file, at: 0 }),
        None => Body::from(reply.body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn is_this_machine(host: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| match host.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_let_in() {
        for host in ["127.0.0.1", "127.0.0.1:8787", "localhost", "localhost:1", "[::1]:80"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "localhost:", "[::1]x"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
