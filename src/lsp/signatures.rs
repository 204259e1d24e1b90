//! Signature help for the call that is being written.

use super::text_position::TextPosition;
use crate::script::complete::{SessionScope, call_around};
use lsp_types::{
    Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp,
    SignatureInformation,
};

/// All forms of the call around a place; the active one takes as many arguments as there are.
pub(super) fn help(at: &TextPosition<'_>) -> Option<SignatureHelp> {
    let before = at.before();
    let slot = call_around(before)?;
    let left = SessionScope::of_file(at.text(), at.byte);
    let name = at.project.name_of(at.document);
    let found = at.project.completion(&name, &left, |on| on.signatures(before, &slot))??;
    let params: Vec<Vec<&str>> = found.forms.iter().map(|form| params(form)).collect();
    let active =
        params.iter().position(|params| params.len() > slot.argument).unwrap_or(params.len().checked_sub(1)?);
    let argument = u32::try_from(slot.argument).ok();
    let meaning = |param: &str| {
        let name = param.trim_start_matches('[').split([':', ']']).next().unwrap_or(param);
        found.params.iter().find(|(known, _)| *known == name).map(|(_, meaning)| (*meaning).to_owned())
    };
    let information = |(form, params): (&String, &Vec<&str>)| {
        let parameter = |param: &&str| ParameterInformation {
            label: ParameterLabel::Simple((*param).to_owned()),
            documentation: meaning(param).map(Documentation::String),
        };
        let summary = MarkupContent { kind: MarkupKind::Markdown, value: found.summary.clone() };
        SignatureInformation {
            label: form.clone(),
            documentation: Some(Documentation::MarkupContent(summary)).filter(|_| !found.summary.is_empty()),
            parameters: Some(params.iter().map(parameter).collect()),
            active_parameter: argument,
        }
    };
    Some(SignatureHelp {
        signatures: found.forms.iter().zip(&params).map(information).collect(),
        active_signature: u32::try_from(active).ok(),
        active_parameter: argument,
    })
}

/// The parameters of a form, each as it stands there.
fn params(form: &str) -> Vec<&str> {
    let Some((_, inside)) = form.split_once('(') else { return Vec::new() };
    let inside = inside.split_once(") ->").map_or_else(|| inside.trim_end_matches(')'), |(inside, _)| inside);
    inside.split(", ").filter(|param| !param.is_empty()).collect()
}
