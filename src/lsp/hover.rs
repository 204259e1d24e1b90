//! Hover texts for the word under the pointer.

use super::config_path;
use super::text_position::TextPosition;
use crate::script::complete::{Callee, Completion, CursorContext, SessionScope, path_start, place};
use crate::script::docs::{Item, ItemKind, card, signature_card};
use crate::script::lex::{self, Token, TokenKind};
use crate::script::outline::{Import, Name, NameKind, Outline};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use std::ops::Range;

/// A card of a function, an option, a property, a variable or a value of the project.
pub(super) fn hover(at: &TextPosition<'_>) -> Option<Hover> {
    let source = at.text();
    let tokens = lex::code(source);
    let index = token_at(&tokens, at.byte)?;
    let span = tokens[index].span.clone();
    let left = SessionScope::of_file(source, at.byte);
    let name = at.project.name_of(at.document);
    let about = HoveredWord { at, source, tokens: &tokens, index };
    let text = at.project.completion(&name, &left, |on| about.card(on))??;
    Some(shown(at, text, span))
}

/// A text beside a range.
pub(super) fn shown(at: &TextPosition<'_>, text: String, span: Range<usize>) -> Hover {
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text });
    Hover { contents, range: Some(at.lines.range(span)) }
}

/// The token at a byte; of two that meet there, the name.
pub(super) fn token_at(tokens: &[Token], byte: usize) -> Option<usize> {
    let touches = |token: &&Token| token.span.start <= byte && byte <= token.span.end;
    let first = tokens.partition_point(|token| token.span.end < byte);
    let found = tokens[first..].iter().take_while(touches).position(|token| token.kind == TokenKind::Word);
    let at = first + found.unwrap_or_default();
    tokens.get(at).filter(touches).map(|_| at)
}

struct HoveredWord<'a> {
    at: &'a TextPosition<'a>,
    source: &'a str,
    tokens: &'a [Token],
    index: usize,
}

impl HoveredWord<'_> {
    fn token(&self) -> &Token {
        &self.tokens[self.index]
    }

    fn word(&self) -> &str {
        self.token().text(self.source)
    }

    /// The text up to the end of the word.
    fn before(&self) -> &str {
        &self.source[..self.token().span.end]
    }

    fn card(&self, on: &Completion<'_>) -> Option<String> {
        if self.token().kind != TokenKind::Word {
            return self.import(on);
        }
        match place(self.before()) {
            CursorContext::Key { slot, .. } => {
                let (options, path) = on.options(self.before(), &slot)?;
                let key = options.into_iter().find(|key| key.name == self.word())?;
                let path = format!("{path}.{}", key.name);
                let item = on.reference.items().find(|item| item.name == path && slot.path.is_empty());
                let required = if key.required { "\nRequired." } else { "" };
                let form = vec![format!("{}: {}", key.name, key.kind)];
                Some(signature_card(&form, item.map_or("", |item| &item.summary)) + required)
            }
            CursorContext::Member { receiver, .. } => self.member(on, receiver),
            _ => self.name(on),
        }
    }

    /// Of the path of an import, the functions of the file.
    fn import(&self, on: &Completion<'_>) -> Option<String> {
        let outline = Outline::of(self.source);
        let import = outline.imports.iter().find(|import| import.at == self.token().span)?;
        let functions = on.functions_of(&import.path);
        let forms: Vec<String> = functions.iter().flat_map(|item| forms_of(item, import)).collect();
        (!forms.is_empty()).then(|| signature_card(&forms, ""))
    }

    fn member(&self, on: &Completion<'_>, receiver: Range<usize>) -> Option<String> {
        let whole = receiver.start..self.token().span.end;
        if let Some(card) = config_path::card(self.at, &self.source[whole]) {
            return Some(card);
        }
        let callee = Callee { name: self.word().to_owned(), receiver: Some(receiver) };
        let kind = on.receiver_kind(self.before(), &callee)?;
        let path = format!("{kind}.{}", self.word());
        if let Some(item) = on.reference.items().find(|item| item.name == path) {
            return Some(card(item));
        }
        let found = on.method(&kind, self.word())?;
        Some(signature_card(&found.forms, &found.summary))
    }

    fn name(&self, on: &Completion<'_>) -> Option<String> {
        let first = self.tokens[path_start(self.source, self.tokens, self.index)].span.start;
        let name: String = self.source[first..self.token().span.end].split_whitespace().collect();
        if let Some(card) = config_path::card(self.at, &name) {
            return Some(card);
        }
        let outline = Outline::of(self.source);
        if let Some((module, last)) = name.split_once("::") {
            if let Some(import) = outline.import(module) {
                let functions = on.functions_of(&import.path);
                let item = functions.iter().find(|item| item.last_name() == last)?;
                return Some(signature_card(&forms_of(item, import), &item.summary));
            }
            if module == "global" {
                return self.variable(on, outline.constant(last)?);
            }
        } else if let Some(found) = outline.name_at(&name, self.token().span.start) {
            return self.variable(on, found);
        } else if let Some(function) = outline.function(&name) {
            return Some(signature_card(&[function.form()], &function.comment));
        }
        let is_module = self.tokens.get(self.index + 1).is_some_and(|next| next.is(self.source, "::"));
        if is_module && let Some(service) = self.at.project.place.services.named(&name) {
            return Some(signature_card(&[format!("{name}::")], service.title));
        }
        // Keys of the project file have names like those of functions.
        if let Some(item) = on.item(&name).filter(|item| item.sort != ItemKind::Key) {
            return Some(card(item));
        }
        let forms = on.known.functions.get(&name)?;
        let forms: Vec<String> = forms.iter().map(|form| format!("{name}{form}")).collect();
        Some(signature_card(&forms, ""))
    }

    /// What a variable is, and of what type as far as that is known.
    fn variable(&self, on: &Completion<'_>, name: &Name) -> Option<String> {
        let span = self.token().span.clone();
        // Where it is declared, what it is at the end of its scope; elsewhere, what it is there.
        let told = if name.at == span {
            let whole = format!("{};\n{}", &self.source[..name.scope.end], name.name);
            let receiver = whole.len() - name.name.len()..whole.len();
            on.told(&whole, receiver)
        } else {
            on.told(self.before(), span)
        };
        let word = match name.kind {
            NameKind::Constant => "const ",
            NameKind::Variable => "let ",
            NameKind::Loop => "for ",
            NameKind::Parameter => "(parameter) ",
            NameKind::Caught => "catch ",
        };
        let kind = told.kind().map(|_| format!(": {}", told.text())).unwrap_or_default();
        Some(signature_card(&[format!("{word}{}{kind}", name.name)], ""))
    }
}

/// How a function of an imported file is called here.
fn forms_of(item: &Item, import: &Import) -> Vec<String> {
    let alias = import.alias.as_ref().map_or(import.path.as_str(), |(alias, _)| alias);
    let form = |form: &String| format!("{alias}{}", form.strip_prefix(&import.path).unwrap_or(form));
    item.forms.iter().map(form).collect()
}
