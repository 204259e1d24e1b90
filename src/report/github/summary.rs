//! The page of a step: what ran where, each service by what became of it, changes, migrations, failures, timing.
//!
//! **Invariant:** nothing from outside reaches the page but through [`Ink`] and [`text`].

use super::annotations::is_news;
use super::markdown::{table, text};
use crate::events::{Action, Status, StepStatus};
use crate::report::document::{Mode, Op, Report, Summary};
use crate::report::exit::Exit;
use crate::report::failures::{is_told, place};
use crate::report::ink::{Ink, duration};
use crate::report::lines::{counted, counts};
use crate::report::op_line::{details, outcome};
use crate::system::Environment;
use std::fmt::Write as _;

/// Below the runner's limit of 1 MiB.
const BYTES_MAX: usize = 900 * 1024;

/// What started the job.
#[derive(Clone, Default)]
pub(super) struct Trigger {
    branch: Option<String>,
    commit: Option<String>,
    /// The repository's address, if it is one that can be linked to.
    repository: Option<String>,
}

impl Trigger {
    /// As the runner tells it.
    pub(super) fn of(environment: &Environment) -> Trigger {
        let get = |key| environment.get(key).map(str::to_owned);
        let is_address = |server: &str, name: &str| {
            let plain = |text: &str, more: &str| {
                text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || more.contains(c))
            };
            server.strip_prefix("https://").is_some_and(|host| plain(host, ":"))
                && plain(name, "_/")
                && name.matches('/').count() == 1
        };
        let server = environment.get("GITHUB_SERVER_URL");
        let repository = server.zip(environment.get("GITHUB_REPOSITORY"));
        Trigger {
            branch: get("GITHUB_HEAD_REF").or(get("GITHUB_REF_NAME")),
            commit: get("GITHUB_SHA").filter(|sha| sha.chars().all(|c| c.is_ascii_hexdigit())),
            repository: repository
                .filter(|(server, name)| is_address(server, name))
                .map(|(server, name)| format!("{server}/{name}")),
        }
    }

    fn commit(&self) -> Option<String> {
        let sha = self.commit.as_ref()?;
        let short = sha.get(..7).unwrap_or(sha);
        Some(match &self.repository {
            Some(repository) => format!("[{short}]({repository}/commit/{sha})"),
            None => short.to_owned(),
        })
    }
}

/// The page; ends with a line's end.
pub(super) fn render(report: &Report, trigger: &Trigger, ink: &Ink) -> String {
    let page = Page { report, ink };
    let parts = [
        page.title(),
        page.facts(trigger),
        page.services(),
        page.changes(),
        page.migrations(),
        page.failures(),
        page.warnings(),
        page.outputs(),
        page.steps(),
    ];
    truncated(parts.concat())
}

struct Page<'a> {
    report: &'a Report,
    ink: &'a Ink<'a>,
}

impl Page<'_> {
    fn show(&self, shown: &str) -> String {
        text(&self.ink.show(shown))
    }

    fn message(&self, shown: &str) -> String {
        text(&self.ink.message(shown))
    }

    fn title(&self) -> String {
        let Report { recipe, env, mode, .. } = self.report;
        let recipe = self.show(recipe.as_deref().unwrap_or("(no recipe)"));
        let env = env.as_ref().map(|env| format!(" → {}", self.show(env))).unwrap_or_default();
        let mode = match mode {
            Mode::Apply => "",
            Mode::Plan => "plan of ",
            Mode::Destroy => "destroy of ",
        };
        let end = match self.report.exit {
            0 if self.report.changed => "done",
            0 if self.report.differs() => "changes",
            0 => "no changes",
            3 => "differences",
            5 => "outcome unknown",
            130 | 143 => "interrupted",
            _ => "failed",
        };
        format!("## Larder: {mode}{recipe}{env}: {end}\n\n")
    }

    fn facts(&self, trigger: &Trigger) -> String {
        let report = self.report;
        let exit = Exit::ALL.into_iter().find(|exit| exit.code() == report.exit);
        let retries = match report.requests.retries {
            0 => String::new(),
            count => format!(", {}", counted(count, "retry", "retries")),
        };
        let requests = format!(
            "{}, {}{retries}",
            counted(report.requests.reads, "read", "reads"),
            counted(report.requests.writes, "write", "writes")
        );
        let rows: Vec<Vec<String>> = [
            ("Environment", report.env.as_ref().map(|env| self.show(env))),
            ("Branch", trigger.branch.as_ref().map(|branch| self.show(branch))),
            ("Commit", trigger.commit()),
            ("Result", Some(text(&counts(report)))),
            ("Time", Some(format!("{} ({requests})", duration(report.ms)))),
            ("Exit", exit.map(|exit| format!("{}: {}", exit.code(), text(exit.meaning())))),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(vec![name.to_owned(), value?]))
        .collect();
        table(&["", ""], &rows)
    }

    /// One row for each service, one column for each thing that happened.
    fn services(&self) -> String {
        let mut services: Vec<&str> = Vec::new();
        for op in self.report.ops() {
            if !services.contains(&op.service.as_str()) {
                services.push(&op.service);
            }
        }
        let all = self.report.summary.named(self.report.speaks_of_future());
        let used: Vec<usize> = (0..all.len()).filter(|index| all[*index].0 > 0).collect();
        let rows: Vec<Vec<String>> = services
            .into_iter()
            .map(|service| {
                let ops = self.report.ops().filter(|op| op.service == service);
                let counts = Summary::of(ops).named(false);
                let cells = used.iter().map(|index| match counts[*index].0 {
                    0 => String::new(),
                    count => count.to_string(),
                });
                std::iter::once(self.show(service)).chain(cells).collect()
            })
            .collect();
        let head: Vec<&str> =
            std::iter::once("service").chain(used.iter().map(|index| all[*index].1)).collect();
        section("Services", &table(&head, &rows))
    }

    /// What is or would be different.
    fn changes(&self) -> String {
        let is_news =
            |op: &&Op| op.action != Action::None || !matches!(op.status, Status::Done | Status::Planned);
        let rows: Vec<Vec<String>> = self
            .report
            .ops()
            .filter(is_news)
            .map(|op| {
                let (detail, below) = details(op, self.ink);
                // Migrations have a section of their own, and so have failures.
                let below = if op.action == Action::Apply || op.error.is_some() { Vec::new() } else { below };
                let detail: Vec<String> = std::iter::once(detail).chain(below).collect();
                let detail = detail.iter().filter(|line| !line.is_empty()).map(|line| text(line));
                vec![
                    outcome(op).to_owned(),
                    self.show(&format!("{}::{}", op.service, op.op)),
                    self.show(&op.resource) + if op.shared { " (shared)" } else { "" },
                    detail.collect::<Vec<_>>().join("; "),
                ]
            })
            .collect();
        section("Changes", &table(&["", "op", "resource", "details"], &rows))
    }

    fn migrations(&self) -> String {
        let mut list = String::new();
        for op in self.report.ops().filter(|op| op.action == Action::Apply) {
            for note in &op.notes {
                let _ = writeln!(list, "- {}: {}", self.show(&op.resource), self.message(note));
            }
        }
        section("Migrations", &list)
    }

    fn failures(&self) -> String {
        let mut list = String::new();
        for op in self.report.ops().filter(|op| is_told(op)) {
            let Some(problem) = &op.error else { continue };
            let subject = self.show(&format!("{}::{} {}", op.service, op.op, op.resource));
            let _ = writeln!(list, "- **{subject}**: {}", self.message(&problem.message));
            let _ = writeln!(list, "  - at {}", text(&place(&op.at, self.ink)));
            for finding in &problem.findings {
                let at = text(&place(&finding.at, self.ink));
                let _ = writeln!(list, "  - at {at}: {}", self.message(&finding.message));
            }
            if let Some(hint) = &problem.hint {
                let _ = writeln!(list, "  - hint: {}", self.message(hint));
            }
        }
        let Some(problem) = &self.report.error else { return section("Failures", &list) };
        let whole = [(None, &problem.message, &problem.hint)];
        let each =
            problem.findings.iter().map(|finding| (Some(&finding.at), &finding.message, &finding.hint));
        let each: Vec<_> =
            if problem.findings.is_empty() { whole.into_iter().collect() } else { each.collect() };
        for (at, message, hint) in each.into_iter().filter(|(_, message, _)| is_news(self.report, message)) {
            let _ = writeln!(list, "- **{}**: {}", self.show(&problem.kind), self.message(message));
            if let Some(at) = at {
                let _ = writeln!(list, "  - at {}", text(&place(at, self.ink)));
            }
            if let Some(hint) = hint {
                let _ = writeln!(list, "  - hint: {}", self.message(hint));
            }
        }
        section("Failures", &list)
    }

    fn warnings(&self) -> String {
        let mut list = String::new();
        for odd in &self.report.warnings {
            let _ = writeln!(list, "- Odd: {}", self.message(&odd.message));
        }
        section("Warnings", &list)
    }

    fn outputs(&self) -> String {
        let outputs = self.report.outputs.iter();
        let rows: Vec<Vec<String>> =
            outputs.map(|(key, value)| vec![self.show(key), text(&self.ink.value(value))]).collect();
        section("Outputs", &table(&["output", "value"], &rows))
    }

    fn steps(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .report
            .steps
            .iter()
            .map(|step| {
                let name = if step.name.is_empty() { "(outside every step)" } else { &step.name };
                let status = match step.status {
                    StepStatus::Ok => "ok",
                    StepStatus::Failed => "failed",
                    StepStatus::Skipped => "skipped",
                    StepStatus::Interrupted => "interrupted",
                };
                vec![self.show(name), status.to_owned(), step.ops.len().to_string(), duration(step.ms)]
            })
            .collect();
        section("Timing", &table(&["step", "status", "ops", "time"], &rows))
    }
}

/// A part under its title; nothing if there is nothing in it.
fn section(title: &str, body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("### {title}\n\n{}\n\n", body.trim_end()) }
}

/// At most [`BYTES_MAX`], cut between lines.
fn truncated(page: String) -> String {
    if page.len() <= BYTES_MAX {
        return page;
    }
    let end = page.char_indices().map(|(at, _)| at).take_while(|at| *at <= BYTES_MAX).last().unwrap_or(0);
    let end = page[..end].rfind('\n').map_or(0, |at| at + 1);
    let lines = page[end..].lines().count();
    format!("{}\n{lines} more lines are left out here: the report has them\n", &page[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::secret::Redactor;

    #[test]
    fn a_long_page_is_cut_between_lines_and_says_so() {
        let ops = (0..20_000).map(|_| sample::op(Action::Create, Status::Done)).collect();
        let redactor = Redactor::default();
        let page = render(&sample::report_of(ops), &Trigger::default(), &Ink::new(&redactor));
        assert!((BYTES_MAX - 1000..BYTES_MAX + 1000).contains(&page.len()), "{}", page.len());
        let last: Vec<&str> = page.lines().rev().take(3).collect();
        assert!(last[0].ends_with(" more lines are left out here: the report has them"), "{last:?}");
        assert!(last[2].starts_with("| created | ") && last[2].ends_with(" |"), "{last:?}");
    }

    #[test]
    fn a_commit_is_linked_only_where_the_address_is_plain() {
        let commit = |server: &str, repository: &str, sha: &str| {
            let pairs =
                [("GITHUB_SERVER_URL", server), ("GITHUB_REPOSITORY", repository), ("GITHUB_SHA", sha)];
            Trigger::of(&pairs.into_iter().collect()).commit()
        };
        let sha = "0123456789abcdef";
        let link = "[0123456](https://ghe.example.com/a/b.c/commit/0123456789abcdef)";
        assert_eq!(commit("https://ghe.example.com", "a/b.c", sha).unwrap(), link);
        for (server, repository) in
            [("http://x", "a/b"), ("https://x/y", "a/b"), ("https://x", "a"), ("https://x", "a/b)")]
        {
            assert_eq!(commit(server, repository, sha).unwrap(), "0123456", "{server} {repository}");
        }
        assert_eq!(commit("https://x", "a/b", "main"), None);
    }
}
