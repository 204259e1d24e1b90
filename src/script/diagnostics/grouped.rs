//! Groups diagnostics with one cause into one with a count.

use super::{Diagnostic, Severity};

/// Fewer others than this are drawn each by itself: their lines may say more than their number.
const ALIKE_MIN: usize = 3;

/// So many of the others are named.
const NAMED_MAX: usize = 5;

/// The diagnostics in their order; of those that differ in nothing but what they are about, the first, with the number of the
/// others.
pub fn merged(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut groups: Vec<(&Diagnostic, Vec<&Diagnostic>)> = Vec::new();
    for found in diagnostics {
        match groups.iter_mut().find(|(first, _)| are_alike(first, found)) {
            Some((_, others)) => others.push(found),
            None => groups.push((found, Vec::new())),
        }
    }
    let told = |(first, others): (&Diagnostic, Vec<&Diagnostic>)| {
        if others.len() < ALIKE_MIN {
            std::iter::once(first).chain(others).cloned().collect()
        } else {
            vec![with_number(first, &others)]
        }
    };
    groups.into_iter().flat_map(told).collect()
}

/// Where in a file something is wrong is a matter of its own.
fn are_alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    let is_in_file =
        |found: &Diagnostic| found.cause.as_ref().is_some_and(|cause| !cause.findings.is_empty());
    let (Some(this), Some(that)) = (&one.subject, &other.subject) else { return false };
    one.severity == Severity::Error
        && other.severity == Severity::Error
        && !is_in_file(one)
        && !is_in_file(other)
        && unnamed(&one.title, this) == unnamed(&other.title, that)
        && one
            .helps
            .iter()
            .map(|help| unnamed(help, this))
            .eq(other.helps.iter().map(|help| unnamed(help, that)))
}

fn unnamed(text: &str, subject: &str) -> String {
    text.replace(&format!("`{subject}`"), "``")
}

fn with_number(first: &Diagnostic, others: &[&Diagnostic]) -> Diagnostic {
    let names = others.iter().filter_map(|found| found.subject.as_ref());
    let names = names.take(NAMED_MAX).map(|name| format!("`{name}`"));
    let left = others.len().saturating_sub(NAMED_MAX);
    let names: Vec<String> = names.chain((left > 0).then(|| format!("and {left} more"))).collect();
    first.clone().note(format!("the same of {} more: {}", others.len(), names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Site;
    use crate::script::diagnostics::DiagnosticKind;

    fn found(title: &str, subject: Option<&str>) -> Diagnostic {
        let subject = subject.map(str::to_owned);
        Diagnostic { subject, ..Diagnostic::error(DiagnosticKind::Host, Site::default(), title) }
    }

    #[test]
    fn what_differs_in_the_name_alone_is_one() {
        let mut all: Vec<Diagnostic> =
            (0..9).map(|n| found(&format!("can't list `a{n}`: no"), Some(&format!("a{n}")))).collect();
        all.insert(3, found("can't list `b`: other", Some("b")));
        all.push(found("can't list `a0`: no", None));
        let shown: Vec<(String, Vec<String>)> =
            merged(&all).into_iter().map(|found| (found.title, found.notes)).collect();
        let more = "the same of 8 more: `a1`, `a2`, `a3`, `a4`, `a5`, and 3 more".to_owned();
        assert_eq!(
            shown,
            [
                ("can't list `a0`: no".to_owned(), vec![more]),
                ("can't list `b`: other".to_owned(), Vec::new()),
                ("can't list `a0`: no".to_owned(), Vec::new()),
            ]
        );
    }
}
