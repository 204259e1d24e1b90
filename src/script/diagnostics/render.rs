//! A diagnostic as text, in the form compilers have made familiar.

use super::{CallPart, Diagnostic, Severity, Site, Sources};
use crate::escape::wrap::wrapped;
use crate::escape::{clip, escape};
use crate::script::lex::{self, LineColumn};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use std::ops::Range;
use std::sync::Arc;

/// The longest message, in characters: a recipe may throw a text as large as texts may be.
const MESSAGE_CHARS_MAX: usize = 4000;

/// So many facts stand beside a message.
const NOTES_MAX: usize = 20;

/// Whether the text has terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Never,
    /// ANSI escapes.
    Always,
}

/// The bytes of `source` that a message at `place` about `target` is about.
pub fn span(source: &str, place: &Site, target: &CallPart) -> Range<usize> {
    if place.line == 0 {
        return 0..0;
    }
    let offset = lex::offset(source, LineColumn { line: place.line, column: place.column });
    if is_sql(&place.file) {
        let line = source[offset..].lines().next().unwrap_or_default();
        return offset..offset + line.trim_end().len();
    }
    part(source, offset, target).unwrap_or_else(|| {
        // A text that is not closed reaches to the end of the file, whatever that holds.
        let token = lex::token_span(source, offset);
        let length = source[token.clone()].find('\n').unwrap_or(token.len());
        token.start..token.start + length
    })
}

/// Whether it is SQL, where a statement begins at the place and is shown to the end of its line.
fn is_sql(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|ending| ending == "sql")
}

/// The argument, key or value; the nearest thing around it where the call does not spell it out.
fn part(source: &str, offset: usize, target: &CallPart) -> Option<Range<usize>> {
    let (index, path) = match target {
        CallPart::Call => return None,
        CallPart::Arg(index) => (*index, &[][..]),
        CallPart::Key(index, path) | CallPart::Value(index, path) => (*index, path.as_slice()),
    };
    let argument = lex::call_arguments(source, offset)?.into_iter().nth(index)?;
    for length in (1..=path.len()).rev() {
        if let Some((key, value)) = argument.find(&path[..length]) {
            let whole = length == path.len();
            let key_wanted = whole && matches!(target, CallPart::Key(..));
            return Some(if key_wanted { key } else { value.span.clone() });
        }
    }
    Some(argument.span)
}

/// The diagnostic as text, without an end of line at its end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, color: Color) -> String {
    render_within(diagnostic, sources, color, None)
}

/// The same for a terminal of that width: text other than source lines is wrapped between words.
pub fn render_within(
    diagnostic: &Diagnostic,
    sources: &Sources,
    color: Color,
    columns: Option<usize>,
) -> String {
    let shown = RenderedDiagnostic::of(diagnostic, sources, columns);
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    let text = renderer.decor_style(DecorStyle::Ascii).render(&shown.groups()).clone();
    let below =
        diagnostic.below.iter().map(|line| format!("\n    {}", clip(escape(line), MESSAGE_CHARS_MAX)));
    below.fold(text, |text, line| text + line.as_str())
}

/// What is shown, owned, so that the groups can borrow it.
struct RenderedDiagnostic {
    severity: Severity,
    title: String,
    label: String,
    quote: SourceExcerpt,
    notes: Vec<String>,
    helps: Vec<String>,
    frames: Vec<(String, SourceExcerpt)>,
}

/// A place with the text around it.
struct SourceExcerpt {
    path: String,
    place: Site,
    text: Option<Arc<str>>,
    span: Range<usize>,
}

impl SourceExcerpt {
    fn of(place: &Site, target: &CallPart, sources: &Sources) -> Self {
        let text = sources.get(&place.file).filter(|_| place.line > 0);
        let span = text.as_ref().map_or(0..0, |text| span(text, place, target));
        SourceExcerpt { path: escape(&place.file).into_owned(), place: place.clone(), text, span }
    }

    /// The text with the place underlined, or the bare place where the text is not known.
    fn element<'a>(&'a self, label: &'a str) -> Option<Element<'a>> {
        if let Some(text) = &self.text {
            // Only the lines that are shown: the renderer splits all that it is given, for each finding again.
            // What is missing at the end of the file is missing at the end of its last line.
            let last = text.strip_suffix('\n').unwrap_or(text);
            let before = &text[..self.span.start.min(last.len())];
            let begin = before.rfind('\n').map_or(0, |end| end + 1);
            let end = text[self.span.end..].find('\n').map_or(text.len(), |end| self.span.end + end);
            let mut underline = AnnotationKind::Primary.span(self.span.start - begin..self.span.end - begin);
            if !label.is_empty() {
                underline = underline.label(label);
            }
            let quoted = &text[begin..end];
            let without_return = quoted.strip_suffix('\r').filter(|line| begin + line.len() >= self.span.end);
            let line = 1 + text[..begin].matches('\n').count();
            let snippet = Snippet::source(without_return.unwrap_or(quoted)).line_start(line);
            let snippet = snippet.path(self.path.as_str());
            return Some(snippet.annotation(underline).into());
        }
        if self.path.is_empty() {
            return None;
        }
        let origin = Origin::path(self.path.as_str());
        Some(match self.place.line {
            0 => origin.into(),
            line => origin.line(line).char_column(self.place.column).into(),
        })
    }
}

impl RenderedDiagnostic {
    fn of(diagnostic: &Diagnostic, sources: &Sources, columns: Option<usize>) -> Self {
        let visible = |text: &String| clip(escape(text), MESSAGE_CHARS_MAX).into_owned();
        let filled = |text: String, used: usize| match columns {
            // The renderer puts the first word of each line below that of the first.
            Some(columns) => wrapped(&text, columns.saturating_sub(used), 0, 0),
            None => text,
        };
        let lines = diagnostic.frames.iter().map(|frame| frame.at.line).chain([diagnostic.at.line]);
        let margin = lines.max().unwrap_or_default().to_string().len();
        let beside = |text: &String, word: &str| filled(visible(text), margin + " = : ".len() + word.len());
        let more = diagnostic.notes.len().saturating_sub(NOTES_MAX);
        let more = (more > 0).then(|| format!("and {more} more like these"));
        let frames = diagnostic.frames.iter();
        RenderedDiagnostic {
            severity: diagnostic.severity,
            title: filled(visible(&diagnostic.title), "warning: ".len()),
            label: visible(&diagnostic.label),
            quote: SourceExcerpt::of(&diagnostic.at, &diagnostic.target, sources),
            notes: diagnostic
                .notes
                .iter()
                .take(NOTES_MAX)
                .chain(&more)
                .map(|note| beside(note, "note"))
                .collect(),
            helps: diagnostic.helps.iter().map(|help| beside(help, "help")).collect(),
            frames: frames
                .map(|frame| (visible(&frame.what), SourceExcerpt::of(&frame.at, &CallPart::Call, sources)))
                .collect(),
        }
    }

    fn groups(&self) -> Vec<Group<'_>> {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let notes = self.notes.iter().map(|note| Element::from(Level::NOTE.message(note.as_str())));
        let helps = self.helps.iter().map(|help| Element::from(Level::HELP.message(help.as_str())));
        let main = level
            .primary_title(self.title.as_str())
            .elements(self.quote.element(&self.label).into_iter().chain(notes).chain(helps));
        let frames = self
            .frames
            .iter()
            .map(|(what, quote)| Level::NOTE.secondary_title(what.as_str()).elements(quote.element("")));
        std::iter::once(main).chain(frames).collect()
    }
}
