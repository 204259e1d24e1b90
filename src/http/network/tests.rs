//! Each phase of a real connection, and what it comes to: over sockets, with limits of their own.

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

/// Reads the request, says this, and keeps the connection until the client is gone.
fn says(text: &'static str) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        while stream.read(&mut request).is_ok_and(|read| read > 0) {}
    }
}

/// Reads the request, says this, and closes the connection.
fn breaks(text: &'static str) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
    }
}

/// What one request to that base comes to.
fn sent(base: &str, limits: Limits) -> Result<RawAnswer, (TroubleKind, String)> {
    let network = Network { limits, ..Network::new(base, true, Egress::default()) };
    let request = WireRequest { body: b"{}".to_vec(), ..WireRequest::of(&ANY) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(network.send(request));
    answer.map_err(|trouble| (trouble.kind, trouble.detail))
}

fn kind(base: &str, limits: Limits) -> TroubleKind {
    sent(base, limits).unwrap_err().0
}

fn http(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    format!("http://{}", server(serve))
}

#[test]
fn without_a_connection_nothing_was_sent() {
    // A name that no resolver has; a port that was just given back; a server that does not speak TLS.
    assert_eq!(kind("http://larder.invalid", PATIENT), TroubleKind::Connect);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(kind(&format!("http://{free}"), PATIENT), TroubleKind::Connect);
    assert_eq!(
        kind(&format!("https://{}", server(says("HTTP/1.1 200 OK\r\n\r\n"))), PATIENT),
        TroubleKind::Connect
    );
    // A handshake that never goes on.
    let silent = format!("https://{}", server(says("")));
    assert_eq!(kind(&silent, Limits { connect: SHORT, ..PATIENT }), TroubleKind::Connect);
}

#[test]
fn once_connected_nobody_can_tell_what_was_seen() {
    assert_eq!(kind(&http(drop), PATIENT), TroubleKind::Broken);
    assert_eq!(kind(&http(breaks("")), PATIENT), TroubleKind::Broken);
    assert_eq!(kind(&http(breaks("HTTP/1.1 200 OK\r\nco")), PATIENT), TroubleKind::Broken);
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
    assert_eq!(kind(&http(breaks(half)), PATIENT), TroubleKind::Broken);
    assert_eq!(kind(&http(breaks("this is no HTTP\r\n\r\n")), PATIENT), TroubleKind::Broken);
}

#[test]
fn every_phase_has_its_time() {
    let late = |text: &'static str, limits: Limits| {
        let (kind, words) = sent(&http(says(text)), limits).unwrap_err();
        assert_eq!(kind, TroubleKind::Timeout, "{words}");
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
    assert_eq!(sent(&drips, Limits { body: SHORT, ..PATIENT }).unwrap_err().0, TroubleKind::Timeout);
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
    assert_eq!(kind, TroubleKind::Issuer, "{words}");
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
