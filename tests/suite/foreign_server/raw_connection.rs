//! A connection below HTTP: passes bytes through, and can insert frames.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;

/// What is to be done with a connection.
enum Deed {
    Write(Vec<u8>),
    Cut,
}

/// A handle on a connection.
#[derive(Clone)]
pub struct Line(mpsc::UnboundedSender<Deed>);

impl Line {
    /// A GOAWAY frame without an error: no stream after `last` was or will be looked at.
    pub fn go_away(&self, last: u32) {
        let mut frame = vec![0, 0, 8, 7, 0, 0, 0, 0, 0];
        frame.extend(last.to_be_bytes());
        frame.extend([0; 4]);
        drop(self.0.send(Deed::Write(frame)));
        self.cut();
    }

    /// Ends the connection.
    pub fn cut(&self) {
        drop(self.0.send(Deed::Cut));
    }
}

/// Lets what is written to the one come out of the other, until one side ends or is cut.
pub fn between<S>(wire: S) -> (Line, DuplexStream)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (deeds, mut to_do) = mpsc::unbounded_channel();
    let (inner, mut outer) = tokio::io::duplex(1 << 20);
    let (mut from_client, mut to_client) = tokio::io::split(wire);
    tokio::spawn(async move {
        let (mut up, mut down) = ([0; 16 << 10], [0; 16 << 10]);
        loop {
            tokio::select! {
                biased;
                read = from_client.read(&mut up) => match read {
                    Ok(count) if count > 0 && outer.write_all(&up[..count]).await.is_ok() => {}
                    _ => return,
                },
                read = outer.read(&mut down) => match read {
                    Ok(count) if count > 0 => {
                        if to_client.write_all(&down[..count]).await.is_err() || to_client.flush().await.is_err() {
                            return;
                        }
                    }
                    _ => return drop(to_client.shutdown().await),
                },
                Some(deed) = to_do.recv() => match deed {
                    Deed::Write(bytes) => {
                        let _ = to_client.write_all(&bytes).await;
                        let _ = to_client.flush().await;
                    }
                    Deed::Cut => return,
                },
            }
        }
    });
    (Line(deeds), inner)
}
