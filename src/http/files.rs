//! Uploads and downloads of files: sent in parts that are read on demand, and stored on disk while they arrive.
//!
//! **Invariant:** no file is in memory as a whole, however often it is sent.

use crate::system::files::Source;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;
use tokio_util::bytes::Bytes;

/// So much of a file is in memory at once, and a second such part while the first is sent.
const PART_BYTES: usize = 128 << 10;

/// What is sent as one body.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    pieces: Vec<BodyPiece>,
}

#[derive(Clone, Debug)]
enum BodyPiece {
    Text(Arc<[u8]>),
    /// A file from that byte to its end.
    File(Arc<Source>, u64),
}

impl Outgoing {
    /// Adds bytes to its end.
    #[must_use]
    pub fn text(mut self, bytes: &[u8]) -> Self {
        self.pieces.push(BodyPiece::Text(bytes.into()));
        self
    }

    /// Adds a file to its end, from the byte `from` on.
    #[must_use]
    pub fn file(mut self, source: &Arc<Source>, from: u64) -> Self {
        self.pieces.push(BodyPiece::File(source.clone(), from));
        self
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.pieces.iter().map(BodyPiece::bytes).sum()
    }

    /// Its parts, in order.
    pub fn parts(&self) -> Parts {
        Parts { left: self.pieces.iter().cloned().collect(), at: 0 }
    }

    /// All of it, for an account that is asked without a network.
    pub fn whole(&self) -> io::Result<Vec<u8>> {
        self.parts().try_fold(Vec::new(), |mut whole, part| {
            whole.extend_from_slice(&part?);
            Ok(whole)
        })
    }

    /// As the body of a request.
    pub(super) fn body(&self) -> OutgoingBody {
        OutgoingBody { parts: Some(self.parts()), reading: None, left: self.bytes() }
    }
}

impl BodyPiece {
    fn bytes(&self) -> u64 {
        match self {
            BodyPiece::Text(bytes) => bytes.len() as u64,
            BodyPiece::File(source, from) => source.bytes().saturating_sub(*from),
        }
    }

    fn part(&self, at: u64) -> io::Result<Vec<u8>> {
        match self {
            BodyPiece::Text(bytes) => Ok(bytes.to_vec()),
            BodyPiece::File(source, from) => source.part(from + at, PART_BYTES),
        }
    }
}

/// Reads what is sent.
#[derive(Debug)]
pub struct Parts {
    left: VecDeque<BodyPiece>,
    /// Within the first of them.
    at: u64,
}

impl Iterator for Parts {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            let piece = self.left.front()?;
            if self.at >= piece.bytes() {
                self.left.pop_front();
                self.at = 0;
                continue;
            }
            let part = piece.part(self.at);
            match &part {
                Ok(part) => self.at += part.len() as u64,
                // Nothing may follow what is missing.
                Err(_) => self.left.clear(),
            }
            return Some(part);
        }
    }
}

type Reading = JoinHandle<(Parts, Option<io::Result<Vec<u8>>>)>;

/// A body whose parts are read off the threads that carry it.
pub(super) struct OutgoingBody {
    parts: Option<Parts>,
    reading: Option<Reading>,
    left: u64,
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Self::Data>>>> {
        if let Some(mut parts) = self.parts.take() {
            self.reading = Some(tokio::task::spawn_blocking(move || {
                let part = parts.next();
                (parts, part)
            }));
        }
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let (parts, part) = read.map_err(io::Error::other)?;
        let Some(part) = part.transpose()? else { return Poll::Ready(None) };
        self.parts = Some(parts);
        self.left = self.left.saturating_sub(part.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(part.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Where a file is kept that comes from a link.
pub trait Incoming: Send + Sync {
    /// A file begins, in place of what has come before.
    fn begin(&self) -> io::Result<()>;

    fn part(&self, bytes: &[u8]) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files;

    #[test]
    fn what_is_sent_is_read_anew_each_time_and_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let bytes: Vec<u8> = (0..PART_BYTES + 5).map(|at| u8::try_from(at % 251).unwrap()).collect();
        files::write_whole(&path, &bytes).unwrap();
        let source = Arc::new(Source::open(&path, 1 << 20).unwrap());
        let outgoing = Outgoing::default().text(b"<").file(&source, 3).text(b"").text(b">");
        let expected = [b"<".as_slice(), &bytes[3..], b">"].concat();
        for _ in 0..2 {
            assert_eq!(outgoing.whole().unwrap(), expected);
        }
        assert_eq!(outgoing.bytes(), expected.len() as u64);
        let parts: Vec<usize> = outgoing.parts().map(|part| part.unwrap().len()).collect();
        assert_eq!(parts, [1, PART_BYTES, 2, 1]);
    }

    #[test]
    fn nothing_is_sent_after_what_could_not_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        files::write_whole(&path, b"abc").unwrap();
        let source = Arc::new(Source::open(&path, 3).unwrap());
        let outgoing = Outgoing::default().file(&source, 0).text(b">");
        std::fs::File::options().write(true).open(&path).unwrap().set_len(1).unwrap();
        let mut parts = outgoing.parts();
        assert!(parts.next().unwrap().is_err());
        assert!(parts.next().is_none());
    }
}
