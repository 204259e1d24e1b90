//! Answers requests about a position. A document that is not open gets no answer.

use super::documents::{Documents, Language};
use super::findings::is_too_large;
use super::lines::{Lines, Units};
use super::projects::Projects;
use super::text_position::TextPosition;
use super::{completion, definition, hover, project_file, signatures, symbols};
use crate::script::format;
use lsp_server::ErrorCode;
use lsp_types::request::{
    Completion, DocumentSymbolRequest, Formatting, GotoDefinition, HoverRequest, Request,
    SignatureHelpRequest,
};
use lsp_types::{
    CompletionParams, DocumentFormattingParams, DocumentSymbolParams, GotoDefinitionParams, HoverParams,
    Position, SignatureHelpParams, TextDocumentPositionParams, TextEdit, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// What an answer is made from.
pub(super) struct RequestContext<'a> {
    pub(super) documents: &'a Documents,
    pub(super) projects: &'a mut Projects,
    pub(super) units: Units,
}

/// What is wrong with a request.
type Refusal = (ErrorCode, String);

pub(super) fn answer(asked: RequestContext<'_>, method: &str, params: Json) -> Result<Json, Refusal> {
    match method {
        HoverRequest::METHOD => {
            let HoverParams { text_document_position_params: place, .. } = read(params)?;
            asked.at(&place, |at| match at.document.language {
                Language::Recipe => hover::hover(at),
                Language::Project => project_file::hover(at),
            })
        }
        Completion::METHOD => {
            let CompletionParams { text_document_position: place, .. } = read(params)?;
            asked.at(&place, |at| match at.document.language {
                Language::Recipe => completion::completion(at),
                Language::Project => project_file::completion(at),
            })
        }
        SignatureHelpRequest::METHOD => {
            let SignatureHelpParams { text_document_position_params: place, .. } = read(params)?;
            asked.at(&place, |at| match at.document.language {
                Language::Recipe => signatures::help(at),
                Language::Project => None,
            })
        }
        GotoDefinition::METHOD => {
            let GotoDefinitionParams { text_document_position_params: place, .. } = read(params)?;
            asked.at(&place, |at| match at.document.language {
                Language::Recipe => definition::definition(at),
                Language::Project => project_file::definition(at),
            })
        }
        DocumentSymbolRequest::METHOD => {
            let DocumentSymbolParams { text_document, .. } = read(params)?;
            asked.of(&text_document.uri, Position::default(), |at| {
                Some(match at.document.language {
                    Language::Recipe => symbols::of_recipe(at),
                    Language::Project => symbols::of_project_file(at),
                })
            })
        }
        Formatting::METHOD => {
            let DocumentFormattingParams { text_document, .. } = read(params)?;
            asked.of(&text_document.uri, Position::default(), |at| match at.document.language {
                Language::Recipe => Some(formatted(at)),
                Language::Project => None,
            })
        }
        _ => Err((ErrorCode::MethodNotFound, format!("unknown request: {method}"))),
    }
}

/// The whole text anew where it is not laid out; without an end of something in it, it stays as it is.
fn formatted(at: &TextPosition<'_>) -> Vec<TextEdit> {
    let laid = format::format(at.text());
    let edit = || TextEdit { range: at.lines.range(0..at.text().len()), new_text: laid.clone() };
    if laid == at.text() { Vec::new() } else { vec![edit()] }
}

fn read<T: DeserializeOwned>(params: Json) -> Result<T, Refusal> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

impl RequestContext<'_> {
    fn at<T: Serialize>(
        self,
        place: &TextDocumentPositionParams,
        ask: impl FnOnce(&TextPosition<'_>) -> Option<T>,
    ) -> Result<Json, Refusal> {
        self.of(&place.text_document.uri, place.position, ask)
    }

    fn of<T: Serialize>(
        self,
        uri: &Uri,
        position: Position,
        ask: impl FnOnce(&TextPosition<'_>) -> Option<T>,
    ) -> Result<Json, Refusal> {
        let RequestContext { documents, projects, units } = self;
        let document = documents.get(uri.as_str()).filter(|document| !is_too_large(document));
        let Some(document) = document else { return Ok(Json::Null) };
        let project = projects.of(document);
        let lines = Lines::of(&document.text, units);
        let byte = lines.byte(position);
        let at = TextPosition { documents, document, project, units, lines, byte };
        serde_json::to_value(ask(&at)).map_err(|error| (ErrorCode::InternalError, error.to_string()))
    }
}
