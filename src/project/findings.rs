//! All errors of a file at once, sorted by position and drawn as rustc draws them.
//!
//! **Invariant:** the same finding at the same place is reported once; at most [`SHOWN_MAX`] are drawn, the rest counted.

use super::problem::{ProjectFinding, ProjectProblem};
use super::source::Sources;
use crate::events::Site;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use std::fmt;

/// Drawing costs a pass over the text each; nobody reads more than this.
pub const SHOWN_MAX: usize = 50;

/// What is wrong in a project, with the texts to show it in.
#[derive(Debug)]
pub struct ProjectFindings {
    sources: Sources,
    list: Vec<ProjectFinding>,
}

impl std::error::Error for ProjectFindings {}

impl ProjectFindings {
    /// `Ok` if there is nothing wrong.
    pub fn check(sources: &Sources, mut list: Vec<ProjectFinding>) -> Result<(), ProjectFindings> {
        if list.is_empty() {
            return Ok(());
        }
        list.sort_by_key(|finding| finding.span);
        list.dedup();
        Err(ProjectFindings { sources: sources.clone(), list })
    }

    /// The problems and where they begin, in order of place.
    pub fn iter(&self) -> impl Iterator<Item = (Site, &ProjectProblem)> {
        self.list.iter().map(|finding| (self.sources.location(finding.span), &finding.problem))
    }

    /// The texts in which they stand, by name.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.list.iter().filter_map(|finding| self.sources.of_span(finding.span));
        texts.map(|source| (source.name.as_str(), &*source.text))
    }

    /// Draws all of them; the renderer decides on colour.
    pub fn render(&self, renderer: &Renderer) -> String {
        let mut drawn: Vec<String> =
            self.list.iter().take(SHOWN_MAX).map(|finding| self.draw(finding, renderer)).collect();
        if let Some(more) = self.list.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
            drawn.push(format!("error: {more} more like these"));
        }
        drawn.join("\n\n")
    }

    fn draw(&self, finding: &ProjectFinding, renderer: &Renderer) -> String {
        let title = finding.problem.to_string();
        let mut group = Group::with_title(Level::ERROR.primary_title(title));
        if let Some(source) = self.sources.of_span(finding.span) {
            let end = source.text.len();
            let span = finding.span.start.min(end)..finding.span.end.min(end);
            // What is not understood may be anything: one line of it says where.
            let lines = source
                .text
                .get(span.clone())
                .filter(|_| matches!(finding.problem, ProjectProblem::Syntax { .. }));
            let first = lines.and_then(|text| text.find('\n')).map_or(span.end, |length| span.start + length);
            let span = span.start..first;
            group = group.element(
                Snippet::source(&*source.text)
                    .path(source.name.as_str())
                    .annotation(AnnotationKind::Primary.span(span)),
            );
        }
        if let Some(hint) = finding.problem.hint() {
            group = group.element(Level::HELP.message(normalize_untrusted_str(&hint)));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for ProjectFindings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(&Renderer::plain().decor_style(DecorStyle::Ascii)))
    }
}
