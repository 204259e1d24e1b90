//! A server on this machine that serves the files of one release, and can lose or tear them.

use super::super::packed::{Packed, VERSION, tag, this_target};
use larder::system::files;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

/// What a release consists of, and what was asked for.
#[derive(Default)]
pub struct Served {
    pub files: BTreeMap<String, Vec<u8>>,
    /// Of this file half is sent, and the connection is closed.
    pub torn: Option<String>,
    pub asked: Vec<String>,
}

/// Serves one release.
pub struct Releases {
    pub address: SocketAddr,
    pub served: Arc<Mutex<Served>>,
}

impl Releases {
    pub fn new(archive: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let releases = Releases { address: listener.local_addr().unwrap(), served: Arc::default() };
        let served = releases.served.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that has gone away asks nothing more.
                let _ = answer(&stream.unwrap(), &served);
            }
        });
        releases.put(&archive_name(VERSION), archive.to_vec());
        releases.put("SHA256SUMS", sums(&[("install.sh", b""), (&archive_name(VERSION), archive)]));
        releases
    }

    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        self.served.lock().files.insert(name.to_owned(), bytes);
    }

    pub fn take_away(&self, name: &str) {
        self.served.lock().files.remove(name).unwrap();
    }

    pub fn tear(&self, name: &str) {
        self.served.lock().torn = Some(name.to_owned());
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.served.lock().asked)
    }

    pub fn url(&self) -> String {
        format!("http://{}/OWNER/larder", self.address)
    }
}

fn answer(mut stream: &TcpStream, served: &Mutex<Served>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut served = served.lock();
    served.asked.push(path.clone());
    let Some((release, name)) =
        path.strip_prefix("/OWNER/larder/releases/").and_then(|path| path.rsplit_once('/'))
    else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    if release == "latest/download" {
        let to = format!("/OWNER/larder/releases/download/v{VERSION}/{name}");
        let head =
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return stream.write_all(head.as_bytes());
    }
    match served.files.get(name).filter(|_| release == format!("download/v{VERSION}")) {
        Some(bytes) => {
            let end = if served.torn.as_deref() == Some(name) { bytes.len() / 2 } else { bytes.len() };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(&bytes[..end])
        }
        None => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}

pub fn archive_name(version: &str) -> String {
    format!("larder-{version}-{}.tar.gz", this_target())
}

/// As `sha256sum` writes them.
pub fn sums(files: &[(&str, &[u8])]) -> Vec<u8> {
    let line = |(name, bytes): &(&str, &[u8])| {
        let sum = hex::encode(Sha256::digest(bytes));
        format!("{sum}  {name}\n")
    };
    files.iter().map(line).collect::<String>().into_bytes()
}

/// An archive whose program is this one.
pub fn archive(binary: &Path) -> Vec<u8> {
    let packed = Packed::new();
    let folder = packed.path("built");
    files::make_folder(&folder).unwrap();
    std::fs::copy(binary, folder.join("larder")).unwrap();
    packed.script("pack", &[&tag(), &this_target(), folder.to_str().unwrap()]);
    files::read_bytes(&packed.path(&format!("dist/{}", archive_name(VERSION))), 1 << 30).unwrap()
}
