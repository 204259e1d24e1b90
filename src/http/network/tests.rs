//! Each phase of a real connection and the error it leads to: over sockets, with its own limits.

use super::super::endpoint::{Class, Endpoint};
use super::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

static ANY: Endpoint =
    Endpoint { method: "GET", path: "/", permission: "", class: Class::Read, doing: "", meanings: &[] };

/// So long that nothing here waits for it.
const LONG: Duration = Duration::from_hours(1);
/// So short that what never comes is soon missed.
const SHORT: Duration = Duration::from_millis(40);
const PATIENT: Limits = Limits { connect: LONG, header: LONG, idle: LONG, body: LONG };

/// A server that does this with its first connection; gives its address.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || serve(listener.accept().unwrap().0));
    address.to_string()
}

/// Reads the request, sends this, and keeps the connection until the client closes it.
fn says(text: &'static str) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        while stream.read(&mut request).is_ok_and(|read| read > 0) {}
    }
}

/// Reads the request, sends this, and closes the connection.
fn breaks(text: &'static str) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
    }
}

/// What one request to that base comes to.
fn sent(base: &str, limits: Limits) -> Result<RawResponse, (TransportErrorKind, String)> {
    let network = Network { limits, ..Network::new(base, true, Egress::default()) };
    let request = WireRequest { body: b"{}".to_vec(), ..WireRequest::of(&ANY) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(network.send(request));
    answer.map_err(|trouble| (trouble.kind, trouble.detail))
}

fn kind(base: &str, limits: Limits) -> TransportErrorKind {
    sent(base, limits).unwrap_err().0
}

fn http(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    format!("http://{}", server(serve))
}

#[test]
fn without_a_connection_nothing_was_sent() {
    // A name that no resolver has; a port that was just given back; a server that does not speak TLS.
    assert_eq!(kind("http://larder.invalid", PATIENT), TransportErrorKind::Connect);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(kind(&format!("http://{free}"), PATIENT), TransportErrorKind::Connect);
    assert_eq!(
        kind(&format!("https://{}", server(says("HTTP/1.1 200 OK\r\n\r\n"))), PATIENT),
        TransportErrorKind::Connect
    );
    // A handshake that never goes on.
    let silent = format!("https://{}", server(says("")));
    assert_eq!(kind(&silent, Limits { connect: SHORT, ..PATIENT }), TransportErrorKind::Connect);
}

#[test]
fn once_connected_nobody_can_tell_what_was_seen() {
    assert_eq!(kind(&http(drop), PATIENT), TransportErrorKind::Broken);
    assert_eq!(kind(&http(breaks("")), PATIENT), TransportErrorKind::Broken);
    assert_eq!(kind(&http(breaks("HTTP/1.1 200 OK\r\nco")), PATIENT), TransportErrorKind::Broken);
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
    assert_eq!(kind(&http(breaks(half)), PATIENT), TransportErrorKind::Broken);
    assert_eq!(kind(&http(breaks("this is no HTTP\r\n\r\n")), PATIENT), TransportErrorKind::Broken);
}

#[test]
fn every_phase_has_its_time() {
    let late = |text: &'static str, limits: Limits| {
        let (kind, words) = sent(&http(says(text)), limits).unwrap_err();
        assert_eq!(kind, TransportErrorKind::Timeout, "{words}");
        words
    };
    // The time for the headers begins with the connection's.
    let headers = Limits { connect: SHORT, header: SHORT, ..PATIENT };
    let (no_headers, no_body) =
        ("the headers of the answer did not come in time", "the body of the answer did not come in time");
    assert_eq!(late("", headers), no_headers);
    assert_eq!(late("HTTP/1.1 200 OK\r\ncontent-le", headers), no_headers);
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
    assert_eq!(late(half, Limits { idle: SHORT, ..PATIENT }), no_body);
    // One byte after the other, each in time, all together too late.
    let drips = http(|mut stream| {
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n").unwrap();
        while stream.write_all(b".").is_ok() {}
    });
    assert_eq!(sent(&drips, Limits { body: SHORT, ..PATIENT }).unwrap_err().0, TransportErrorKind::Timeout);
}

/// Reads the request, passes it on, sends this, and keeps the connection until the client closes it.
fn hears(head: &'static str, body: Vec<u8>) -> (String, std::sync::mpsc::Receiver<String>) {
    let (tell, heard) = std::sync::mpsc::channel();
    let address = server(move |mut stream| {
        let mut request = [0; 4096];
        let count = stream.read(&mut request).unwrap();
        tell.send(String::from_utf8_lossy(&request[..count]).into_owned()).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{head}\r\n", body.len());
        // A client that has enough is gone.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        while stream.read(&mut request).is_ok_and(|read| read > 0) {}
    });
    (address, heard)
}

const GZIP: &str = "content-encoding: gzip\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What an answer with that encoding comes to.
fn encoded(head: &'static str, body: Vec<u8>) -> Result<RawResponse, (TransportErrorKind, String)> {
    let (address, _heard) = hears(head, body);
    sent(&format!("http://{address}"), PATIENT)
}

#[test]
fn answers_may_come_compressed() {
    let (address, heard) = hears(GZIP, gzip(b"{\"success\":true}"));
    let answer = sent(&format!("http://{address}"), PATIENT).unwrap();
    assert_eq!(
        (answer.body.as_slice(), answer.header("content-encoding")),
        (b"{\"success\":true}".as_slice(), None)
    );
    assert!(heard.recv().unwrap().contains("\r\naccept-encoding: gzip\r\n"));
}

#[test]
fn what_is_large_only_once_it_is_decoded_is_refused() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let expected = (TransportErrorKind::TooLarge, "the answer is larger than 8388608 bytes".to_owned());
    assert_eq!(encoded(GZIP, bomb).unwrap_err(), expected);
}

#[test]
fn a_compressed_answer_that_breaks_off_is_none_wherever_it_ends() {
    let whole = gzip(br#"{"success":true,"result":{"id":"0f2ac74b498b48028cb68387c421e279"}}"#);
    for length in 1..whole.len() {
        let (kind, words) = encoded(GZIP, whole[..length].to_vec()).unwrap_err();
        assert_eq!(kind, TransportErrorKind::Broken, "{length} of {}: {words}", whole.len());
    }
    let mut damaged = whole.clone();
    let check = damaged.len() - 6;
    damaged[check] ^= 1;
    assert_eq!(encoded(GZIP, damaged).unwrap_err().0, TransportErrorKind::Broken);
    assert_eq!(encoded(GZIP, b"{\"success\":true}".to_vec()).unwrap_err().0, TransportErrorKind::Broken);
}

#[test]
fn an_encoding_that_was_not_asked_for_is_no_answer() {
    let (kind, words) = encoded("content-encoding: br\r\n", b"{}".to_vec()).unwrap_err();
    let expected = "the answer is encoded as `br`, which was not asked for";
    assert_eq!((kind, words.as_str()), (TransportErrorKind::Malformed, expected));
    assert_eq!(encoded("content-encoding: identity\r\n", b"{}".to_vec()).unwrap().body, b"{}");
}

/// What following a link to such a server comes to, and what it was asked.
fn followed(
    head: &'static str,
    body: Vec<u8>,
) -> (Result<RawResponse, (TransportErrorKind, String)>, String) {
    let (address, heard) = hears(head, body);
    let network = Network { limits: PATIENT, ..Network::new("http://127.0.0.1:1", true, Egress::default()) };
    let link = super::super::link::Link::parse(&format!("http://{address}/file?signature=x")).unwrap();
    let request = WireRequest { link: Some(link), ..WireRequest::of(&ANY) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(network.send(request));
    (answer.map_err(|trouble| (trouble.kind, trouble.detail)), heard.recv().unwrap())
}

#[test]
fn a_link_is_asked_for_what_it_was_signed_for() {
    let (answer, asked) = followed("", b"INSERT".to_vec());
    assert_eq!(answer.unwrap().body, b"INSERT");
    assert!(asked.starts_with("GET /file?signature=x HTTP/1.1\r\n"), "{asked}");
    for header in ["accept-encoding", "authorization", "range"] {
        assert!(!asked.contains(&format!("\r\n{header}:")), "{asked}");
    }
    // What comes compressed all the same would be taken for the file.
    let (answer, _) = followed(GZIP, gzip(b"INSERT"));
    assert_eq!(answer.unwrap_err().1, "the answer is encoded as `gzip`, which was not asked for");
}

/// A server with a certificate that it signed itself.
fn untrusted() -> String {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let address = server(move |mut stream| {
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        while tls.complete_io(&mut stream).is_ok_and(|(read, written)| read + written > 0) {}
    });
    format!("https://{address}")
}

#[test]
fn a_certificate_that_nobody_trusts_is_told_apart() {
    let (kind, words) = sent(&untrusted(), PATIENT).unwrap_err();
    assert_eq!(kind, TransportErrorKind::Issuer, "{words}");
}

#[test]
fn an_answer_in_time_is_one() {
    let whole = http(says("HTTP/1.1 418 Tea\r\ncontent-length: 2\r\nX-A: b\r\n\r\nhi"));
    let answer = sent(&whole, PATIENT).unwrap();
    assert_eq!(
        (answer.status, answer.header("x-a"), answer.body.as_slice()),
        (418, Some("b"), b"hi".as_slice())
    );
}
