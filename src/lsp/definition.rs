//! Go to definition: in this file, in an imported file, in the project file, or a file itself.

use super::config_path;
use super::hover::token_at;
use super::lines::Lines;
use super::text_position::TextPosition;
use crate::events::Site;
use crate::project::private_files::is_kept_apart;
use crate::script::complete::{CursorContext, path_start, place};
use crate::script::lex::{self, LineColumn, Token, TokenKind};
use crate::script::outline::Outline;
use crate::system::files;
use lsp_types::{Location, Range};
use std::path::{Path, PathBuf};

/// A place, if it is one that an editor can show: the standard library is a part of the program.
pub(super) fn definition(at: &TextPosition<'_>) -> Option<Location> {
    let source = at.text();
    let tokens = lex::code(source);
    let index = token_at(&tokens, at.byte)?;
    let outline = Outline::of(source);
    if tokens[index].kind != TokenKind::Word {
        return of_text(at, &outline, &tokens[index]);
    }
    let word = tokens[index].text(source);
    let before = &source[..tokens[index].span.end];
    match place(before) {
        CursorContext::Member { receiver, .. } => {
            let whole = &source[receiver.start..tokens[index].span.end];
            return in_project_file(at, &config_path::place(&at.project, whole)?);
        }
        // A key of a map that is written out; of `steps`, the step that the project file names.
        CursorContext::Key { slot, .. } if slot.callee.name == "steps" => return step(at, word),
        CursorContext::Key { .. } => return None,
        _ => {}
    }
    let first = tokens[path_start(source, &tokens, index)].span.start;
    let name: String = source[first..tokens[index].span.end].split_whitespace().collect();
    if let Some(site) = config_path::place(&at.project, &name) {
        return in_project_file(at, &site);
    }
    let here =
        |span: &std::ops::Range<usize>| Location::new(at.document.uri.clone(), at.lines.range(span.clone()));
    if let Some((module, last)) = name.split_once("::") {
        if module == "global" {
            return outline.constant(last).map(|found| here(&found.at));
        }
        return in_import(at, &outline.import(module)?.path, Some(last));
    }
    if let Some(import) = outline.import(word) {
        return in_import(at, &import.path, None);
    }
    let found = outline.name_at(word, tokens[index].span.start).map(|found| &found.at);
    found.or_else(|| outline.function(word).map(|found| &found.at)).map(here)
}

/// The file of an import, or what it declares under a name.
fn in_import(at: &TextPosition<'_>, path: &str, name: Option<&str>) -> Option<Location> {
    let source = at.project.name_of(at.document);
    let (file, text) = at.project.room(&source)?.resolver.read(Some(&source), path).ok()?;
    let uri = at.documents.uri_of(&at.project.path_of(&file)?)?;
    let Some(name) = name else { return Some(Location::new(uri, Range::default())) };
    let outline = Outline::of(&text);
    let found = outline.function(name).map(|found| &found.at);
    let span = found.or_else(|| outline.constant(name).map(|found| &found.at))?;
    Some(Location::new(uri, Lines::of(&text, at.units).range(span.clone())))
}

/// What a text names: an import, a logical name, a file or a folder.
fn of_text(at: &TextPosition<'_>, outline: &Outline, token: &Token) -> Option<Location> {
    if let Some(import) = outline.imports.iter().find(|import| import.at == token.span) {
        return in_import(at, &import.path, None);
    }
    let source = at.text();
    let text = token.text(source).trim_matches(['"', '`']);
    // As it stands while it is written.
    let CursorContext::Text { slot: Some(slot), .. } = place(&source[..token.span.end.checked_sub(1)?])
    else {
        return None;
    };
    if matches!(slot.callee.name.as_str(), "name" | "bound") && slot.argument == 1 {
        let kind = lex::call_arguments(source, slot.begin.checked_sub(2)?)?.first()?.span.clone();
        let kind = source[kind].trim_matches(['"', '`']);
        let mut all = at.project.environments().iter();
        let site = all.find_map(|selected| selected.config.declared_at(kind, text, &[]))?;
        return in_project_file(at, &site);
    }
    file(at, text)
}

/// A file of the project; of a folder, the first one in it.
pub(super) fn file(at: &TextPosition<'_>, path: &str) -> Option<Location> {
    let root = &at.project.root;
    let found = files::canonical(&root.join(path.trim_start_matches('/'))).ok()?;
    let inside = found.strip_prefix(root).ok().filter(|inside| !is_kept_apart(inside))?;
    let path = if files::is_regular_file(&found) { found.clone() } else { first_in(&found, inside)? };
    Some(Location::new(at.documents.uri_of(&path)?, Range::default()))
}

fn first_in(folder: &Path, inside: &Path) -> Option<PathBuf> {
    if inside.as_os_str().is_empty() {
        return None;
    }
    let mut names: Vec<String> = files::entries(folder).ok()?.into_iter().map(|(name, _)| name).collect();
    names.sort();
    names.iter().map(|name| folder.join(name)).find(|path| files::is_regular_file(path))
}

/// A step of the order in the project file; else where the text itself begins it.
fn step(at: &TextPosition<'_>, name: &str) -> Option<Location> {
    let site = at.project.environments().iter().find_map(|selected| selected.config.step_at(name))?;
    in_project_file(at, &site)
}

fn in_project_file(at: &TextPosition<'_>, site: &Site) -> Option<Location> {
    let path = at.project.path_of(&site.file)?;
    let text = at.project.place.text_of(&site.file, &at.project.root).ok();
    let open = at.documents.all().find(|document| document.path.as_deref() == Some(&path));
    let text = open.map(|document| document.text.to_string()).or(text)?;
    let byte = lex::offset(&text, LineColumn { line: site.line, column: site.column });
    let place = Lines::of(&text, at.units).place(byte);
    Some(Location::new(at.documents.uri_of(&path)?, Range::new(place, place)))
}
