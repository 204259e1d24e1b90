//! `--timing`: where the time of a run went, by the chain of requests it waited for and by step.
//!
//! The chain of answers is found from its end: before each request stands the one whose answer came last of those that had
//! come when it was sent.

use super::document::{Report, Step};
use super::status_words::counted;
use super::text_style::{TextStyle, duration};
use crate::events::{Event, RequestDone};
use std::collections::HashMap;

/// Requests by the op that they were sent for; `None` is what was read ahead.
pub(super) struct RequestsByOp<'a>(HashMap<Option<u64>, Vec<&'a RequestDone>>);

/// Requests of one kind that follow each other in the chain.
struct TimingLink<'a> {
    first: &'a RequestDone,
    count: u64,
    ms: u64,
}

/// The lines that `--timing` adds; when the run began, the clock of its requests said `begun_ms`.
pub(super) fn timing(report: &Report, events: &[Event], begun_ms: u64, ink: &TextStyle) -> String {
    let sent = RequestsByOp::of(events);
    let chain = chain(&sent.all());
    let waited: u64 = chain.iter().map(|link| link.ms).sum();
    let answers = counted(chain.iter().map(|link| link.count).sum(), "answer", "answers");
    let mut lines = vec![format!(
        "timing: {}: {} waiting for {answers} one after another, {} otherwise",
        duration(report.ms),
        duration(waited),
        duration(report.ms.saturating_sub(waited))
    )];
    let names: HashMap<u64, &str> =
        report.steps.iter().flat_map(Step::calls).map(|op| (op.number, op.resource.as_str())).collect();
    for TimingLink { first, count, ms } in chain {
        let times = if count > 1 { format!(" {count} times") } else { String::new() };
        let whose =
            first.op.and_then(|op| names.get(&op)).map(|name| format!("  {name}")).unwrap_or_default();
        let request = format!("{} {}{times}{whose}", first.method, below_account(&first.path));
        let at = format!("at {}", duration(first.started_ms.saturating_sub(begun_ms)));
        lines.push(format!("  {at:<12} {:>8}  {}", duration(ms), ink.show(&request)));
    }
    for step in report.steps.iter().filter(|step| !step.calls().is_empty()) {
        let requests = step.calls().iter().map(|op| sent.of_op(op.number).len() as u64).sum();
        let name = if step.name.is_empty() { "(outside every step)" } else { &step.name };
        let length = duration(step.ms);
        let requests = counted(requests, "request", "requests");
        lines.push(format!("  step {:<18} {length:>8}  {requests}", ink.show(name)));
    }
    lines.join("\n") + "\n"
}

impl<'a> RequestsByOp<'a> {
    pub(super) fn of(events: &'a [Event]) -> Self {
        let mut sent: HashMap<Option<u64>, Vec<&RequestDone>> = HashMap::new();
        for event in events {
            if let Event::Request(request) = event {
                sent.entry(request.op).or_default().push(request);
            }
        }
        RequestsByOp(sent)
    }

    pub(super) fn all(&self) -> Vec<&'a RequestDone> {
        self.0.values().flatten().copied().collect()
    }

    pub(super) fn ahead(&self) -> &[&'a RequestDone] {
        self.0.get(&None).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn of_op(&self, op: u64) -> &[&'a RequestDone] {
        self.0.get(&Some(op)).map(Vec::as_slice).unwrap_or_default()
    }
}

fn end(request: &RequestDone) -> u64 {
    request.started_ms + request.ms
}

/// The chain, in the order of time.
fn chain<'a>(sent: &[&'a RequestDone]) -> Vec<TimingLink<'a>> {
    let mut by_end: Vec<&RequestDone> = sent.to_vec();
    by_end.sort_by_key(|request| (end(request), request.started_ms));
    let mut found = Vec::new();
    let mut left = by_end.len();
    while let Some(last) = left.checked_sub(1) {
        let request = by_end[last];
        found.push(request);
        left = by_end[..last].partition_point(|before| end(before) <= request.started_ms);
    }
    let mut links: Vec<TimingLink> = Vec::new();
    for request in found.into_iter().rev() {
        match links.last_mut() {
            Some(link) if is_alike(link.first, request) => {
                link.count += 1;
                link.ms += request.ms;
            }
            _ => links.push(TimingLink { first: request, count: 1, ms: request.ms }),
        }
    }
    links
}

fn is_alike(one: &RequestDone, other: &RequestDone) -> bool {
    (&one.method, &one.path, one.op) == (&other.method, &other.path, other.op)
}

/// The path without the account, which is the same in each.
pub(super) fn below_account(path: &str) -> &str {
    let rest = path.strip_prefix("/accounts/").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    rest.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::secret::Redactor;

    fn request(op: Option<u64>, path: &str, started_ms: u64, ms: u64) -> RequestDone {
        let Event::Request(request) = sample::request(op, "GET", Some(200)) else { unreachable!() };
        RequestDone { path: format!("/accounts/0123/{path}"), started_ms, ms, ..request }
    }

    fn told(report: &Report, requests: Vec<RequestDone>) -> String {
        let events: Vec<Event> = requests.into_iter().map(Event::Request).collect();
        timing(report, &events, 3, &TextStyle::new(&Redactor::default()))
    }

    #[test]
    fn the_chain_is_what_was_waited_for() {
        let report =
            sample::report_of(vec![sample::op(crate::events::Action::Create, crate::events::Status::Done)]);
        let requests = vec![
            request(None, "kv", 10, 80),
            // Beside it, and done before.
            request(None, "r2", 10, 60),
            request(Some(1), "d1", 100, 300),
            request(Some(1), "d1", 400, 300),
            // Sent before the answer that came last.
            request(Some(1), "other", 690, 100),
        ];
        assert_eq!(
            told(&report, requests),
            "timing: 812 ms: 480 ms waiting for 3 answers one after another, 332 ms otherwise\n  \
             at 7 ms         80 ms  GET /kv\n  \
             at 97 ms       300 ms  GET /d1  SESSIONS\n  \
             at 687 ms      100 ms  GET /other  SESSIONS\n  \
             step kv                    84 ms  3 requests\n"
        );
    }

    #[test]
    fn alike_requests_in_a_row_are_one_line() {
        let report = sample::report_of(Vec::new());
        let requests = (0..200).map(|number| request(Some(1), "d1", number * 2, 2)).collect();
        assert_eq!(
            told(&report, requests),
            "timing: 812 ms: 400 ms waiting for 200 answers one after another, 412 ms otherwise\n  \
             at 0 ms        400 ms  GET /d1 200 times\n"
        );
    }

    #[test]
    fn without_requests_there_is_no_chain() {
        let report = sample::report_of(Vec::new());
        assert_eq!(
            told(&report, Vec::new()),
            "timing: 812 ms: 0 ms waiting for 0 answers one after another, 812 ms otherwise\n"
        );
    }

    #[test]
    fn answers_that_took_no_time_end_the_chain_once() {
        let report = sample::report_of(Vec::new());
        let requests = vec![request(None, "a", 5, 0), request(None, "b", 5, 0), request(None, "c", 5, 0)];
        let chain = told(&report, requests);
        assert!(chain.starts_with("timing: 812 ms: 0 ms waiting for 3 answers"), "{chain}");
    }
}
