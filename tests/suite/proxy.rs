//! A proxy in front of the served account that loses answers, over real sockets with connections kept alive: a client
//! that sends a lost request again on its own is found out by the account's history.

use super::scanner::WRITINGS;
use parking_lot::Mutex;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// A request as it comes by.
pub struct Seen {
    pub method: String,
    /// With the query.
    pub target: String,
    pub body: String,
    raw: Vec<u8>,
}

impl Seen {
    /// Whether it is this, with that in its body.
    pub fn is(&self, method: &str, path_end: &str, in_body: &str) -> bool {
        let path = self.target.split('?').next().unwrap();
        self.method == method && path.ends_with(path_end) && self.body.contains(in_body)
    }

    /// The token that it was asked with.
    pub fn token(&self) -> String {
        self.authorization().trim_start_matches("Bearer ").to_owned()
    }

    fn authorization(&self) -> String {
        let head = String::from_utf8_lossy(&self.raw);
        let header = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
        });
        header.expect("every request says who asks")
    }
}

/// What becomes of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Both get through.
    Pass,
    /// The request gets through; then the connection is closed.
    Close,
    /// The request gets through; a page of HTML with this status comes back.
    Page(u16),
    /// The request gets through; half of the answer comes back.
    Half,
    /// The request gets through; this status and body come back.
    Instead(u16, &'static str),
    /// The request does not get through; this status and body come back.
    Answer(u16, &'static str),
    /// The request does not get through; this status comes back with a message that quotes the credential, written in
    /// every way the scanner knows.
    Echo(u16),
}

/// Starts one in front of `upstream`; it lives as long as the process.
pub fn start(upstream: SocketAddr, judge: impl FnMut(&Seen) -> Verdict + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let judge = Arc::new(Mutex::new(judge));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let judge = judge.clone();
            std::thread::spawn(move || serve(client.unwrap(), upstream, &*judge));
        }
    });
    address
}

/// Requests of one connection, until one side has enough.
fn serve(mut client: TcpStream, upstream: SocketAddr, judge: &Mutex<impl FnMut(&Seen) -> Verdict>) {
    while let Some(seen) = receive(&mut client) {
        let verdict = (judge.lock())(&seen);
        let answer = match verdict {
            Verdict::Answer(status, body) => answer(status, "application/json", body),
            Verdict::Echo(status) => answer(status, "application/json", &echo(&seen)),
            _ => forward(upstream, &seen.raw),
        };
        let sent = match verdict {
            Verdict::Pass | Verdict::Answer(..) | Verdict::Echo(_) => client.write_all(&answer),
            Verdict::Page(status) => {
                client.write_all(&self::answer(status, "text/html", "<html>edge</html>"))
            }
            Verdict::Instead(status, body) => {
                client.write_all(&self::answer(status, "application/json", body))
            }
            Verdict::Half => return drop(client.write_all(&answer[..answer.len() - 10])),
            Verdict::Close => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// An error that quotes what it was asked with.
fn echo(seen: &Seen) -> String {
    let (header, token) = (seen.authorization(), seen.token());
    let written: Vec<String> =
        WRITINGS.iter().map(|(name, write)| format!("{name} {}", write(&token))).collect();
    let message = format!("no access with {header} ({}) and {}", written.join(", "), seen.body);
    serde_json::json!({
        "success": false, "result": null, "messages": [],
        "errors": [{"code": 9109, "message": message, "error_chain": [{"code": 1, "message": header}]}],
    })
    .to_string()
}

fn receive(client: &mut TcpStream) -> Option<Seen> {
    let mut raw = Vec::new();
    let (head, length) = loop {
        let mut chunk = [0; 16 * 1024];
        let count = client.read(&mut chunk).ok().filter(|count| *count > 0)?;
        raw.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&raw).into_owned();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = |line: &str| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
        break (head.to_owned(), head.lines().find_map(length).unwrap_or(0));
    };
    let begin = head.len() + 4;
    let here = raw.len();
    raw.resize(begin + length, 0);
    if here < raw.len() {
        client.read_exact(&mut raw[here..]).ok()?;
    }
    let mut words = head.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    Some(Seen { method, target, body: String::from_utf8_lossy(&raw[begin..]).into_owned(), raw })
}

/// The whole answer, on a connection of its own.
fn forward(upstream: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(upstream).unwrap();
    let line = request.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    server.write_all(&[&request[..line], b"connection: close\r\n", &request[line..]].concat()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    // The client's connection goes on.
    let close = b"connection: close\r\n";
    match answer.windows(close.len()).position(|part| part == close) {
        Some(at) => [&answer[..at], &answer[at + close.len()..]].concat(),
        None => answer,
    }
}

fn answer(status: u16, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
