//! The timeline: a row for each step and entry, a bar for each request. Requests of ops that only read are in the
//! row of the step, unless they failed.

use super::escaped;
use crate::events::{Event, RequestDone, Status};
use crate::report::document::{Op, Report};
use crate::report::entry::{Entry, entries};
use crate::report::status_words::counted;
use crate::report::text_style::{TextStyle, duration};
use crate::report::timing::{RequestsByOp, below_account};
use std::fmt::Write as _;

/// About as many marks as fit.
const TICKS: u64 = 5;

/// The section; nothing if no request was sent. Its rows and their times are those of the table.
pub(super) fn render(report: &Report, events: &[Event], ink: &TextStyle) -> String {
    let sent = RequestsByOp::of(events);
    let ends = sent.all().into_iter().map(|request| request.started_ms + request.ms);
    let Some(last) = ends.max() else { return String::new() };
    let scale = Scale { total: last.max(report.ms).max(1) };
    let mut rows = scale.axis();
    if !sent.ahead().is_empty() {
        rows += &row("step", "read ahead", &bars(sent.ahead(), &scale, ink), "");
    }
    for step in report.steps.iter().filter(|step| !step.calls().is_empty()) {
        let requests = |ops: &[&Op]| -> Vec<&RequestDone> {
            ops.iter().flat_map(|op| sent.of_op(op.number)).copied().collect()
        };
        let asking: Vec<&Op> = step.reads.iter().collect();
        let track = span(&requests(&step.calls()), &scale) + bars(&requests(&asking), &scale, ink).as_str();
        let name = if step.name.is_empty() { "(outside every step)" } else { &step.name };
        rows += &row("step", &escaped(&ink.show(name)), &track, &duration(step.ms));
        for entry in entries(&step.ops) {
            let ops: Vec<&Op> = entry.ops().collect();
            rows += &entry_row(&entry, &bars(&requests(&ops), &scale, ink), ink);
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

fn entry_row(entry: &Entry, bars: &str, ink: &TextStyle) -> String {
    let is_bad = matches!(entry.decisive().status, Status::Failed | Status::Conflict | Status::Unknown);
    let name = format!(
        "<span{}>{}</span> <span class=\"dim\">{}</span>",
        if is_bad { " class=\"bad\"" } else { "" },
        escaped(&ink.show(&entry.op.resource)),
        escaped(&ink.show(&entry.op.op))
    );
    row("op", &name, bars, &duration(entry.ms()))
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

fn bars(requests: &[&RequestDone], scale: &Scale, ink: &TextStyle) -> String {
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
