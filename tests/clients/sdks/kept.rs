//! What a client printed, asked and left behind, compared with what is kept. `LARDER_BLESS=1` writes it anew, to be read.

use super::super::project::Project;
use super::super::source_tree::{read, root};
use larder::system::files;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// What differs from run to run beside ids.
static FILTERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z", "[WHEN]"),
        (r"\b[0-9]{10}(\.0)?\b", "[SECOND]"),
        (r#""(duration|sql_duration_ms)": ?[0-9.e-]+"#, "\"$1\": [MS]"),
    ]
    .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
    .into()
});

/// Compares all that a client did with the file of that name.
pub(super) fn compare(project: &Project, name: &str, printed: &str) {
    let text = format!("{printed}{}", asked_and_left(project));
    same_as_kept(&format!("tests/clients/sdks/kept/{name}.txt"), &text);
}

/// What the account was asked, and what it holds.
pub(super) fn asked_and_left(project: &Project) -> String {
    let contents = project.account().contents().unwrap().into_iter();
    let left = contents.map(|(service, resource, content)| {
        let jurisdiction = resource.jurisdiction.unwrap_or_default();
        format!("{service} {} {jurisdiction} {content}\n", resource.name)
    });
    // An account lists some by their ids, which are others in each run.
    let left: BTreeSet<String> = left.collect();
    format!("\nAsked:\n{}\nLeft behind:\n{}", asked(project), String::from_iter(left))
}

/// Compares a text without times with a file of the repository.
pub(super) fn same_as_kept(path: &str, text: &str) {
    let text = filtered(text);
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&root().join(path), text.as_bytes()).unwrap();
    }
    let kept = read(path);
    let differs = kept.lines().zip(text.lines()).find(|(kept, found)| kept != found);
    assert!(
        kept == text,
        "{path} differs, first at (kept, found): {differs:#?}\nLARDER_BLESS=1 writes it anew"
    );
}

/// A text without times.
fn filtered(text: &str) -> String {
    FILTERS
        .iter()
        .fold(text.to_owned(), |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned())
}

/// How often each route was asked, and with which outcome.
fn asked(project: &Project) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for request in project.history().unwrap() {
        let route = request.route.unwrap_or("no route");
        let status = request.status.unwrap_or_default();
        let code = request.code.map(|code| format!(" {code}")).unwrap_or_default();
        *counts.entry(format!("{route} {} {status}{code}", request.method)).or_default() += 1;
    }
    counts.iter().fold(String::new(), |mut text, (request, count)| {
        let _ = writeln!(text, "{request}: {count}");
        text
    })
}
