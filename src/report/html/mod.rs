//! The report as one page that needs nothing beside itself: what ended how, each request on a timeline by step and op,
//! every resource with its details.
//!
//! **Invariant:** nothing from outside reaches the page but through [`Page::show`] and [`escaped`], and the page loads
//! and runs nothing.

mod timeline;

use super::document::{Mode, Report};
use super::entry::{Entry, entries};
use super::exit::Exit;
use super::failures::{is_told, place};
use super::ink::{Ink, duration};
use super::lines::{counted, short};
use super::op_line::{details, symbol_of};
use crate::events::{Action, Event, Problem, Status};
use crate::secret::Redactor;
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(super) fn render(report: &Report, events: &[Event], redactor: &Redactor) -> String {
    let ink = Ink::new(redactor).knowing(&report.steps);
    let page = Page { report, ink: &ink };
    let head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        page.title()
    );
    let parts = [
        head,
        page.header(),
        page.facts(),
        page.chips(),
        page.failures(),
        timeline::render(events, report.ms, &ink),
        page.ops(),
        page.outputs(),
        format!("<footer>Larder {}, run {}</footer>\n", page.show(&report.larder), page.show(&report.run)),
        "</main>\n</body>\n</html>\n".to_owned(),
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

struct Page<'a> {
    report: &'a Report,
    ink: &'a Ink<'a>,
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
        format!("<section class=\"card\"><dl class=\"facts\">\n{cells}</dl></section>\n")
    }

    fn chips(&self) -> String {
        const CLASSES: [&str; 10] = ["good", "odd", "bad", "news", "news", "", "bad", "bad", "odd", ""];
        let named = self.report.summary.named(self.report.speaks_of_future());
        let mut chips = String::new();
        for ((count, word), class) in named.into_iter().zip(CLASSES).filter(|((count, _), _)| *count > 0) {
            let _ = writeln!(chips, "<span class=\"chip {class}\">{count} {word}</span>");
        }
        format!("<div class=\"chips\">\n{chips}</div>\n")
    }

    fn failures(&self) -> String {
        let mut list = String::new();
        for op in self.report.ops().filter(|op| is_told(op)) {
            if let Some(problem) = &op.error {
                let subject = format!("{}::{} {}", op.service, op.op, op.resource);
                let at = format!(" <code>{}</code>", escaped(&place(&op.at, self.ink)));
                list += &self.failure(&self.show(&subject), problem, &at);
            }
        }
        if let Some(problem) = self.report.error.as_ref().filter(|problem| self.is_news(problem)) {
            list += &self.failure(&self.show(&problem.kind), problem, "");
        }
        if list.is_empty() {
            return list;
        }
        format!("<section class=\"card\">\n<h2 class=\"bad\">Failures</h2>\n{list}</section>\n")
    }

    fn is_news(&self, problem: &Problem) -> bool {
        let mut told = self.report.ops().filter(|op| is_told(op)).filter_map(|op| op.error.as_ref());
        !told.any(|error| error.message == problem.message)
    }

    fn failure(&self, subject: &str, problem: &Problem, at: &str) -> String {
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
        let mut rows = String::new();
        for step in self.report.steps.iter().filter(|step| !step.ops.is_empty()) {
            let name = if step.name.is_empty() { "(outside every step)" } else { &step.name };
            let _ = writeln!(
                rows,
                "<tr class=\"group\"><td colspan=\"4\">{}</td><td class=\"num\">{}</td></tr>",
                self.show(name),
                duration(step.ms)
            );
            let mut unchanged = Vec::new();
            for entry in entries(&step.ops) {
                if entry.is_unchanged() {
                    unchanged.push(self.show(&entry.op.resource));
                } else {
                    rows += &self.entry(&entry);
                }
            }
            if !unchanged.is_empty() {
                let _ = writeln!(
                    rows,
                    "<tr><td class=\"what dim\">= unchanged</td><td colspan=\"4\">{}</td></tr>",
                    unchanged.join(", ")
                );
            }
        }
        if rows.is_empty() {
            return rows;
        }
        format!(
            "<section class=\"card\">\n<h2>Resources</h2>\n<div class=\"scroll\"><table>\n\
             <tr><th></th><th>resource</th><th>details</th><th>recipe</th><th></th></tr>\n{rows}</table></div>\n</section>\n"
        )
    }

    fn entry(&self, entry: &Entry) -> String {
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
        let below = below.iter().filter(|note| !note.is_empty() && !told.contains(note));
        let below = below.fold(String::new(), |list, note| format!("{list}<li>{}</li>", escaped(note)));
        let below = if below.is_empty() { below } else { format!("<ul class=\"notes\">{below}</ul>") };
        format!(
            "<tr><td class=\"what {class}\">{} {}</td><td>{} <span class=\"dim\">{}{marks}</span></td>\
             <td class=\"mono\">{}{below}</td><td class=\"id dim\">{}</td><td class=\"num\">{}</td></tr>\n",
            escaped(symbol_of(decisive)),
            entry.outcome(),
            self.show(&op.resource),
            self.show(&format!("{}::{}", op.service, op.op)),
            escaped(&detail),
            escaped(&place(&op.at, self.ink)),
            duration(entry.ops().map(|op| op.ms).sum())
        )
    }

    fn outputs(&self) -> String {
        let rows = self.report.outputs.iter().fold(String::new(), |mut rows, (key, value)| {
            let value = escaped(&self.ink.value(value));
            let _ = writeln!(rows, "<tr><td>{}</td><td class=\"mono\">{value}</td></tr>", self.show(key));
            rows
        });
        if rows.is_empty() {
            return rows;
        }
        format!(
            "<section class=\"card\">\n<h2>Outputs</h2>\n<div class=\"scroll\"><table>\n{rows}</table></div>\n</section>\n"
        )
    }
}
