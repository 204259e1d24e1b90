//! Proxies of the environment: used, refused, or named in the error, and never bypassed.

use super::foreign_server::{Foreign, Options, Reply, Request};
use super::outputs::kept;
use super::project::{PLAIN, Project};
use larder::system::files;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

const RUN: [&str; 6] = ["run", "main", "-e", "dev", "--trust-api", "files.example.com"];
/// A name that no resolver has, but that the server's certificate has: only through a proxy is there a way to it.
const BASE: &str = "https://files.example.com/client/v4";

/// A project whose API is behind a proxy.
fn project(server: &Foreign) -> Project {
    server.project(PLAIN).env("CLOUDFLARE_API_BASE_URL", BASE).recipe(r#"kv::ensure("A");"#)
}

/// Copies until both sides have ended.
fn join(one: &TcpStream, other: &TcpStream) {
    let copy = |from: &TcpStream, to: &TcpStream| {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        }
    };
    let back = std::thread::spawn(copy(other, one));
    copy(one, other)();
    drop(back.join());
}

/// A proxy that does this with each connection; gives its address.
fn proxy(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = std::sync::Arc::new(serve);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(client.unwrap()));
        }
    });
    address
}

/// The head of a request.
fn head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// One that makes tunnels to that address, for who knows the password.
fn tunnels(to: SocketAddr) -> SocketAddr {
    proxy(move |mut client| {
        let head = head(&mut client);
        if !head.starts_with("CONNECT files.example.com:443 HTTP/1.1\r\n")
            || !head.to_lowercase().contains("basic dtpzm2nyzxq=")
        {
            client
                .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            return;
        }
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        join(&client, &TcpStream::connect(to).unwrap());
    })
}

/// One that speaks SOCKS 5 and leaves names to itself.
fn socks(to: SocketAddr) -> SocketAddr {
    proxy(move |mut client| {
        let mut greeting = [0; 2];
        client.read_exact(&mut greeting).unwrap();
        client.read_exact(&mut vec![0; greeting[1].into()]).unwrap();
        client.write_all(&[5, 0]).unwrap();
        let mut request = [0; 5];
        client.read_exact(&mut request).unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3], "a connection to a name is asked for");
        let mut name = vec![0; usize::from(request[4]) + 2];
        client.read_exact(&mut name).unwrap();
        assert_eq!(name, [b"files.example.com".as_slice(), &443_u16.to_be_bytes()].concat());
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        join(&client, &TcpStream::connect(to).unwrap());
    })
}

/// Where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn requests_pass_the_proxy_over_http_2() {
    let server = Foreign::start(Options::default());
    let (http, socks) = (tunnels(server.address), socks(server.address));
    for value in [format!("http://u:s3cret@{http}"), format!("u:s3cret@{http}"), format!("socks5h://{socks}")]
    {
        let output =
            project(&server).env("HTTPS_PROXY", &value).run(&[&RUN as &[_], &["-v"]].concat()).exit(0);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains("s3cret"), "{}", output.stderr);
    }
    let state = server.state();
    assert_eq!(state.titles, ["A"]);
    assert!(state.requests.iter().all(|request| request.protocol == "h2"));
}

#[test]
fn a_proxy_that_does_not_let_it_through_is_named() {
    let server = Foreign::start(Options::default());
    let (down, strict) = (nobody(), tunnels(server.address));
    for (variable, value) in [
        ("HTTPS_PROXY", format!("http://u:s3cret@{down}")),
        ("all_proxy", format!("socks5://u:s3cret@{down}")),
        ("https_proxy", format!("http://u:wr0ng@{strict}")),
    ] {
        let output = project(&server).env(variable, &value).run(&RUN).exit(1);
        kept(&format!("a proxy that does not let it through is named: {variable}"), &output.stderr);
    }
    assert_eq!(server.state().requests.len(), 0);
}

#[test]
fn an_exception_goes_past_the_proxy_and_says_nothing_of_it() {
    let server = Foreign::start(Options::default());
    let project = project(&server).env("HTTPS_PROXY", &format!("http://{}", nobody()));
    let output = project.env("NO_PROXY", ".example.com").run(&RUN).exit(1);
    assert!(!output.stderr.contains("through the proxy"), "{}", output.stderr);
}

#[test]
fn a_variable_that_names_no_proxy_ends_the_run_before_anything_is_sent() {
    let server = Foreign::start(Options::default());
    for value in ["ht!tp://%%%", "ftp://p:1"] {
        let output = project(&server).env("HTTPS_PROXY", value).run(&RUN);
        output.kept(&format!("a variable that names no proxy ends the run: {value}"));
    }
    // This machine is reached without one.
    let output =
        project(&server).env("CLOUDFLARE_API_BASE_URL", &server.base()).env("HTTPS_PROXY", "ftp://p:1");
    output.run(&RUN).exit(0);
    assert_eq!(server.state().titles, ["A"]);
}

/// What a database and its export are answered with.
fn database(request: &Request) -> Option<Reply> {
    let database =
        json!({ "uuid": "d3aaa9a5-0d7c-4b0a-8e3e-2a3f5d6c7b81", "name": "db", "version": "production" });
    let path = request.target.split('?').next().unwrap();
    match (request.method.as_str(), path.rsplit('/').next().unwrap()) {
        ("GET", "database") => Some(Reply::ok(&json!([database]))),
        ("POST", "export") => {
            let link = "https://files.example.com/dump.sql?signature=s1gnature";
            let result = json!({ "filename": "dump.sql", "signed_url": link });
            Some(Reply::ok(
                &json!({ "success": true, "status": "complete", "at_bookmark": "b", "result": result }),
            ))
        }
        ("GET", "dump.sql") => {
            Some(Reply { status: 200, headers: Vec::new(), body: b"CREATE TABLE t (a);\n".to_vec() })
        }
        _ => None,
    }
}

#[test]
fn the_link_of_an_export_is_followed_the_same_way_and_asked_plainly() {
    let server = Foreign::start(Options { rule: Box::new(database), ..Options::default() });
    let socks = socks(server.address);
    let project = project(&server).env("HTTPS_PROXY", &format!("socks5h://{socks}"));
    let project = project.recipe(r#"d1::find("db").dump("db.sql");"#);
    project.run(&RUN).exit(0);
    let text = files::read_text(&project.path().join("db.sql"), 1 << 10).unwrap();
    assert_eq!(text, "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (a);\n");
    let state = server.state();
    let (links, api): (Vec<&Request>, Vec<&Request>) =
        state.requests.iter().partition(|request| request.target.starts_with("/dump.sql"));
    assert_eq!(links.len(), 1);
    assert_eq!(
        (links[0].target.as_str(), links[0].protocol.as_str()),
        ("/dump.sql?signature=s1gnature", "h2")
    );
    for header in ["accept-encoding", "authorization"] {
        assert_eq!(links[0].header(header), None);
        assert!(api.iter().all(|request| request.header(header).is_some()));
    }
}
