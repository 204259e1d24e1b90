//! Messages as bytes: frames with a length before them.
//!
//! **Invariant:** what is no message is answered with an error and ends nothing; only the end of the input does.

use lsp_server::{Connection, ErrorCode, Message};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::io::{self, BufRead, Read as _, Write};
use std::sync::Arc;
use std::thread::JoinHandle;

/// No editor sends more at once: a document is refused long before that.
const FRAME_BYTES_MAX: u64 = 64 << 20;

/// The threads that read and write; the one that writes ends when the connection is dropped.
pub(super) struct Threads {
    writer: JoinHandle<()>,
}

impl Threads {
    /// Waits until everything is written.
    pub(super) fn finish(self) {
        let _ = self.writer.join();
    }
}

/// A connection over these streams.
pub(super) fn connect(
    mut input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> io::Result<(Connection, Threads)> {
    let (ours, Connection { sender, receiver }) = Connection::memory();
    let output = Arc::new(Mutex::new(output));
    let refusals = output.clone();
    let read = move || {
        while let Ok(Some(body)) = frame(&mut input) {
            let sent = match message(&body) {
                Ok(message) => sender.send(message).map_err(io::Error::other),
                Err(error) => refuse(&refusals, &error.to_string()),
            };
            if sent.is_err() {
                return;
            }
        }
    };
    // It waits for input until the process ends.
    drop(thread("input", read)?);
    let write = move || {
        while let Ok(message) = receiver.recv() {
            let mut output = output.lock();
            if message.write(&mut *output).is_err() {
                return;
            }
        }
    };
    Ok((ours, Threads { writer: thread("output", write)? }))
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// The next frame; `None` at the end of the input.
fn frame(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    loop {
        let mut header = String::new();
        if input.read_line(&mut header)? == 0 {
            return Ok(None);
        }
        let header = header.trim();
        if header.is_empty() {
            match length {
                Some(length) => return body(input, length).map(Some),
                // Between frames nothing is meant.
                None => continue,
            }
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("Content-Length")
        {
            let value: u64 = value.trim().parse().map_err(io::Error::other)?;
            length = Some(value);
        }
    }
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > FRAME_BYTES_MAX {
        // It is passed over, and what is left of it is no message.
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Vec::new());
    }
    let mut body = Vec::new();
    let read = input.take(length).read_to_end(&mut body)?;
    if (read as u64) < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(body) }
}

/// A message; half of a pair of UTF-16, which no text can hold, is read as an unknown character.
fn message(body: &[u8]) -> serde_json::Result<Message> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).or_else(|_| serde_json::from_str(&without_halves(&text)))
}

/// The JSON with each escaped half of a pair as U+FFFD.
fn without_halves(json: &str) -> String {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(json.len());
    let mut at = 0;
    while let Some(next) = json[at..].chars().next() {
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str("\\ufffd");
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            // A backslash and what it escapes.
            (None, _) if next == '\\' => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
            (None, _) => next.len_utf8(),
        };
        mended.push_str(&json[at..at + length]);
        at += length;
    }
    mended
}

/// What could not be read has no id.
fn refuse(output: &Mutex<impl Write>, reason: &str) -> io::Result<()> {
    let error =
        json!({ "code": ErrorCode::ParseError as i32, "message": format!("this is no message: {reason}") });
    let text = json!({ "jsonrpc": "2.0", "id": Json::Null, "error": error }).to_string();
    let mut output = output.lock();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_pairs_become_unknown_characters() {
        for (json, expected) in [
            (r#""a\ud83db""#, r#""a\ufffdb""#),
            (r#""\ude00""#, r#""\ufffd""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\\ud83d\n""#, r#""\\ud83d\n""#),
            (r#""\ud83d\ud83d\ude00é""#, r#""\ufffd\ud83d\ude00é""#),
        ] {
            assert_eq!(without_halves(json), expected);
            serde_json::from_str::<String>(&without_halves(json)).unwrap();
        }
    }

    #[test]
    fn frames_are_read_with_whatever_headers_and_end_with_the_input() {
        let mut input =
            "content-length: 2\r\nContent-Type: x\r\n\r\n{}\r\nContent-Length: 9\r\n\r\n{".as_bytes();
        assert_eq!(frame(&mut input).unwrap().unwrap(), b"{}");
        frame(&mut input).unwrap_err();
        assert_eq!(frame(&mut input).unwrap(), None);
    }
}
