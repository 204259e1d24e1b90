//! Every event as one line of JSON, as it happens.

use super::json::to_line;
use crate::events::{Event, Sink};
use crate::secret::Redactor;
use std::io::{ErrorKind, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The JSON Schema of a line, committed as `schemas/events-1.json`.
pub fn event_schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Event>().to_value()
}

/// Writes events to a stream; after its first failure it writes no more.
pub struct Ndjson {
    out: Mutex<(Box<dyn Write + Send>, Option<ErrorKind>)>,
    redactor: Arc<Redactor>,
}

impl Ndjson {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>, redactor: Arc<Redactor>) -> Self {
        Ndjson { out: Mutex::new((out, None)), redactor }
    }

    /// What the stream failed with.
    pub fn failure(&self) -> Option<ErrorKind> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Sink for Ndjson {
    fn emit(&self, event: Event) {
        let line = to_line(&event, &self.redactor) + "\n";
        let mut guard = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, failure) = &mut *guard;
        if failure.is_none() {
            // One write for each line, so that a reader never sees half of one for long.
            *failure = out.write_all(line.as_bytes()).and_then(|()| out.flush()).err().map(|e| e.kind());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, CANARY, Stream};

    #[test]
    fn each_event_is_one_line_that_reads_back() {
        let stream = Stream::default();
        let sink = Ndjson::new(Box::new(stream.clone()), sample::redactor());
        let events = [
            sample::step_started(1, "a\nb", 1),
            sample::started(1, 1, "kv", "SESSIONS"),
            Event::WriteSent { op: 1 },
            sample::request(Some(1), "POST", None),
            Event::Log { message: "x".into() },
        ];
        events.iter().cloned().for_each(|event| sink.emit(event));
        let text = stream.text();
        let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, events);
        assert_eq!(text.lines().next(), Some(r#"{"event":"step_started","step":1,"name":"a\nb","group":1}"#));
        assert_eq!(*stream.writes.lock().unwrap(), 5, "a line is one write");
    }

    #[test]
    fn secrets_are_masked_and_a_lost_reader_is_remembered() {
        let stream = Stream::default();
        let sink = Ndjson::new(Box::new(stream.clone()), sample::redactor());
        sink.emit(Event::Log { message: CANARY.into() });
        assert_eq!(stream.text(), "{\"event\":\"log\",\"message\":\"[secret]\"}\n");
        let stream = Stream::failing(ErrorKind::BrokenPipe);
        let sink = Ndjson::new(Box::new(stream.clone()), sample::redactor());
        sink.emit(Event::Log { message: "a".into() });
        sink.emit(Event::Log { message: "b".into() });
        assert_eq!((sink.failure(), *stream.writes.lock().unwrap()), (Some(ErrorKind::BrokenPipe), 1));
    }
}
