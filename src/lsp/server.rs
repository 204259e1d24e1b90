//! The main loop: applies changes, answers requests, and checks changed files when no request is waiting.

use super::capabilities;
use super::documents::{Documents, path_of};
use super::findings::{self, TextFindings};
use super::lines::Units;
use super::projects::Projects;
use super::published::Published;
use super::requests;
use crate::project::file::PROJECT_FILE;
use crate::services::Services;
use crate::system::Stopwatch;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, DidSaveTextDocument, Exit, Initialized, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{RegisterCapability, Request as _};
use lsp_types::{CancelParams, InitializeParams, NumberOrString, PublishDiagnosticsParams};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long after a change nothing is checked: the next key is expected.
const PAUSE: Duration = Duration::from_millis(120);

pub(super) struct Server<'a> {
    connection: &'a Connection,
    units: Units,
    documents: Documents,
    projects: Projects,
    /// What each open text has led to.
    seen: BTreeMap<String, TextFindings>,
    published: Published,
    /// What came in and was not looked at yet.
    queue: VecDeque<Message>,
    /// The texts that are to be checked, and when the last of them was changed.
    due: BTreeSet<String>,
    changed: Option<Stopwatch>,
    can_watch: bool,
    is_shut_down: bool,
}

impl<'a> Server<'a> {
    /// Agrees with a client on what both can; `None` where it ends before that.
    pub(super) fn begin(connection: &'a Connection, services: Services) -> Option<Self> {
        let (id, params) = connection.initialize_start().ok()?;
        let client: InitializeParams = serde_json::from_value(params).unwrap_or_default();
        let units = capabilities::units(&client);
        connection.sender.send(Response::new_ok(id, capabilities::answer(units)).into()).ok()?;
        let (can_watch, documents) = (capabilities::can_watch(&client), Documents::default());
        let mut projects = Projects::new(services, documents.unsaved.clone());
        let folders = client.workspace_folders.unwrap_or_default();
        projects.folders = folders.iter().filter_map(|folder| path_of(&folder.uri)).collect();
        #[allow(deprecated, reason = "what older clients send")]
        if let Some(root) = client.root_uri.as_ref().filter(|_| projects.folders.is_empty()) {
            projects.folders.extend(path_of(root));
        }
        let server = Server {
            connection,
            units,
            documents,
            projects,
            seen: BTreeMap::new(),
            published: Published::default(),
            queue: VecDeque::new(),
            due: BTreeSet::new(),
            changed: None,
            can_watch,
            is_shut_down: false,
        };
        Some(server)
    }

    /// Serves until the client ends; gives whether it has shut the server down before.
    pub(super) fn run(&mut self) -> bool {
        loop {
            self.queue.extend(self.connection.receiver.try_iter());
            let message = match self.queue.pop_front() {
                Some(message) => Some(message),
                None => match self.pause() {
                    Some(Duration::ZERO) => None,
                    Some(pause) => match self.connection.receiver.recv_timeout(pause) {
                        Ok(message) => Some(message),
                        Err(error) if error.is_timeout() => None,
                        Err(_) => return self.is_shut_down,
                    },
                    None => match self.connection.receiver.recv() {
                        Ok(message) => Some(message),
                        Err(_) => return self.is_shut_down,
                    },
                },
            };
            match message {
                None => self.check_next(),
                Some(Message::Request(request)) => self.answer(request),
                Some(Message::Notification(note)) if note.method == Exit::METHOD => return self.is_shut_down,
                Some(Message::Notification(note)) => drop(guarded(|| self.note(note))),
                Some(Message::Response(_)) => {}
            }
        }
    }

    /// How long to wait until a text is checked; `None` where none is due.
    fn pause(&self) -> Option<Duration> {
        self.due.first()?;
        Some(self.changed.map_or(Duration::ZERO, |changed| PAUSE.saturating_sub(changed.elapsed())))
    }

    fn answer(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let result = if self.is_shut_down {
            Err((ErrorCode::InvalidRequest, "the server is shut down".to_owned()))
        } else if method == "shutdown" {
            self.is_shut_down = true;
            Ok(Json::Null)
        } else if self.is_cancelled(&id) {
            Err((ErrorCode::RequestCanceled, "cancelled".to_owned()))
        } else {
            let answered = guarded(|| requests::answer(self.asked(), &method, params));
            answered
                .unwrap_or_else(|()| Err((ErrorCode::InternalError, format!("a bug in Larder: {method}"))))
        };
        let response = match result {
            Ok(result) => Response { id, response_result: Ok(result) },
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        // Without a reader there is nobody to tell.
        let _ = self.connection.sender.send(response.into());
    }

    fn asked(&mut self) -> requests::RequestContext<'_> {
        requests::RequestContext {
            documents: &self.documents,
            projects: &mut self.projects,
            units: self.units,
        }
    }

    /// Whether the client has taken a request back before it was looked at.
    fn is_cancelled(&self, id: &RequestId) -> bool {
        let of = |params: &Json| {
            let CancelParams { id } = serde_json::from_value(params.clone()).ok()?;
            Some(match id {
                NumberOrString::Number(number) => RequestId::from(number),
                NumberOrString::String(text) => RequestId::from(text),
            })
        };
        let mut notes = self.queue.iter().filter_map(|message| match message {
            Message::Notification(note) if note.method == Cancel::METHOD => of(&note.params),
            _ => None,
        });
        notes.any(|cancelled| cancelled == *id)
    }

    fn note(&mut self, note: Notification) {
        let Notification { method, params } = note;
        match method.as_str() {
            Initialized::METHOD if self.can_watch => {
                let id = RequestId::from("watch".to_owned());
                let request =
                    Request::new(id, RegisterCapability::METHOD.to_owned(), capabilities::watched());
                let _ = self.connection.sender.send(request.into());
            }
            DidOpenTextDocument::METHOD => self.read::<DidOpenTextDocument>(params, |server, params| {
                let Some(document) = server.documents.open(params.text_document) else { return };
                let uri = document.uri.as_str().to_owned();
                server.files_changed();
                server.changed = None;
                server.due.insert(uri);
            }),
            DidChangeTextDocument::METHOD => self.read::<DidChangeTextDocument>(params, |server, params| {
                let (uri, version) = (params.text_document.uri, params.text_document.version);
                let changed = server.documents.change(&uri, version, params.content_changes, server.units);
                if let Some(document) = changed {
                    let document = document.clone();
                    server.changed = Some(Stopwatch::start());
                    server.due.insert(uri.as_str().to_owned());
                    server.text_changed(&document);
                }
            }),
            DidSaveTextDocument::METHOD => {
                self.read::<DidSaveTextDocument>(params, |server, _| server.files_changed());
            }
            DidCloseTextDocument::METHOD => self.read::<DidCloseTextDocument>(params, |server, params| {
                if server.documents.close(&params.text_document.uri).is_none() {
                    return;
                }
                let key = params.text_document.uri.as_str();
                server.due.remove(key);
                server.seen.remove(key);
                server.files_changed();
                server.publish(None);
            }),
            DidChangeWatchedFiles::METHOD => {
                self.read::<DidChangeWatchedFiles>(params, |server, _| server.files_changed());
            }
            DidChangeWorkspaceFolders::METHOD => {
                self.read::<DidChangeWorkspaceFolders>(params, |server, params| {
                    let gone: Vec<_> =
                        params.event.removed.iter().filter_map(|one| path_of(&one.uri)).collect();
                    server.projects.folders.retain(|folder| !gone.contains(folder));
                    server
                        .projects
                        .folders
                        .extend(params.event.added.iter().filter_map(|one| path_of(&one.uri)));
                    server.files_changed();
                });
            }
            _ => {}
        }
    }

    /// What can't be understood is left alone: a notification has no answer.
    fn read<N: lsp_types::notification::Notification>(
        &mut self,
        params: Json,
        then: impl FnOnce(&mut Self, N::Params),
    ) where
        N::Params: DeserializeOwned,
    {
        if let Ok(params) = serde_json::from_value(params) {
            then(self, params);
        }
    }

    /// What was read of files may be out of date, and with it everything that was found.
    fn files_changed(&mut self) {
        self.projects.forget();
        self.due.extend(self.documents.all().map(|document| document.uri.as_str().to_owned()));
    }

    /// A text has changed: so has what rests on it.
    fn text_changed(&mut self, document: &super::documents::Document) {
        let project = self.projects.of(document);
        let name = project.name_of(document);
        if name == PROJECT_FILE {
            return self.files_changed();
        }
        let rest = self.documents.all().filter(|other| self.projects.is_of(other, &project));
        let rest = rest.filter(|other| {
            let seen = self.seen.get(other.uri.as_str());
            seen.is_some_and(|seen| seen.rests_on.contains(&name))
        });
        self.due.extend(rest.map(|other| other.uri.as_str().to_owned()));
    }

    /// Checks one of the texts that are due: between two of them, somebody may ask.
    fn check_next(&mut self) {
        let Some(uri) = self.due.pop_first() else { return };
        let Some(document) = self.documents.get(&uri).cloned() else { return };
        let project = self.projects.of(&document);
        let looked = guarded(|| findings::of(&document, &self.documents, &project, self.units));
        self.seen.insert(uri.clone(), looked.unwrap_or_default());
        self.publish(Some(&uri));
    }

    /// Sends what differs from what was sent; of the text that was checked, always.
    fn publish(&mut self, checked: Option<&str>) {
        for (uri, diagnostics) in self.published.next(&self.seen, checked) {
            let version = self.documents.get(&uri).map(|document| document.version);
            let Ok(uri) = uri.parse() else { continue };
            let params = PublishDiagnosticsParams { uri, diagnostics, version };
            let note = Notification { method: PublishDiagnostics::METHOD.to_owned(), params: json!(params) };
            let _ = self.connection.sender.send(note.into());
        }
    }
}

/// What panics has told so by itself; whoever asked is answered, and the next one, too.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, ()> {
    catch_unwind(AssertUnwindSafe(work)).map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_is_an_error_of_one_request() {
        assert_eq!(guarded(|| -> u8 { panic!("on purpose") }), Err(()));
        assert_eq!(guarded(|| 1), Ok(1));
    }
}
