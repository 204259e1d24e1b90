//! The template language of names: text with `{app}`, `{env}`, `{environment}`, `{branch}` and `{name}` in it.
//!
//! **Invariant:** a parsed template always gives a name; there is no escape, since no service allows braces in names.

use super::{Branch, DEFAULT_TEMPLATE, EnvNames};
use crate::project::problem::ProjectProblem;
use crate::project::source::{Sources, Span};
use std::ops::Range;

#[derive(Clone, Debug)]
pub(super) struct Template(Vec<TemplatePart>);

#[derive(Clone, Debug)]
enum TemplatePart {
    Text(String),
    App,
    Env,
    Environment,
    Branch,
    Name,
}

const PLACEHOLDERS: [(&str, TemplatePart); 5] = [
    ("app", TemplatePart::App),
    ("env", TemplatePart::Env),
    ("environment", TemplatePart::Environment),
    ("branch", TemplatePart::Branch),
    ("name", TemplatePart::Name),
];

/// What is wrong with a template, and at which bytes of it.
#[derive(Debug)]
pub(super) struct TemplateError {
    range: Range<usize>,
    kind: TemplateErrorKind,
}

#[derive(Debug)]
enum TemplateErrorKind {
    Placeholder(String),
    Brace(char),
    /// A placeholder as other languages write it, and the name of ours.
    Foreign(String, &'static str),
}

impl Default for Template {
    fn default() -> Self {
        Template::parse(DEFAULT_TEMPLATE).unwrap_or_else(|_| Template(vec![TemplatePart::Name]))
    }
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        if let Some(flaw) = foreign(text) {
            return Err(flaw);
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(brace) = text[at..].find(['{', '}']).map(|offset| at + offset) {
            if brace > at {
                parts.push(TemplatePart::Text(text[at..brace].to_owned()));
            }
            let end = text[brace + 1..].find(['{', '}']).map(|offset| brace + 1 + offset);
            let end = match end {
                Some(end) if text[brace..].starts_with('{') && text[end..].starts_with('}') => end,
                _ => {
                    let kind =
                        TemplateErrorKind::Brace(if text[brace..].starts_with('{') { '{' } else { '}' });
                    return Err(TemplateError { range: brace..brace + 1, kind });
                }
            };
            let word = &text[brace + 1..end];
            match PLACEHOLDERS.into_iter().find(|(name, _)| *name == word) {
                Some((_, part)) => parts.push(part),
                None => {
                    return Err(TemplateError {
                        range: brace..end + 1,
                        kind: TemplateErrorKind::Placeholder(word.to_owned()),
                    });
                }
            }
            at = end + 1;
        }
        if at < text.len() {
            parts.push(TemplatePart::Text(text[at..].to_owned()));
        }
        Ok(Template(parts))
    }

    pub(super) fn has_branch(&self) -> bool {
        self.0.iter().any(|part| matches!(part, TemplatePart::Branch))
    }

    /// The branch for which a logical name is filled in to `real`: there is at most one, since its length is known.
    pub(super) fn branch_of(&self, logical: &str, environment: &EnvNames, real: &str) -> Option<String> {
        let holes = self.0.iter().filter(|part| matches!(part, TemplatePart::Branch)).count();
        let without = EnvNames { branch: Branch::Any, ..environment.clone() };
        let left = real.len().checked_sub(self.fill(logical, &without).len())?;
        let before = self.0.iter().take_while(|part| !matches!(part, TemplatePart::Branch));
        let start = Template(before.cloned().collect()).fill(logical, &without).len();
        let branch = real.get(start..start + left.checked_div(holes)?)?;
        let named = EnvNames { branch: Branch::Named(branch.to_owned()), ..without };
        (Branch::is_plain(branch) && self.fill(logical, &named) == real).then(|| branch.to_owned())
    }

    /// Whether the branch stands apart from what is beside it, in a name that has the app or the environment in it.
    pub(super) fn shows_branch(&self, environment: &EnvNames) -> bool {
        // What stands for other text is a letter here, and the branch is a mark that no name has.
        const MARK: &str = "\0";
        let marked = EnvNames { branch: Branch::Named(MARK.to_owned()), ..environment.clone() };
        let shown = self.fill("n", &marked);
        let pieces: Vec<&str> = shown.split(MARK).collect();
        let is_edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        let is_apart = pieces
            .windows(2)
            .all(|two| is_edge(two[0].chars().next_back()) && is_edge(two[1].chars().next()));
        let whose = |part: &TemplatePart| {
            matches!(part, TemplatePart::App | TemplatePart::Env | TemplatePart::Environment)
        };
        self.has_branch() && is_apart && self.0.iter().any(whose)
    }

    /// Whether the app's name stands in it.
    pub(super) fn has_app(&self, environment: &EnvNames) -> bool {
        self.0.iter().any(|part| match part {
            TemplatePart::App => true,
            TemplatePart::Text(text) => text.contains(&environment.app),
            TemplatePart::Env | TemplatePart::Environment | TemplatePart::Branch | TemplatePart::Name => {
                false
            }
        })
    }

    /// Whether there are words in it beside those of the app, the branch and the logical name.
    pub(super) fn has_own_words(&self) -> bool {
        self.0.iter().any(|part| match part {
            TemplatePart::Text(text) => text.contains(char::is_alphanumeric),
            TemplatePart::Env | TemplatePart::Environment => true,
            TemplatePart::App | TemplatePart::Branch | TemplatePart::Name => false,
        })
    }

    /// Whether some branch and logical name are filled in to `real`.
    pub(super) fn could_give(&self, environment: &EnvNames, real: &str) -> bool {
        let is_open = |part: &TemplatePart| matches!(part, TemplatePart::Branch | TemplatePart::Name);
        let mut pieces = self.0.split(is_open).map(|parts| Template(parts.to_vec()).fill("", environment));
        let Some(mut rest) = pieces.next().and_then(|first| real.strip_prefix(first.as_str())) else {
            return false;
        };
        let mut left = pieces.peekable();
        if left.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(piece) = left.next() {
            let Some(first) = rest.chars().next().map(char::len_utf8) else { return false };
            let open = &rest[first..];
            if left.peek().is_none() {
                return open.ends_with(&piece);
            }
            let Some(at) = open.find(&piece) else { return false };
            rest = &open[at + piece.len()..];
        }
        false
    }

    pub(super) fn fill<'a>(&'a self, logical: &'a str, environment: &'a EnvNames) -> String {
        let text = |part: &'a TemplatePart| match part {
            TemplatePart::Text(text) => text.as_str(),
            TemplatePart::App => &environment.app,
            TemplatePart::Env => &environment.alias,
            TemplatePart::Environment => &environment.name,
            TemplatePart::Branch => environment.branch.name().unwrap_or_default(),
            TemplatePart::Name => logical,
        };
        self.0.iter().map(text).collect()
    }
}

/// `${app}` and `$app`, of which the `$` would stay in every name.
fn foreign(text: &str) -> Option<TemplateError> {
    text.match_indices('$').find_map(|(start, _)| {
        let rest = &text[start + 1..];
        let of = |(name, _): (&'static str, TemplatePart)| {
            let braced = format!("{{{name}}}");
            let length = if rest.starts_with(&braced) { braced.len() } else { name.len() };
            let is_word = word(rest) == name;
            (is_word || length == braced.len()).then_some((name, start..start + 1 + length))
        };
        let (name, range) = PLACEHOLDERS.into_iter().find_map(of)?;
        let kind = TemplateErrorKind::Foreign(text[range.clone()].to_owned(), name);
        Some(TemplateError { range, kind })
    })
}

/// The word with which a text begins.
fn word(text: &str) -> &str {
    let end = text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(text.len());
    &text[..end]
}

impl TemplateError {
    /// The flaw's place in the file; of a string with escapes, the whole string.
    pub(super) fn span(&self, template: &str, string: Span, sources: &Sources) -> Span {
        let source = sources.text(string.source);
        let literal = source.get(string.start..string.end).unwrap_or_default();
        match literal.find(template) {
            Some(offset) => {
                let start = string.start + offset;
                Span { start: start + self.range.start, end: start + self.range.end, ..string }
            }
            None => string,
        }
    }

    pub(super) fn problem(self, kind: &str) -> ProjectProblem {
        let kind = kind.to_owned();
        match self.kind {
            TemplateErrorKind::Foreign(written, name) => {
                ProjectProblem::ForeignPlaceholder { kind, written, name }
            }
            TemplateErrorKind::Brace(brace) => ProjectProblem::UnbalancedBrace { kind, brace },
            TemplateErrorKind::Placeholder(placeholder) => {
                let known = PLACEHOLDERS.iter().map(|(name, _)| (*name).to_owned()).collect();
                ProjectProblem::UnknownPlaceholder { kind, placeholder, known }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(template: &str) -> String {
        let environment = EnvNames {
            app: "shop".into(),
            name: "production".into(),
            alias: "prod".into(),
            is_protected: true,
            branch: crate::project::naming::Branch::Named("pr-7".into()),
            worker: None,
            account_id: None,
        };
        Template::parse(template)
            .map_or_else(|flaw| format!("{:?}", flaw.range), |t| t.fill("DB", &environment))
    }

    #[test]
    fn placeholders_are_filled_and_everything_else_is_kept() {
        assert_eq!(filled("{app}-{env}-{name}"), "shop-prod-DB");
        assert_eq!(filled("{environment}{environment}"), "productionproduction");
        assert_eq!(filled("é{name}é"), "éDBé");
        assert_eq!(filled("plain"), "plain");
        assert_eq!(filled("{app}-{branch}-{name}"), "shop-pr-7-DB");
    }

    #[test]
    fn flaws_stand_where_the_brace_or_the_word_is() {
        assert_eq!(filled("{app}-{nam}"), "6..11");
        assert_eq!(filled("{app"), "0..1");
        assert_eq!(filled("app}"), "3..4");
        assert_eq!(filled("{{app}}"), "0..1");
        assert_eq!(filled("{}"), "0..2");
        assert_eq!(filled("é-${app}-{name}"), "3..9");
        assert_eq!(filled("{app}-$env"), "6..10");
        // Nothing of ours: it stays as it is.
        assert_eq!(filled("$environments$-{name}"), "$environments$-DB");
    }

    proptest! {
        #[test]
        fn a_template_parses_or_its_flaw_lies_in_it(text in "[{}a-zé]{0,20}") {
            if let Err(flaw) = Template::parse(&text) {
                prop_assert!(text.get(flaw.range).is_some());
            }
        }
    }
}
