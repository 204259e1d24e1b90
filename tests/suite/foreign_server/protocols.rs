//! HTTP/2 and HTTP/1.1 for the server.

use super::raw_connection::{Line, between};
use super::{Arrival, Reply, Request};
use axum::body::Bytes;
use axum::http;
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

type Arrivals = mpsc::UnboundedSender<Arrival>;

/// Where the answer to one request goes.
pub enum Respond {
    Http2(h2::server::SendResponse<Bytes>),
    /// Without one the connection ends.
    Http1(oneshot::Sender<Reply>),
}

impl Respond {
    pub fn answer(self, reply: Reply) {
        match self {
            Respond::Http2(mut stream) => {
                let mut head = http::Response::builder().status(reply.status);
                for (name, value) in &reply.headers {
                    head = head.header(*name, value);
                }
                let head = head.body(()).unwrap();
                // A client that is gone needs no answer.
                if let Ok(mut body) = stream.send_response(head, reply.body.is_empty())
                    && !reply.body.is_empty()
                {
                    drop(body.send_data(reply.body.into(), true));
                }
            }
            Respond::Http1(send) => drop(send.send(reply)),
        }
    }

    pub fn reset(self, reason: h2::Reason) {
        if let Respond::Http2(mut stream) = self {
            stream.send_reset(reason);
        }
    }

    pub fn stream(&self) -> u32 {
        match self {
            Respond::Http2(stream) => stream.stream_id().into(),
            Respond::Http1(_) => 0,
        }
    }
}

/// Takes connections as long as the runtime lives.
pub async fn listen(listener: TcpListener, config: Arc<rustls::ServerConfig>, arrivals: Arrivals) {
    let acceptor = TlsAcceptor::from(config);
    while let Ok((socket, _)) = listener.accept().await {
        let (acceptor, arrivals) = (acceptor.clone(), arrivals.clone());
        tokio::spawn(async move {
            let Ok(tls) = acceptor.accept(socket).await else { return };
            let protocol =
                tls.get_ref().1.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
            let protocol = protocol.unwrap_or_default();
            let (line, stream) = between(tls);
            if protocol == "h2" {
                http2(stream, &line, &protocol, &arrivals).await;
            } else {
                Box::pin(http1(stream, &line, &protocol, &arrivals)).await;
            }
        });
    }
}

async fn http2(stream: DuplexStream, line: &Line, protocol: &str, arrivals: &Arrivals) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (arrivals, line, protocol) = (arrivals.clone(), line.clone(), protocol.to_owned());
        tokio::spawn(async move {
            let (head, mut body) = request.into_parts();
            let mut bytes = Vec::new();
            while let Some(Ok(chunk)) = body.data().await {
                drop(body.flow_control().release_capacity(chunk.len()));
                bytes.extend_from_slice(&chunk);
            }
            let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let target = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
            let request = Request {
                method: head.method.to_string(),
                target,
                headers: head.headers.iter().map(header).collect(),
                body: bytes,
                protocol,
            };
            drop(arrivals.send(Arrival { request, respond: Respond::Http2(respond), line }));
        });
    }
}

async fn http1(mut stream: DuplexStream, line: &Line, protocol: &str, arrivals: &Arrivals) {
    let mut raw = Vec::new();
    while let Some(request) = Box::pin(receive(&mut stream, &mut raw, protocol)).await {
        let (send, reply) = oneshot::channel();
        let arrival = Arrival { request, respond: Respond::Http1(send), line: line.clone() };
        if arrivals.send(arrival).is_err() {
            return;
        }
        let Ok(Reply { status, headers, body }) = reply.await else { return };
        let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let answer = [head.as_bytes(), b"\r\n", &body].concat();
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection; `raw` holds what came beyond it.
async fn receive(stream: &mut DuplexStream, raw: &mut Vec<u8>, protocol: &str) -> Option<Request> {
    let mut chunk = [0; 16 << 10];
    loop {
        if let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&raw[..end]).into_owned();
            let header = |line: &str| {
                let (name, value) = line.split_once(": ")?;
                Some((name.to_lowercase(), value.to_owned()))
            };
            let headers: Vec<_> = head.lines().skip(1).filter_map(header).collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
            if raw.len() >= end + 4 + length {
                let body = raw[end + 4..end + 4 + length].to_vec();
                raw.drain(..end + 4 + length);
                let mut words = head.split(' ').map(str::to_owned);
                let (method, target) = (words.next()?, words.next()?);
                return Some(Request { method, target, headers, body, protocol: protocol.to_owned() });
            }
        }
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        raw.extend_from_slice(&chunk[..count]);
    }
}
