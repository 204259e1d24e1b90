//! The template language of names: text with `{app}`, `{env}`, `{environment}`, `{branch}` and `{name}` in it.
//!
//! **Invariant:** a parsed template always gives a name; there is no escape, since no service allows braces in names.

use super::{Branch, DEFAULT_TEMPLATE, EnvNames};
use crate::project::problem::Problem;
use crate::project::source::{Sources, Span};
use std::ops::Range;

/// A parsed template.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    App,
    Env,
    Environment,
    Branch,
    Name,
}

const PLACEHOLDERS: [(&str, Part); 5] = [
    ("app", Part::App),
    ("env", Part::Env),
    ("environment", Part::Environment),
    ("branch", Part::Branch),
    ("name", Part::Name),
];

/// What is wrong with a template, and at which bytes of it.
#[derive(Debug)]
pub(super) struct Flaw {
    range: Range<usize>,
    kind: FlawKind,
}

#[derive(Debug)]
enum FlawKind {
    Placeholder(String),
    Brace(char),
    /// A placeholder as other languages write it, and the name of ours.
    Foreign(String, &'static str),
}

impl Default for Template {
    fn default() -> Self {
        Template::parse(DEFAULT_TEMPLATE).unwrap_or_else(|_| Template(vec![Part::Name]))
    }
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Flaw> {
        if let Some(flaw) = foreign(text) {
            return Err(flaw);
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(brace) = text[at..].find(['{', '}']).map(|offset| at + offset) {
            if brace > at {
                parts.push(Part::Text(text[at..brace].to_owned()));
            }
            let end = text[brace + 1..].find(['{', '}']).map(|offset| brace + 1 + offset);
            let end = match end {
                Some(end) if text[brace..].starts_with('{') && text[end..].starts_with('}') => end,
                _ => {
                    let kind = FlawKind::Brace(if text[brace..].starts_with('{') { '{' } else { '}' });
                    return Err(Flaw { range: brace..brace + 1, kind });
                }
            };
            let word = &text[brace + 1..end];
            match PLACEHOLDERS.into_iter().find(|(name, _)| *name == word) {
                Some((_, part)) => parts.push(part),
                None => {
                    return Err(Flaw { range: brace..end + 1, kind: FlawKind::Placeholder(word.to_owned()) });
                }
            }
            at = end + 1;
        }
        if at < text.len() {
            parts.push(Part::Text(text[at..].to_owned()));
        }
        Ok(Template(parts))
    }

    pub(super) fn has_branch(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Branch))
    }

    /// The branch for which a logical name is filled in to `real`: there is at most one, since its length is known.
    pub(super) fn branch_of(&self, logical: &str, environment: &EnvNames, real: &str) -> Option<String> {
        let holes = self.0.iter().filter(|part| matches!(part, Part::Branch)).count();
        let without = EnvNames { branch: Branch::Any, ..environment.clone() };
        let left = real.len().checked_sub(self.fill(logical, &without).len())?;
        let before = self.0.iter().take_while(|part| !matches!(part, Part::Branch));
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
        let whose = |part: &Part| matches!(part, Part::App | Part::Env | Part::Environment);
        self.has_branch() && is_apart && self.0.iter().any(whose)
    }

    /// Whether the app's name stands in it.
    pub(super) fn has_app(&self, environment: &EnvNames) -> bool {
        self.0.iter().any(|part| match part {
            Part::App => true,
            Part::Text(text) => text.contains(&environment.app),
            Part::Env | Part::Environment | Part::Branch | Part::Name => false,
        })
    }

    /// Whether there are words in it beside those of the app, the branch and the logical name.
    pub(super) fn has_own_words(&self) -> bool {
        self.0.iter().any(|part| match part {
            Part::Text(text) => text.contains(char::is_alphanumeric),
            Part::Env | Part::Environment => true,
            Part::App | Part::Branch | Part::Name => false,
        })
    }

    /// Whether some branch and logical name are filled in to `real`.
    pub(super) fn could_give(&self, environment: &EnvNames, real: &str) -> bool {
        let is_open = |part: &Part| matches!(part, Part::Branch | Part::Name);
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
        let text = |part: &'a Part| match part {
            Part::Text(text) => text.as_str(),
            Part::App => &environment.app,
            Part::Env => &environment.alias,
            Part::Environment => &environment.name,
            Part::Branch => environment.branch.name().unwrap_or_default(),
            Part::Name => logical,
        };
        self.0.iter().map(text).collect()
    }
}

/// `${app}` and `$app`, of which the `$` would stay in every name.
fn foreign(text: &str) -> Option<Flaw> {
    text.match_indices('$').find_map(|(start, _)| {
        let rest = &text[start + 1..];
        let of = |(name, _): (&'static str, Part)| {
            let braced = format!("{{{name}}}");
            let length = if rest.starts_with(&braced) { braced.len() } else { name.len() };
            let is_word = word(rest) == name;
            (is_word || length == braced.len()).then_some((name, start..start + 1 + length))
        };
        let (name, range) = PLACEHOLDERS.into_iter().find_map(of)?;
        let kind = FlawKind::Foreign(text[range.clone()].to_owned(), name);
        Some(Flaw { range, kind })
    })
}

/// The word with which a text begins.
fn word(text: &str) -> &str {
    let end = text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(text.len());
    &text[..end]
}

impl Flaw {
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

    pub(super) fn problem(self, kind: &str) -> Problem {
        let kind = kind.to_owned();
        match self.kind {
            FlawKind::Foreign(written, name) => Problem::ForeignPlaceholder { kind, written, name },
            FlawKind::Brace(brace) => Problem::UnbalancedBrace { kind, brace },
            FlawKind::Placeholder(placeholder) => {
                let known = PLACEHOLDERS.iter().map(|(name, _)| (*name).to_owned()).collect();
                Problem::UnknownPlaceholder { kind, placeholder, known }
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
