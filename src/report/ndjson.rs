//! Writes every event as one line of JSON when it happens.

use super::console::Console;
use crate::events::{Event, Sink};
use std::sync::Arc;

/// Writes events to standard output.
pub struct Ndjson {
    console: Arc<Console>,
}

impl Ndjson {
    /// Writes to standard output of `console`, each line with one write: a reader never sees half of one for long.
    pub fn new(console: Arc<Console>) -> Self {
        Ndjson { console }
    }
}

impl Sink for Ndjson {
    fn emit(&self, event: Event) {
        self.console.record(&event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, CANARY};
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib report`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Event>("events-1.json");
    }

    #[test]
    fn each_event_is_one_line_that_reads_back() {
        let (console, stdout, stderr) = sample::console();
        let sink = Ndjson::new(console);
        let events = [
            sample::step_started(1, "a\nb", 1),
            sample::started(1, 1, "kv", "SESSIONS"),
            Event::WriteSent { op: 1 },
            sample::request(Some(1), "POST", None),
            Event::Log { message: "x".into() },
        ];
        events.iter().cloned().for_each(|event| sink.emit(event));
        let text = stdout.text();
        let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, events);
        assert_eq!(text.lines().next(), Some(r#"{"event":"step_started","step":1,"name":"a\nb","group":1}"#));
        assert_eq!(*stdout.writes.lock(), 5, "a line is one write");
        assert_eq!(stderr.text(), "");
    }

    #[test]
    fn secrets_are_masked() {
        let (console, stdout, _) = sample::console();
        Ndjson::new(console).emit(Event::Log { message: CANARY.into() });
        assert_eq!(stdout.text(), "{\"event\":\"log\",\"message\":\"[secret]\"}\n");
    }
}
