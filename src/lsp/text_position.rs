//! A position in an open document, with its project.

use super::documents::{Document, Documents};
use super::lines::{Lines, Units};
use super::projects::Project;
use std::rc::Rc;

/// A place in a text.
pub(super) struct TextPosition<'a> {
    pub(super) documents: &'a Documents,
    pub(super) document: &'a Document,
    pub(super) project: Rc<Project>,
    pub(super) units: Units,
    pub(super) lines: Lines<'a>,
    pub(super) byte: usize,
}

impl<'a> TextPosition<'a> {
    pub(super) fn text(&self) -> &'a str {
        &self.document.text
    }

    /// The text before the place.
    pub(super) fn before(&self) -> &'a str {
        &self.document.text[..self.byte]
    }
}
