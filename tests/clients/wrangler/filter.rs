//! What differs from run to run, and what stands in its place; and requests as lines.

use super::super::project;
use larder::local::RecordedExchange;
use regex::{Captures, Regex};
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

static FILTERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        ("\u{1b}\\[[0-9;]*m", ""),
        (r#"Logs were written to ".*""#, r#"Logs were written to "LOG""#),
        (r"\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}\b", "[BOOKMARK]"),
        (r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\b", "[DATE]"),
        (r#"("(?:sql_duration_ms|duration)": )[0-9.]+"#, "${1}0"),
        (r"\b[0-9]+\.[0-9]+ms\b", "[N]ms"),
        (r"formdata-undici-[0-9]+", "[BOUNDARY]"),
        (r"other side closed|read ECONNRESET", "[CLOSED]"),
    ]
    .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
    .into()
});

static INSTANT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|\b)").unwrap()
});

/// A text without what differs from run to run.
pub fn filtered(text: &str, folder: &Path) -> String {
    let text = FILTERS
        .iter()
        .fold(text.to_owned(), |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned());
    // A day that a command line named is no time of this run.
    let instant = |found: &Captures<'_>| {
        if found[0].contains("T00:00:00") { found[0].to_owned() } else { "[DATE]".to_owned() }
    };
    project::filtered(&INSTANT.replace_all(&text, instant), folder)
}

/// A text without blanks at the ends of its lines and empty lines at its ends.
pub fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// Requests as lines: what was asked and with what, below the account, and what was answered.
pub fn requests(sent: &[RecordedExchange], account: &str) -> Vec<String> {
    let lines = sent.iter().map(|one| {
        let answer = match (one.status, one.route) {
            (Some(status), Some(_)) => status.to_string(),
            (Some(status), None) => format!("{status}, for want of a route"),
            (None, _) => "not applied".to_owned(),
        };
        line(&one.method, one.path.trim_start_matches("/client/v4"), &one.query, &one.body, &answer, account)
    });
    in_order(lines.collect())
}

/// One request as a line.
pub fn line(method: &str, path: &str, query: &str, body: &str, answer: &str, account: &str) -> String {
    let path = path.strip_prefix(&format!("/accounts/{account}")).unwrap_or(path);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let body = match serde_json::from_str::<Value>(body) {
        _ if body.is_empty() => String::new(),
        // A question to the analytics; its text is long.
        Ok(json) if path == "/graphql" => format!(" {}", json["variables"]),
        Ok(json @ (Value::Object(_) | Value::Array(_))) => format!(" {json}"),
        _ => format!(" {}", body.escape_debug()),
    };
    format!("{method} {path}{query}{body} -> {answer}")
}

/// wrangler asks who it is with several requests at once; they arrive in any order.
pub fn in_order(mut lines: Vec<String>) -> Vec<String> {
    const AT_ONCE: [&str; 4] = ["GET /user/", "GET /user ", "GET /accounts?", "GET /memberships?"];
    let at_once = |line: &String| AT_ONCE.iter().any(|start| line.starts_with(start));
    for group in lines.chunk_by_mut(|one, next| at_once(one) && at_once(next)) {
        if at_once(&group[0]) {
            group.sort();
        }
    }
    lines
}
