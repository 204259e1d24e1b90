//! The report as one self-contained page: results, a timeline of the requests by step and op, and the details of
//! every resource.
//!
//! **Invariant:** nothing from outside reaches the page but through [`Page::show`] and [`escaped`], and the page loads
//! and runs nothing.

mod timeline;

use super::document::{Mode, Report};
use super::entry::{Entry, entries};
use super::exit::Exit;
use super::failure_groups::{FailureGroup, alike};
use super::failures::{is_told, place, stands_at};
use super::lines::short;
use super::op_line::{details, symbol_of};
use super::status_words::counted;
use super::text_style::{TextStyle, duration};
use crate::events::{Action, Event, Problem, Status};
use crate::secret::Redactor;
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

pub(super) fn render(report: &Report, events: &[Event], redactor: &Redactor) -> String {
    let ink = TextStyle::new(redactor).knowing(&report.steps);
    let page = Page { report, ink: &ink };
    let head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        page.title()
    );
    let (timeline, ops) = (timeline::render(report, events, &ink), page.ops());
    // Of a plan, what it would do is asked first; of a run, where its time went.
    let body = if report.mode == Mode::Plan { [ops, timeline] } else { [timeline, ops] };
    let parts = [
        head,
        page.header(),
        "<main>\n".to_owned(),
        page.facts(),
        page.chips(),
        page.failures(),
        body.concat(),
        page.outputs(),
        "</main>\n".to_owned(),
        format!("<footer>Larder {}, run {}</footer>\n", page.show(&report.larder), page.show(&report.run)),
        "</body>\n</html>\n".to_owned(),
    ];
    parts.concat()
}

/// Text that is no markup.
pub(super) fn escaped(shown: &str) -> String {
    let mut out = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A symbol that the word behind it says as well.
fn hidden_symbol(symbol: &str) -> String {
    format!("<span aria-hidden=\"true\">{}</span>", escaped(symbol))
}

struct Page<'a> {
    report: &'a Report,
    ink: &'a TextStyle<'a>,
}

impl Page<'_> {
    fn show(&self, text: &str) -> String {
        escaped(&self.ink.show(text))
    }

    fn message(&self, text: &str) -> String {
        escaped(&self.ink.message(text))
    }

    fn title(&self) -> String {
        let recipe = self.show(self.report.recipe.as_deref().unwrap_or("(no recipe)"));
        let env = self.report.env.as_ref().map(|env| format!(" → {}", self.show(env))).unwrap_or_default();
        let mode = match self.report.mode {
            Mode::Apply => "",
            Mode::Plan => "plan of ",
            Mode::Destroy => "destroy of ",
            Mode::Sweep => "sweep of ",
        };
        format!("{mode}{recipe}{env}")
    }

    fn header(&self) -> String {
        let (word, class) = match self.report.exit {
            0 if self.report.changed => ("done", "good"),
            0 if self.report.differs() => ("changes to make", "news"),
            0 => ("no changes", "good"),
            3 => ("differences", "news"),
            5 => ("outcome unknown", "odd"),
            130 | 143 => ("interrupted", "odd"),
            _ => ("failed", "bad"),
        };
        format!(
            "<header>\n<div>\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n</div>\n<p class=\"badge {class}\">{word}</p>\n</header>\n",
            self.show(&self.report.started_at),
            self.title().replace(" → ", " <small>→</small> "),
        )
    }

    fn facts(&self) -> String {
        let report = self.report;
        let exit = Exit::of_code(report.exit);
        let requests = format!(
            "{}, {}",
            counted(report.requests.reads, "read", "reads"),
            counted(report.requests.writes, "write", "writes")
        );
        let account = report.account.as_ref().map(|id| escaped(&short(&self.ink.show(id))));
        let account = if report.is_local { Some("local".to_owned()) } else { account };
        let facts = [
            ("Environment", report.env.as_ref().map(|env| self.show(env))),
            ("Account", account),
            ("Time", Some(duration(report.ms))),
            ("Requests", Some(requests)),
            ("Retries", (report.requests.retries > 0).then(|| report.requests.retries.to_string())),
            ("Exit code", exit.map(|exit| exit.code().to_string())),
        ];
        let shown = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let cells = shown.fold(String::new(), |mut cells, (name, value)| {
            let _ = writeln!(cells, "<div><dt>{name}</dt><dd>{value}</dd></div>");
            cells
        });
        format!(
            "<section class=\"card\" aria-label=\"The run\"><dl class=\"facts\">\n{cells}</dl></section>\n"
        )
    }

    fn chips(&self) -> String {
        const CLASSES: [&str; 10] = ["good", "odd", "bad", "news", "news", "", "bad", "bad", "odd", ""];
        let named = self.report.summary.named(self.report.speaks_of_future());
        let mut chips = String::new();
        for ((count, word), class) in named.into_iter().zip(CLASSES).filter(|((count, _), _)| *count > 0) {
            let _ = writeln!(chips, "<li class=\"chip {class}\">{count} {word}</li>");
        }
        if chips.is_empty() {
            chips
        } else {
            format!("<ul class=\"chips\" aria-label=\"Counts\">\n{chips}</ul>\n")
        }
    }

    fn failures(&self) -> String {
        let mut list = String::new();
        for group in alike(self.report.ops().filter(|op| is_told(op))) {
            let op = group.first;
            if let Some(problem) = &op.error {
                let subject = format!("{}::{} {}", op.service, op.op, op.resource);
                let at = format!(" <code>{}</code>", escaped(&place(stands_at(op), self.ink)));
                list += &self.failure(&self.show(&subject), problem, &at, group.more(self.ink));
            }
        }
        if let Some(problem) = self.report.error.as_ref().filter(|problem| self.is_news(problem)) {
            list += &self.failure(&self.show(&problem.kind), problem, "", None);
        }
        if list.is_empty() {
            return list;
        }
        format!(
            "<section class=\"card\" aria-labelledby=\"failures\">\n<h2 class=\"bad\" id=\"failures\">Failures</h2>\n{list}</section>\n"
        )
    }

    fn is_news(&self, problem: &Problem) -> bool {
        let mut told = self.report.ops().filter(|op| is_told(op)).filter_map(|op| op.error.as_ref());
        !told.any(|error| error.message == problem.message)
    }

    fn failure(&self, subject: &str, problem: &Problem, at: &str, more: Option<String>) -> String {
        let mut text = format!(
            "<div class=\"failure\">\n<p><strong>{subject}</strong>{at}</p>\n<p>{}</p>\n",
            self.message(&problem.message)
        );
        let code = problem.code.map(|code| format!("code {code}"));
        let ray = problem.ray.as_ref().map(|ray| format!("ray {}", self.show(ray)));
        let answer: Vec<String> = code.into_iter().chain(ray).collect();
        if !answer.is_empty() {
            let _ = writeln!(text, "<p class=\"dim\">{}</p>", answer.join(", "));
        }
        if let Some(more) = more {
            let _ = writeln!(text, "<p>{}</p>", escaped(&more));
        }
        for finding in &problem.findings {
            let at = escaped(&place(&finding.at, self.ink));
            let _ = writeln!(text, "<p><code>{at}</code> {}</p>", self.message(&finding.message));
        }
        if let Some(hint) = &problem.hint {
            let _ = writeln!(text, "<p class=\"dim\">Hint: {}</p>", self.message(hint));
        }
        text + "</div>\n"
    }

    fn ops(&self) -> String {
        let mut bodies = String::new();
        for step in self.report.steps.iter().filter(|step| !step.ops.is_empty()) {
            let name = if step.name.is_empty() { "(outside every step)" } else { &step.name };
            let mut rows = format!(
                "<tr role=\"row\" class=\"group\"><th role=\"rowheader\" scope=\"rowgroup\" colspan=\"4\">{}</th>\
                 <td role=\"cell\" class=\"num\">{}</td></tr>\n",
                self.show(name),
                duration(step.ms)
            );
            let mut unchanged = Vec::new();
            let entries = entries(&step.ops);
            let groups = alike(entries.iter().map(Entry::decisive).filter(|op| is_told(op)));
            for entry in &entries {
                let is_first = |group: &&FailureGroup| std::ptr::eq(group.first, entry.decisive());
                let is_other =
                    |group: &FailureGroup| group.others.iter().any(|op| std::ptr::eq(*op, entry.decisive()));
                if entry.is_unchanged() {
                    unchanged.push(self.show(&entry.op.resource));
                } else if !groups.iter().any(is_other) {
                    rows += &self
                        .entry(entry, groups.iter().find(is_first).and_then(|group| group.more(self.ink)));
                }
            }
            if !unchanged.is_empty() {
                let _ = writeln!(
                    rows,
                    "<tr role=\"row\"><td role=\"cell\" class=\"what dim\">{} unchanged</td>\
                     <td role=\"cell\" colspan=\"4\">{}</td></tr>",
                    hidden_symbol("="),
                    unchanged.join(", ")
                );
            }
            let _ = writeln!(bodies, "<tbody role=\"rowgroup\">\n{rows}</tbody>");
        }
        if bodies.is_empty() {
            return bodies;
        }
        let title = if self.report.speaks_of_future() { "Changes" } else { "Resources" };
        let head = ["outcome", "resource", "details", "place", "time"].map(|name| {
            let class = if name == "time" { " class=\"num\"" } else { "" };
            format!("<th role=\"columnheader\" scope=\"col\"{class}>{name}</th>")
        });
        format!(
            "<section class=\"card\" aria-labelledby=\"resources\">\n<h2 id=\"resources\">{title}</h2>\n\
             <table role=\"table\" class=\"ops\" aria-labelledby=\"resources\">\n\
             <thead role=\"rowgroup\"><tr role=\"row\">{}</tr></thead>\n{bodies}</table>\n</section>\n",
            head.concat()
        )
    }

    fn entry(&self, entry: &Entry, more: Option<String>) -> String {
        let (op, decisive) = (entry.op, entry.decisive());
        let class = match (decisive.status, decisive.action) {
            (Status::Conflict | Status::Failed, _) => "bad",
            (Status::Unknown, _) => "odd",
            (Status::Skipped, _) | (_, Action::None) => "dim",
            (_, Action::Create) => "good",
            (_, Action::Update) => "odd",
            (_, Action::Delete) => "bad",
            (_, Action::Apply | Action::Write) => "news",
        };
        let marks: Vec<String> = op
            .jurisdiction
            .iter()
            .map(|name| self.show(name))
            .chain(op.shared.then(|| "shared".to_owned()))
            .collect();
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        let (detail, mut below) = details(op, self.ink);
        for migrate in &entry.migrations {
            let (more, notes) = details(migrate, self.ink);
            below.extend([vec![more], notes].concat());
        }
        // The failures above have the message.
        let detail = if is_told(op) { String::new() } else { detail };
        let told = entry.ops().filter(|op| is_told(op)).filter_map(|op| op.error.as_ref());
        let told: Vec<String> = told.map(|problem| self.ink.show(&problem.message)).collect();
        let below = below.iter().filter(|note| !note.is_empty() && !told.contains(note)).chain(&more);
        let below = below.fold(String::new(), |list, note| format!("{list}<li>{}</li>", escaped(note)));
        let below = if below.is_empty() { below } else { format!("<ul class=\"notes\">{below}</ul>") };
        format!(
            "<tr role=\"row\"><td role=\"cell\" class=\"what {class}\">{} {}</td>\
             <td role=\"cell\">{} <span class=\"dim\">{}{marks}</span></td>\
             <td role=\"cell\" class=\"mono\">{}{below}</td><td role=\"cell\" class=\"id dim\">{}</td>\
             <td role=\"cell\" class=\"num\">{}</td></tr>\n",
            hidden_symbol(symbol_of(decisive)),
            entry.outcome(),
            self.show(&op.resource),
            self.show(&format!("{}::{}", op.service, op.op)),
            escaped(&detail),
            escaped(&place(stands_at(decisive), self.ink)),
            duration(entry.ms())
        )
    }

    fn outputs(&self) -> String {
        let rows = self.report.outputs.iter().fold(String::new(), |mut rows, (key, value)| {
            let value = escaped(&self.ink.value(value));
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\">{}</th><td class=\"mono\">{value}</td></tr>",
                self.show(key)
            );
            rows
        });
        if rows.is_empty() {
            return rows;
        }
        format!(
            "<section class=\"card\" aria-labelledby=\"outputs\">\n<h2 id=\"outputs\">Outputs</h2>\n\
             <table class=\"outputs\" aria-labelledby=\"outputs\">\n<thead><tr><th scope=\"col\">key</th><th scope=\"col\">value</th></tr></thead>\n\
             <tbody>\n{rows}</tbody></table>\n</section>\n"
        )
    }
}
