//! Reads the resources of the account and derives the options of `ensure` for each.

use super::{ImportRequest, environments};
use crate::escape::escape;
use crate::events::Problem;
use crate::op::{Failure, Key, RefusalBasis};
use crate::run::ls::{AccountEntry, AccountReader};
use crate::run::preflight::PreflightEnd;
use crate::run::{Error, Session};
use crate::services::Service;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::fmt;

/// One that is imported.
#[derive(Clone)]
pub(super) struct ImportedResource {
    pub(super) service: &'static Service,
    pub(super) key: Key,
    pub(super) id: String,
    /// What a recipe asks for.
    pub(super) options: Map<String, Json>,
    /// Settings that cannot be expressed, each on one line.
    pub(super) remarks: Vec<String>,
}

/// One that is not.
pub(super) struct SkippedResource {
    pub(super) service: &'static str,
    pub(super) name: String,
    pub(super) why: String,
}

pub(super) struct AccountContent {
    pub(super) things: Vec<ImportedResource>,
    pub(super) left: Vec<SkippedResource>,
}

/// Lists, reads and describes.
pub(super) fn find(
    session: &Session,
    look: &AccountReader,
    request: &ImportRequest,
) -> Result<AccountContent, Error> {
    let (mut rows, refused) = look.listed(session, &request.services);
    if let Some(refused) = refused.into_iter().next() {
        let message = format!("{}: {}", refused.service.name, refused.problem.message);
        let is_denied = refused.problem.kind == Failure::DENIED;
        let way = "nothing is imported by halves: `--only` with the services that the token may read";
        let hint = refused.problem.hint.clone().or_else(|| is_denied.then(|| way.to_owned()));
        return Err(refusal(Problem { message, hint, ..refused.problem }));
    }
    if let Some(glob) = &request.matching {
        rows.retain(|row| glob.is_match(&row.seen.key.name));
    }
    let others = match session.selected {
        None if !request.all => environments::narrow(&mut rows, request)?,
        _ => Vec::new(),
    };
    refuse_twins(&rows)?;
    let rows = look.whole(session, rows).map_err(|failure| Error::failed(session, failure))?;
    let left = others.into_iter().map(|(row, why)| SkippedResource {
        service: row.service.name,
        name: row.seen.key.name,
        why,
    });
    let mut found = AccountContent { things: Vec::new(), left: left.collect() };
    for row in rows {
        match thing(&row).and_then(|thing| found.alone(thing)) {
            Ok(thing) => found.things.push(thing),
            Err(left) => found.left.push(left),
        }
    }
    Ok(found)
}

/// Resources with one name in one namespace cannot be distinguished.
fn refuse_twins(rows: &[AccountEntry]) -> Result<(), Error> {
    let mut seen: BTreeSet<&Key> = BTreeSet::new();
    let Some(twin) = rows.iter().find(|row| !seen.insert(&row.seen.key)) else { return Ok(()) };
    let ids = rows.iter().filter(|row| row.seen.key == twin.seen.key);
    let ids: Vec<String> = ids.map(|row| format!("`{}`", row.seen.id)).collect();
    let (service, name) = (twin.service.name, escape(&twin.seen.key.name));
    let message = format!("{service} has `{name}` more than once, with the ids {}", ids.join(", "));
    let hint = format!(
        "names tell things apart: give all but one another name in the dashboard, or leave {service} out with `--only`"
    );
    Err(refusal(Problem::new("name", message).with_hint(hint)))
}

fn refusal(problem: Problem) -> Error {
    PreflightEnd::Refused(problem, RefusalBasis::Account).into()
}

fn thing(row: &AccountEntry) -> Result<ImportedResource, SkippedResource> {
    let (service, key) = (row.service, row.seen.key.clone());
    let left = |why: String| SkippedResource { service: service.name, name: key.name.clone(), why };
    if let Some(rule) = (service.broken_rule)(&key.name) {
        return Err(left(format!("no recipe can ask for that name: {rule}")));
    }
    let described = (service.browsing.described)(&row.seen);
    let Some(options) = described.options else {
        return Err(left(described.left_out.join("; ")));
    };
    let mut remarks: Vec<String> =
        described.left_out.iter().map(|why| format!("not imported: {}", escape(why))).collect();
    remarks.extend(described.not_returned.iter().map(|option| {
        format!(
            "`{option}` is set and not returned whole: it stays as it is, until a recipe gives it anew, its secrets as \
             `secret::env(\"{}\")`",
            variable(service, &key.name, option)
        )
    }));
    let id = row.seen.id.clone();
    Ok(ImportedResource { service, key, id, options, remarks })
}

/// A name for the environment variable of a secret.
fn variable(service: &Service, name: &str, option: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    [service.name, name, option].join("_").chars().map(plain).collect()
}

impl AccountContent {
    /// A run has each name in one jurisdiction: the first is imported.
    fn alone(&self, thing: ImportedResource) -> Result<ImportedResource, SkippedResource> {
        let Some(first) = self.of(thing.service).find(|first| first.key.name == thing.key.name) else {
            return Ok(thing);
        };
        let place = |key: &Key| format!("`{}`", key.jurisdiction.as_deref().unwrap_or("default"));
        let why = format!(
            "the one in {} is imported, this one is in {}, and a run has each name in one jurisdiction",
            place(&first.key),
            place(&thing.key)
        );
        Err(SkippedResource { service: thing.service.name, name: thing.key.name, why })
    }

    /// How many of each service, in words.
    pub(super) fn counted(&self) -> Vec<String> {
        let words = |service: &'static Service| match self.of(service).count() {
            1 => format!("1 {}", service.resource),
            count => format!("{count} {}", service.resources),
        };
        self.services().into_iter().map(words).collect()
    }

    /// What nothing could read, by service.
    pub(super) fn unread(&self) -> Vec<String> {
        let words = |service: &'static Service| {
            let never = (service.browsing.never_returned)();
            let never: Vec<String> = never.iter().map(|option| format!("`{option}`")).collect();
            let never =
                if never.is_empty() { String::new() } else { format!(" (nor {})", never.join(" and ")) };
            format!("of {}: {}{never}", service.resources, service.holds)
        };
        self.services().into_iter().map(words).collect()
    }

    /// The services of which something is imported.
    pub(super) fn services(&self) -> Vec<&'static Service> {
        let mut services: Vec<&'static Service> = Vec::new();
        for thing in &self.things {
            if services.iter().all(|known| known.name != thing.service.name) {
                services.push(thing.service);
            }
        }
        services
    }

    /// What is imported of a service.
    pub(super) fn of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a ImportedResource> {
        self.things.iter().filter(move |thing| thing.service.name == service.name)
    }
}

impl SkippedResource {
    /// One that a wrangler config does not bind.
    pub(super) fn unbound(thing: &ImportedResource) -> Self {
        let why = "the wrangler config does not bind it".to_owned();
        SkippedResource { service: thing.service.name, name: thing.key.name.clone(), why }
    }
}

impl fmt::Display for SkippedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`: {}", self.service, escape(&self.name), escape(&self.why))
    }
}
