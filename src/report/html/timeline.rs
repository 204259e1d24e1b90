//! Requests on a line of time: a row for each step and each of its ops, a bar for each request. What ops sent that only
//! asked stands in the row of the step, unless they failed.

use super::escaped;
use crate::events::{Event, OpStarted, RequestDone, Status};
use crate::report::ink::{Ink, duration};
use crate::report::words::counted;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// About as many marks as fit.
const TICKS: u64 = 5;

/// A row of ops outside every step, and of what was fetched ahead.
const NOWHERE: u64 = 0;

#[derive(Default)]
struct Timeline<'a> {
    steps: Vec<(u64, &'a str, u64)>,
    ops: Vec<&'a OpStarted>,
    failed: Vec<u64>,
    requests: BTreeMap<Option<u64>, Vec<&'a RequestDone>>,
}

/// The section; nothing if no request was sent.
pub(super) fn render(events: &[Event], ms: u64, ink: &Ink) -> String {
    let timeline = Timeline::of(events);
    if timeline.requests.is_empty() {
        return String::new();
    }
    let ends = timeline.requests.values().flatten().map(|request| request.started_ms + request.ms);
    let scale = Scale { total: ends.max().unwrap_or_default().max(ms).max(1) };
    let mut rows = scale.axis();
    if let Some(ahead) = timeline.requests.get(&None) {
        rows += &row("step", "read ahead", &bars(ahead, &scale, ink), "");
    }
    let mut steps = timeline.steps.clone();
    steps.push((NOWHERE, "(outside every step)", 0));
    for (id, name, step_ms) in steps {
        let ops: Vec<&OpStarted> =
            timeline.ops.iter().copied().filter(|op| timeline.row_of(op) == id).collect();
        if ops.is_empty() {
            continue;
        }
        let all: Vec<&RequestDone> = ops
            .iter()
            .flat_map(|op| timeline.requests.get(&Some(op.id)).into_iter().flatten().copied())
            .collect();
        let length = if step_ms > 0 { duration(step_ms) } else { String::new() };
        let (ops, asking): (Vec<&OpStarted>, Vec<&OpStarted>) =
            ops.into_iter().partition(|op| !op.reads || timeline.failed.contains(&op.id));
        let asked = asking.iter().filter_map(|op| timeline.requests.get(&Some(op.id)));
        let asked: String = asked.map(|requests| bars(requests, &scale, ink)).collect();
        rows += &row("step", &escaped(&ink.show(name)), &(span(&all, &scale) + asked.as_str()), &length);
        for op in ops {
            rows += &timeline.op(op, &scale, ink);
        }
    }
    let key = |class: &str, word: &str| format!("<span><i class=\"{class}\"></i>{word}</span>");
    format!(
        "<section class=\"card\" aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">Timeline <span class=\"legend\">{}{}{}</span></h2>\n\
         <div role=\"list\" aria-labelledby=\"timeline\">\n{rows}</div>\n</section>\n",
        key("read", "read"),
        key("write", "write"),
        key("lost", "refused, or no answer")
    )
}

impl<'a> Timeline<'a> {
    fn of(events: &'a [Event]) -> Self {
        let mut timeline = Timeline::default();
        for event in events {
            match event {
                Event::StepStarted { step, name, .. } if *step != NOWHERE => {
                    timeline.steps.push((*step, name, 0));
                }
                Event::StepFinished { step, ms, .. } => {
                    if let Some(found) = timeline.steps.iter_mut().find(|(id, ..)| id == step) {
                        found.2 = *ms;
                    }
                }
                Event::OpStarted(op) => timeline.ops.push(op),
                Event::OpFinished(done) if is_bad(done.status) => timeline.failed.push(done.id),
                Event::Request(request) => timeline.requests.entry(request.op).or_default().push(request),
                _ => {}
            }
        }
        timeline
    }

    fn row_of(&self, op: &OpStarted) -> u64 {
        if self.steps.iter().any(|(id, ..)| *id == op.step) { op.step } else { NOWHERE }
    }

    fn op(&self, op: &OpStarted, scale: &Scale, ink: &Ink) -> String {
        let requests = self.requests.get(&Some(op.id)).map(Vec::as_slice).unwrap_or_default();
        let class = if self.failed.contains(&op.id) { " class=\"bad\"" } else { "" };
        let name = format!(
            "<span{class}>{}</span> <span class=\"dim\">{}</span>",
            escaped(&ink.show(&op.resource)),
            escaped(&ink.show(&op.op))
        );
        let spent = requests
            .iter()
            .map(|request| request.started_ms + request.ms)
            .max()
            .zip(requests.iter().map(|request| request.started_ms).min());
        let spent = spent.map(|(end, start)| duration(end - start)).unwrap_or_default();
        row("op", &name, &bars(requests, scale, ink), &spent)
    }
}

fn is_bad(status: Status) -> bool {
    matches!(status, Status::Failed | Status::Conflict | Status::Unknown)
}

struct Scale {
    total: u64,
}

impl Scale {
    /// Where something stands, in percent.
    fn place(&self, start: u64, length: u64) -> String {
        let percent = |ms: u64| {
            // Hundredths of a percent are enough for any screen.
            let hundredths = ms.saturating_mul(10_000) / self.total;
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        };
        format!("left:{}%;width:{}%", percent(start), percent(length))
    }

    fn axis(&self) -> String {
        let rough = (self.total / TICKS).max(1);
        let power = 10_u64.pow(rough.ilog10());
        let step = [1, 2, 5, 10].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        let mut marks = String::new();
        for at in (0..self.total).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let _ = write!(marks, "<span style=\"{}\">{}</span>", self.place(at, 0), duration(at));
        }
        // For the eye: each row says its own time.
        format!(
            "<div class=\"row axis\" aria-hidden=\"true\"><div class=\"name\"></div><div class=\"track\">{marks}</div>\
             <div class=\"ms\"></div></div>\n"
        )
    }
}

fn row(class: &str, name: &str, track: &str, length: &str) -> String {
    let told = counted(track.matches("<b ").count() as u64, "request", "requests");
    format!(
        "<div class=\"row {class}\" role=\"listitem\"><div class=\"name\">{name}</div>\
         <div class=\"track\" role=\"img\" aria-label=\"{told}\">{track}</div><div class=\"ms\">{length}</div></div>\n"
    )
}

/// From the first request of a step to its last answer.
fn span(requests: &[&RequestDone], scale: &Scale) -> String {
    let start = requests.iter().map(|request| request.started_ms).min();
    let end = requests.iter().map(|request| request.started_ms + request.ms).max();
    let place = start.zip(end).map(|(start, end)| scale.place(start, end - start));
    place.map(|place| format!("<i class=\"span\" style=\"{place}\"></i>")).unwrap_or_default()
}

fn bars(requests: &[&RequestDone], scale: &Scale, ink: &Ink) -> String {
    let mut bars = String::new();
    for request in requests {
        // What is not there yet is the answer that a read was sent for.
        let class = match (request.status, request.write) {
            (None | Some(429 | 500..), _) | (Some(400..), true) => "lost",
            (Some(_), true) => "write",
            (Some(_), false) => "read",
        };
        let answer = request.status.map_or("no answer".to_owned(), |status| status.to_string());
        let attempt =
            if request.attempt > 1 { format!(", attempt {}", request.attempt) } else { String::new() };
        let title = format!(
            "{} {}: {answer} in {}{attempt}",
            request.method,
            below_account(&request.path),
            duration(request.ms)
        );
        let place = scale.place(request.started_ms, request.ms);
        let title = escaped(&ink.show(&title));
        let _ = write!(bars, "<b class=\"{class}\" style=\"{place}\" title=\"{title}\"></b>");
    }
    bars
}

/// The path without the account, which is the same in each.
fn below_account(path: &str) -> &str {
    let rest = path.strip_prefix("/accounts/").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    rest.unwrap_or(path)
}
