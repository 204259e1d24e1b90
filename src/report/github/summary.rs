//! The step summary: where the run took place, failures with their hints, and the results by service; the rest is
//! folded.
//!
//! **Invariant:** nothing from outside reaches the page but through [`TextStyle`], and [`text`] or [`code`].

use super::annotations::is_news;
use super::markdown::{code, prose, table, text};
use crate::events::{Action, Site, Status, StepStatus};
use crate::report::document::{Mode, Op, Report};
use crate::report::entry::{Entry, entries};
use crate::report::exit::Exit;
use crate::report::failure_groups::alike;
use crate::report::failures::{is_told, place, standing};
use crate::report::lines::{account, counts, requests};
use crate::report::op_line::changes;
use crate::report::status_words::outcome;
use crate::report::text_style::{TextStyle, duration};
use crate::services::SERVICES;
use crate::system::Environment;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Below the runner's limit of 1 MiB (GH-5).
const BYTES_MAX: usize = 900 * 1024;

/// So many resources of a service with one outcome are named.
const NAMED_MAX: usize = 50;

/// So many findings of one failure are shown.
const FINDINGS_MAX: usize = 10;

/// What ends a folded part.
const FOLDED_END: &str = "</details>";

/// What started the job.
#[derive(Clone, Default)]
pub(super) struct Trigger {
    branch: Option<String>,
    commit: Option<String>,
    /// The repository's address, if it is one that can be linked to.
    repository: Option<String>,
    /// The number of the workflow's run.
    run: Option<String>,
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
            run: get("GITHUB_RUN_ID").filter(|run| run.chars().all(|c| c.is_ascii_digit())),
        }
    }

    /// The address of the job's run.
    pub(super) fn job(&self) -> Option<String> {
        Some(format!("{}/actions/runs/{}", self.repository.as_ref()?, self.run.as_ref()?))
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
pub(super) fn render(report: &Report, trigger: &Trigger, ink: &TextStyle) -> String {
    let page = Page { report, ink };
    let parts = [
        page.title(),
        page.facts(trigger),
        page.failures(),
        page.services(),
        page.warnings(),
        page.ids(),
        page.changes(),
        page.migrations(),
        page.outputs(),
        page.steps(),
    ];
    truncated(parts.concat(), BYTES_MAX)
}

struct Page<'a> {
    report: &'a Report,
    ink: &'a TextStyle<'a>,
}

impl Page<'_> {
    fn show(&self, shown: &str) -> String {
        text(&self.ink.show(shown))
    }

    fn code(&self, shown: &str) -> String {
        code(&self.ink.show(shown))
    }

    fn message(&self, shown: &str) -> String {
        prose(&self.ink.message(shown))
    }

    fn title(&self) -> String {
        let Report { recipe, env, mode, .. } = self.report;
        let of = env.as_deref().or(recipe.as_deref()).unwrap_or("(no recipe)");
        let end = match (self.report.exit, mode) {
            (0, Mode::Apply) => "Infrastructure ready",
            (0 | 3, Mode::Plan) if self.report.differs() => "Infrastructure would change",
            (0, Mode::Plan) if !self.report.complete => "Infrastructure not seen whole",
            (0, Mode::Plan) => "Infrastructure would stay as it is",
            (0, Mode::Destroy) => "Infrastructure removed",
            (0, Mode::Sweep) => "Branches that are gone swept",
            (5, _) => "Outcome unknown",
            (130 | 143, _) => "Interrupted",
            (_, Mode::Apply) => "Infrastructure not ready",
            (_, Mode::Plan) => "Plan failed",
            (_, Mode::Destroy) => "Infrastructure not removed",
            (_, Mode::Sweep) => "Branches that are gone not swept",
        };
        format!("## {end}: {}\n\n", self.code(of))
    }

    fn facts(&self, trigger: &Trigger) -> String {
        let report = self.report;
        let exit = Exit::of_code(report.exit).and_then(Exit::unless_done);
        let account = account(report.account.as_deref(), report.is_local, self.ink);
        let rows: Vec<Vec<String>> = [
            ("Branch", trigger.branch.as_ref().map(|branch| self.code(branch))),
            ("Commit", trigger.commit()),
            ("Recipe", report.recipe.as_ref().map(|recipe| self.code(recipe))),
            ("Account", account.map(|account| text(&account))),
            ("Result", Some(format!("{}, in {}", text(&counts(report)), duration(report.ms)))),
            (
                "Exit",
                exit.map(|exit| {
                    format!(
                        "{}: {}",
                        exit.code(),
                        prose(&format!("{}{}", exit.reason(), standing(report, self.ink)))
                    )
                }),
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(vec![name.to_owned(), value?]))
        .collect();
        table(&["", ""], &rows)
    }

    /// What failed and how to mend it: before everything that went well.
    fn failures(&self) -> String {
        let mut all = String::new();
        for group in alike(self.report.ops().filter(|op| is_told(op))) {
            let op = group.first;
            let Some(problem) = &op.error else { continue };
            let service = format!("{} **{}**", icon(op), text(resources(&op.service)));
            let mut lines = match problem.findings.as_slice() {
                [] => vec![format!("{service}: {}", self.message(&problem.message)), self.at(&op.at)],
                findings => {
                    let what = match findings.first().filter(|_| op.is_migrate()) {
                        Some(first) => {
                            let file = first.at.file.rsplit('/').next().unwrap_or_default();
                            format!("{service}: {} was not applied to {}", self.code(file), self.name(op))
                        }
                        None => format!("{service}: {}", self.message(&problem.message)),
                    };
                    let left = findings.len().saturating_sub(FINDINGS_MAX);
                    let each = findings.iter().take(FINDINGS_MAX).map(|finding| {
                        format!("{}: {}", self.at(&finding.at), self.message(&finding.message))
                    });
                    let more = (left > 0).then(|| format!("and {left} more: the report has them"));
                    std::iter::once(what).chain(each).chain(more).collect()
                }
            };
            lines.extend(group.more(self.ink).map(|more| prose(&more)));
            // What is true now, and the way back.
            lines.extend(op.notes.iter().take(FINDINGS_MAX).map(|note| self.message(note)));
            lines.extend(problem.hint.as_ref().map(|hint| format!("To mend it: {}", self.message(hint))));
            all += &quoted(&lines);
        }
        let Some(problem) = &self.report.error else { return all };
        let whole = [(None, &problem.message, &problem.hint)];
        let each =
            problem.findings.iter().map(|finding| (Some(&finding.at), &finding.message, &finding.hint));
        let each: Vec<_> =
            if problem.findings.is_empty() { whole.into_iter().collect() } else { each.collect() };
        for (at, message, hint) in each.into_iter().filter(|(_, message, _)| is_news(self.report, message)) {
            let mut lines = vec![format!("❌ {}", self.message(message))];
            lines.extend(at.map(|at| self.at(at)));
            lines.extend(hint.as_ref().map(|hint| format!("To mend it: {}", self.message(hint))));
            all += &quoted(&lines);
        }
        all
    }

    fn at(&self, at: &Site) -> String {
        code(&place(at, self.ink))
    }

    /// One line for each service: what became of what, and what it holds.
    fn services(&self) -> String {
        let mut list = String::new();
        let known = SERVICES.iter().map(|service| service.name);
        let mut others: Vec<&str> = self.report.ops().map(|op| op.service.as_str()).collect();
        others.retain(|name| SERVICES.iter().all(|service| service.name != *name));
        others.dedup();
        for service in known.chain(others) {
            let entries = entries(self.report.ops().filter(|op| op.service == service));
            let worst = entries.iter().map(Entry::decisive).find(|op| is_told(op));
            let Some(first) = entries.first() else { continue };
            let sign = icon(worst.unwrap_or(first.decisive()));
            let said = self.outcomes(&entries).join("; ");
            let name = text(resources(service));
            let line = format!("{sign} **{name}** ({}): {said}", distinct(&entries));
            let _ = writeln!(list, "- {}", line.trim_start());
        }
        if list.is_empty() { list } else { list + "\n" }
    }

    /// Each outcome with the names of those that have it, in the order of the first.
    fn outcomes(&self, entries: &[Entry]) -> Vec<String> {
        let mut groups: Vec<(String, Vec<&Entry>)> = Vec::new();
        for entry in entries {
            let outcome = entry.outcome();
            match groups.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, group)) => group.push(entry),
                None => groups.push((outcome, vec![entry])),
            }
        }
        groups
            .into_iter()
            .map(|(outcome, group)| {
                if let [entry] = group.as_slice() {
                    return format!("{outcome}: {}", self.name(entry.op) + self.holds(entry).as_str());
                }
                let names = group.iter().take(NAMED_MAX).map(|entry| self.name(entry.op));
                let more = group.len().saturating_sub(NAMED_MAX);
                let more = (more > 0).then(|| format!("and {more} more"));
                let names: Vec<String> = names.chain(more).collect();
                format!("{} {outcome}: {}", group.len(), names.join(", "))
            })
            .collect()
    }

    fn name(&self, op: &Op) -> String {
        let subject = op.subject.as_ref().map(|subject| format!(" {}", self.code(subject)));
        let marks: Vec<String> = op
            .jurisdiction
            .iter()
            .map(|name| self.show(name))
            .chain(op.shared.then(|| "shared".to_owned()))
            .collect();
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        format!("{}{}{marks}", self.code(&op.resource), subject.unwrap_or_default())
    }

    /// What a resource was asked to be, and where its migrations stand.
    fn holds(&self, entry: &Entry) -> String {
        let op = entry.op;
        let asked = op.foreseen.asked.iter().filter(|(_, value)| !value.is_null());
        let asked = asked.map(|(field, value)| {
            let field = field.trim_start_matches('/').replace('/', ".");
            format!(", {} {}", self.show(&field), text(&self.ink.value(value)))
        });
        let last = entry.ops().filter_map(|op| op.migrations.last()).last();
        let word = if op.status == Status::Planned { "then" } else { "now" };
        let last = last.map(|file| format!(", {word} at {}", self.code(file)));
        asked.chain(last).collect()
    }

    fn warnings(&self) -> String {
        let mut list = String::new();
        for odd in &self.report.warnings {
            let _ = writeln!(list, "- ⚠️ {}", self.message(&odd.message));
        }
        if list.is_empty() { list } else { list + "\n" }
    }

    fn ids(&self) -> String {
        let known = self.report.ops().filter(|op| {
            op.status == Status::Done && op.action != Action::Delete && op.op == "ensure" && op.id.is_some()
        });
        let rows: Vec<Vec<String>> = known
            .map(|op| {
                let id = op.id.as_deref().unwrap_or_default();
                vec![text(resources(&op.service)), self.code(&op.resource), self.code(id)]
            })
            .collect();
        folded("Ids", &table(&["", "resource", "id"], &rows))
    }

    /// Fields that are or would be different.
    fn changes(&self) -> String {
        let mut rows = Vec::new();
        for op in self.report.ops().filter(|op| !op.changes.is_empty()) {
            for line in changes(op, self.ink) {
                rows.push(vec![outcome(op).to_owned(), self.name(op), text(&line)]);
            }
        }
        folded("Fields", &table(&["", "resource", "field"], &rows))
    }

    fn migrations(&self) -> String {
        let mut list = String::new();
        for op in self.report.ops().filter(|op| op.is_migrate()) {
            for note in &op.notes {
                let _ = writeln!(list, "- {}: {}", self.code(&op.resource), self.message(note));
            }
        }
        folded("Schema changes", &list)
    }

    fn outputs(&self) -> String {
        let outputs = self.report.outputs.iter();
        let rows: Vec<Vec<String>> =
            outputs.map(|(key, value)| vec![self.show(key), text(&self.ink.value(value))]).collect();
        folded("Outputs", &table(&["output", "value"], &rows))
    }

    fn steps(&self) -> String {
        let listed = self.report.steps.iter().filter(|step| !step.name.is_empty() || !step.ops.is_empty());
        let mut rows: Vec<Vec<String>> = listed
            .map(|step| {
                let name = if step.name.is_empty() { "(outside every step)" } else { &step.name };
                let status = match step.status {
                    StepStatus::Ok => "ok",
                    StepStatus::Failed => "failed",
                    StepStatus::Skipped => "skipped",
                    StepStatus::Interrupted => "interrupted",
                };
                vec![self.show(name), status.to_owned(), duration(step.ms)]
            })
            .collect();
        let ended = if self.report.complete { "complete" } else { "incomplete" };
        let whole = format!("{} ({})", duration(self.report.ms), requests(self.report));
        rows.push(vec!["the whole run".to_owned(), ended.to_owned(), whole]);
        folded("Timing", &table(&["step", "status", "time"], &rows))
    }
}

/// What a service has, as people call it.
fn resources(service: &str) -> &str {
    let known = SERVICES.iter().find(|known| known.name == service);
    known.map_or("API paths", |service| service.resources)
}

fn icon(op: &Op) -> &'static str {
    match op.status {
        Status::Failed | Status::Conflict => "❌",
        Status::Unknown => "❓",
        Status::Done => "✅",
        Status::Planned | Status::Skipped => "",
    }
}

/// How many resources there are: of several raw writes, one.
fn distinct(entries: &[Entry]) -> usize {
    let names = entries.iter().map(|entry| (&entry.op.resource, &entry.op.jurisdiction));
    names.collect::<BTreeSet<_>>().len()
}

/// Lines that stand out.
fn quoted(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("> {line}\n")).collect();
    lines.join(">\n") + "\n"
}

/// A part that is opened by who wants it; nothing if there is nothing in it.
fn folded(title: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<details><summary>{title}</summary>\n\n{}\n\n{FOLDED_END}\n\n", body.trim_end())
}

/// At most so many bytes, but for the line that says so, cut between lines.
pub(super) fn truncated(page: String, bytes_max: usize) -> String {
    if page.len() <= bytes_max {
        return page;
    }
    let end = page.char_indices().map(|(at, _)| at).take_while(|at| *at <= bytes_max).last().unwrap_or(0);
    let end = page[..end].rfind('\n').map_or(0, |at| at + 1);
    let lines = page[end..].lines().count();
    let page = &page[..end];
    let is_open = page.matches("<details>").count() > page.matches(FOLDED_END).count();
    let close = if is_open { format!("\n{FOLDED_END}\n") } else { String::new() };
    format!("{page}{close}\n{lines} more lines are left out here: the report has them\n")
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
        let page = render(&sample::report_of(ops), &Trigger::default(), &TextStyle::new(&redactor));
        assert!((BYTES_MAX - 1000..BYTES_MAX + 1000).contains(&page.len()), "{}", page.len());
        let last: Vec<&str> = page.lines().rev().take(5).collect();
        assert!(last[0].ends_with(" more lines are left out here: the report has them"), "{last:?}");
        assert_eq!(last[2], "</details>");
        assert!(last[4].starts_with("| KV namespaces | ") && last[4].ends_with(" |"), "{last:?}");
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
