//! Source texts, and positions in them.
//!
//! **Invariant:** a [`Span`] counts bytes of the text without its byte-order mark; only [`Site`] counts as people do.

use crate::events::Site;
use std::sync::Arc;

/// A place in one of the [`Sources`] of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which of the sources.
    pub source: usize,
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// A text value of a file, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedText {
    pub value: String,
    pub at: Site,
}

/// A text and the name under which it is shown.
#[derive(Clone, Debug)]
pub struct Source {
    /// For a file its path as the user would write it.
    pub name: String,
    /// Without a byte-order mark.
    pub text: Arc<str>,
    /// Where each line begins.
    lines: Arc<[usize]>,
}

/// The project file and, after it, each `--set` argument.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    pub fn of(name: &str, text: &str) -> Self {
        let mut sources = Sources::default();
        sources.add(name, text);
        sources
    }

    /// Adds a text and returns its number, the `source` of its spans.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let after = text.match_indices('\n').map(|(newline, _)| newline + 1);
        let lines = std::iter::once(0).chain(after).collect();
        self.0.push(Source { name: name.to_owned(), text: text.into(), lines });
        self.0.len() - 1
    }

    /// The text that `span` lies in.
    pub fn of_span(&self, span: Span) -> Option<&Source> {
        self.0.get(span.source)
    }

    /// The text with this number.
    pub fn text(&self, source: usize) -> Arc<str> {
        self.0.get(source).map_or_else(|| "".into(), |source| Arc::clone(&source.text))
    }

    /// Where `span` begins.
    pub fn location(&self, span: Span) -> Site {
        let Some(source) = self.of_span(span) else {
            return Site { file: String::new(), line: 1, column: 1 };
        };
        let before = source.text.get(..span.start).unwrap_or(&source.text);
        // Found, not counted: every name of a long file is asked for.
        let line = source.lines.partition_point(|begin| *begin <= before.len());
        let begin = line.checked_sub(1).and_then(|index| source.lines.get(index)).copied().unwrap_or(0);
        Site { file: source.name.clone(), line, column: before[begin..].chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_counts_characters_and_not_the_byte_order_mark() {
        let sources = Sources::of("larder.toml", "\u{feff}é = 1\r\nöö = 2");
        let at = |start| sources.location(Span { source: 0, start, end: start }).to_string();
        assert_eq!(at(0), "larder.toml:1:1");
        assert_eq!(at(5), "larder.toml:1:5");
        assert_eq!(at(13), "larder.toml:2:4");
        assert_eq!(at(999), "larder.toml:2:7");
    }
}
