//! Stands between a client and the server, and counts what passes.
//!
//! A new connection may take longer: what it carries passes later, and others are not held up by it. A request is what a client sends after an answer, or first: both speak HTTP/1.1 without pipelining.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What has passed since the last reset.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passed {
    pub requests: usize,
    pub connections: usize,
    pub in_flight_max: usize,
}

pub struct Forwarder {
    pub address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    passed: Mutex<Passed>,
    in_flight: AtomicUsize,
}

impl Forwarder {
    /// Listens on a free port for as long as this process lives.
    pub fn start(server: SocketAddr, connection_delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                shared.passed.lock().expect("counts").connections += 1;
                let shared = shared.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(connection_delay);
                    forward(&client, server, &shared);
                });
            }
        });
        Forwarder { address, counts }
    }

    /// What has passed, from now on counted anew.
    pub fn take(&self) -> Passed {
        std::mem::take(&mut *self.counts.passed.lock().expect("counts"))
    }
}

fn forward(client: &TcpStream, server: SocketAddr, counts: &Arc<Counts>) {
    let Ok(upstream) = TcpStream::connect(server) else { return };
    for stream in [client, &upstream] {
        stream.set_nodelay(true).expect("no delay");
    }
    let is_waiting = Arc::new(AtomicBool::new(false));
    let (asking, waiting, shared) = (pair(client, &upstream), is_waiting.clone(), counts.clone());
    std::thread::spawn(move || {
        copy(asking, || {
            if !waiting.swap(true, Ordering::SeqCst) {
                let now = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
                let mut passed = shared.passed.lock().expect("counts");
                passed.requests += 1;
                passed.in_flight_max = passed.in_flight_max.max(now);
            }
        });
    });
    let (answering, shared) = (pair(&upstream, client), counts.clone());
    std::thread::spawn(move || {
        let answered = || {
            if is_waiting.swap(false, Ordering::SeqCst) {
                shared.in_flight.fetch_sub(1, Ordering::SeqCst);
            }
        };
        copy(answering, answered);
        answered();
    });
}

fn pair(from: &TcpStream, to: &TcpStream) -> (TcpStream, TcpStream) {
    (from.try_clone().expect("a stream"), to.try_clone().expect("a stream"))
}

fn copy((mut from, mut to): (TcpStream, TcpStream), seen: impl Fn()) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        seen();
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Write));
}
