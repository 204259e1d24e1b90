//! The documents that a client has open.

use super::lines::{Lines, Units};
use crate::project::file::PROJECT_FILE;
use crate::system::{Unsaved, files};
use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// A recipe, or a file that recipes import.
    Recipe,
    /// `larder.toml`.
    Project,
}

impl Language {
    /// By the name of the file; of what was never saved, by what the client calls its language.
    fn of(item: &TextDocumentItem, path: Option<&Path>) -> Option<Self> {
        let name = path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        match name {
            Some(name) if name == PROJECT_FILE => Some(Language::Project),
            // Definitions for other tools are no recipe.
            Some(name) if name.ends_with(".d.rhai") => None,
            Some(name) => is_script(Path::new(&name)).then_some(Language::Recipe),
            None => (item.language_id == "rhai").then_some(Language::Recipe),
        }
    }
}

/// Whether it is called as recipes and what they import are.
pub(super) fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rhai")
}

#[derive(Clone)]
pub(super) struct Document {
    /// As the client calls it.
    pub(super) uri: Uri,
    /// Its file, links followed; `None` where it was never saved.
    pub(super) path: Option<PathBuf>,
    pub(super) language: Language,
    pub(super) version: i32,
    pub(super) text: Arc<str>,
}

/// All of them, by what the client calls them.
#[derive(Default)]
pub(super) struct Documents {
    open: BTreeMap<String, Document>,
    /// What imports and the project file are read from.
    pub(super) unsaved: Unsaved,
}

impl Documents {
    /// Notes a text that is opened; one in another language is none of ours.
    pub(super) fn open(&mut self, item: TextDocumentItem) -> Option<&Document> {
        let path = path_of(&item.uri);
        let language = Language::of(&item, path.as_deref())?;
        let text: Arc<str> = item.text.into();
        if let Some(path) = &path {
            self.unsaved.set(path.clone(), text.clone());
        }
        let key = item.uri.as_str().to_owned();
        let document = Document { uri: item.uri, path, language, version: item.version, text };
        self.open.insert(key.clone(), document);
        self.open.get(&key)
    }

    /// Notes changes, one after the other.
    pub(super) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        units: Units,
    ) -> Option<&Document> {
        let document = self.open.get_mut(uri.as_str())?;
        for change in changes {
            let text = match change.range {
                None => change.text,
                Some(range) => {
                    let bytes = Lines::of(&document.text, units).bytes(range);
                    let mut text = document.text.to_string();
                    text.replace_range(bytes, &change.text);
                    text
                }
            };
            document.text = text.into();
        }
        document.version = version;
        if let Some(path) = &document.path {
            self.unsaved.set(path.clone(), document.text.clone());
        }
        Some(document)
    }

    pub(super) fn close(&mut self, uri: &Uri) -> Option<Document> {
        let document = self.open.remove(uri.as_str())?;
        if let Some(path) = &document.path {
            self.unsaved.remove(path);
        }
        Some(document)
    }

    pub(super) fn get(&self, uri: &str) -> Option<&Document> {
        self.open.get(uri)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Document> {
        self.open.values()
    }

    /// As the client calls a file: by the name under which it has opened it, if it has.
    pub(super) fn uri_of(&self, path: &Path) -> Option<Uri> {
        let is_it = |document: &&Document| document.path.as_deref() == Some(path);
        if let Some(document) = self.all().find(is_it) {
            return Some(document.uri.clone());
        }
        Url::from_file_path(path).ok()?.as_str().parse().ok()
    }
}

/// The file that a client means, links followed as far as it is there.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let path = Url::parse(uri.as_str()).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()?;
    if let Ok(path) = files::canonical(&path) {
        return Some(path);
    }
    let folder = path.parent().and_then(|folder| files::canonical(folder).ok());
    Some(folder.zip(path.file_name()).map_or_else(|| path.clone(), |(folder, name)| folder.join(name)))
}
