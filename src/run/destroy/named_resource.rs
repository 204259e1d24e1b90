//! A resource that a recipe names, and what `destroy` will do with it.
//!
//! **Invariant:** what belongs to nobody else by name, and to this environment by name or by word, goes; all else stays.

use crate::escape::escape;
use crate::events::{Event, OpStarted, Problem};
use crate::op::{Context, Key};
use crate::project::did_you_mean;
use crate::project::wrangler::Worker;
use crate::reconcile::Presence;
use crate::run::bindings::PlannedResource;
use crate::run::claims::Claims;
use crate::script::builtins::fill_names;
use crate::script::run::ScriptRuntime;
use crate::services::{Service, Services};
use crate::system::flag;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;

/// One resource, in the order in which the recipe first named it.
pub struct NamedResource {
    /// How it was named.
    pub op: OpStarted,
    /// What orders ops on it.
    pub key: Key,
    pub service: &'static Service,
    /// The step, by number and title.
    pub step: (u64, String),
    /// What is to become of it.
    pub disposition: Disposition,
    /// Other environments that use the name.
    others: Vec<String>,
    /// What else it could be called by.
    could_be: Vec<String>,
}

/// What happens to a resource.
pub enum Disposition {
    /// It is gone already.
    Gone,
    Goes {
        id: String,
        content: Option<String>,
    },
    Stays(Problem),
}

/// The resources that a recipe has named, each once, and the titles of steps that were left out.
pub fn of_room(room: &ScriptRuntime, events: &[Event]) -> (Vec<NamedResource>, Vec<String>) {
    fill_names(&room.host, &room.engine);
    read(room.services, events, |kind, real| room.host.naming.others(kind, real))
}

fn read(
    services: Services,
    events: &[Event],
    others: impl Fn(&str, &str) -> Vec<String>,
) -> (Vec<NamedResource>, Vec<String>) {
    let mut steps = BTreeMap::new();
    let (mut named, mut skipped): (Vec<NamedResource>, _) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::StepStarted { step, name, .. } => {
                steps.insert(*step, name.clone());
            }
            Event::StepSkipped { name } => skipped.push(name.clone()),
            Event::OpStarted(op) if op.op == "ensure" => {
                let Some(service) = services.named(&op.service) else { continue };
                let key = Key {
                    service: service.name,
                    jurisdiction: op.jurisdiction.clone(),
                    name: op.resource.clone(),
                };
                if named.iter().all(|known| known.key != key) {
                    let title = steps.get(&op.step).cloned().unwrap_or_default();
                    let others = others(&op.service, &op.resource);
                    let step = (op.step, title);
                    let op = OpStarted { shared: !others.is_empty(), ..op.clone() };
                    named.push(NamedResource {
                        op,
                        key,
                        service,
                        step,
                        disposition: Disposition::Gone,
                        others,
                        could_be: Vec::new(),
                    });
                }
            }
            _ => {}
        }
    }
    (named, skipped)
}

/// Names given on the command line.
pub struct Flags<'a> {
    /// `--also`.
    pub also: &'a [String],
    /// `--with-shared`.
    pub with_shared: &'a [String],
}

impl Flags<'_> {
    /// A name that the recipe does not name is a mistake.
    pub fn misnamed(&self, named: &[NamedResource]) -> Option<Problem> {
        let also = self.also.iter().map(|name| (name, "--also"));
        let mut asked = also.chain(self.with_shared.iter().map(|name| (name, "--with-shared")));
        let (name, flag) = asked.find(|(name, _)| named.iter().all(|known| known.key.name != **name))?;
        let near = did_you_mean(name, named.iter().map(|known| known.key.name.as_str()));
        let message = format!("the recipe names no `{name}`, which `{flag}` names");
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        Some(Problem { hint, ..Problem::new("name", message) })
    }
}

/// The possible owners of a name.
pub struct NameOwners<'a> {
    /// What names of this environment carry: the app, the environment, its alias, its Worker's name.
    pub words: Vec<&'a str>,
    /// The Workers of the other environments, by their full names.
    pub other_workers: &'a [(String, Worker)],
    /// What recipes name for other environments and branches.
    pub claims: &'a Claims,
    pub environment: &'a str,
    /// Its branch, where it is one for each.
    pub branch: Option<&'a str>,
}

/// Looks at what branches have left, all at once, and decides: what a Worker of another environment binds stays.
pub fn judge_left(
    named: &mut [NamedResource],
    owners: &NameOwners,
    context: &Arc<Context>,
    runtime: &Handle,
) {
    let names: Vec<String> = named.iter().map(|one| one.key.name.clone()).collect();
    // Their names were held against the templates, which say whose they are.
    let flags = Flags { also: &names, with_shared: &[] };
    judge(named, owners, &flags, context, runtime);
    for one in named {
        if one.op.shared {
            let why = format!("kept: a Worker of {} is bound to it", one.others.join(", "));
            one.disposition = Disposition::Stays(Problem::new("doubtful", why));
            one.op.shared = false;
        }
    }
}

/// Looks at everything, all at once, and decides.
pub fn judge(
    named: &mut [NamedResource],
    owners: &NameOwners,
    flags: &Flags,
    context: &Arc<Context>,
    runtime: &Handle,
) {
    let looks: Vec<_> = named
        .iter()
        .map(|named| {
            let look = named.service.removal.look;
            runtime.spawn(look(context.clone(), named.key.clone()))
        })
        .collect();
    for (named, look) in named.iter_mut().zip(looks) {
        named.disposition = match runtime.block_on(look) {
            Ok(Ok(Presence::Gone)) => Disposition::Gone,
            Ok(Ok(Presence::There { id, content })) => {
                named.claim_by_name(owners);
                named.claim(owners, &id);
                named.stays(owners, flags).map_or(Disposition::Goes { id, content }, Disposition::Stays)
            }
            Ok(Err(failure)) => Disposition::Stays(failure.problem()),
            Err(_) => Disposition::Stays(Problem::new("bug", "it could not be looked at")),
        };
    }
}

impl NamedResource {
    /// Something that a branch has left, which the recipe would make by `op` for another branch.
    pub fn left(op: &OpStarted, key: Key, service: &'static Service) -> Self {
        let (resource, jurisdiction) = (key.name.clone(), key.jurisdiction.clone());
        let op = OpStarted { resource, jurisdiction, shared: false, ..op.clone() };
        let (others, could_be) = (Vec::new(), Vec::new());
        NamedResource {
            op,
            key,
            service,
            step: (0, String::new()),
            disposition: Disposition::Gone,
            others,
            could_be,
        }
    }

    /// What was seen of it, if it may go.
    pub fn seen(&self) -> Option<PlannedResource> {
        let id = match &self.disposition {
            Disposition::Gone => None,
            Disposition::Goes { id, .. } => Some(id.clone()),
            Disposition::Stays(_) => return None,
        };
        Some(PlannedResource { op: self.op.clone(), id, is_seen: true })
    }

    pub fn goes(&self) -> bool {
        matches!(self.disposition, Disposition::Goes { .. })
    }

    /// Adds those whose recipe names it, or could.
    fn claim_by_name(&mut self, owners: &NameOwners) {
        for by in owners.claims.of_key(&self.key) {
            let is_own = by.environment == owners.environment;
            if is_own && by.branch.is_some() && by.branch.as_deref() == owners.branch {
                continue;
            }
            let environment = &by.environment;
            match &by.branch {
                Some(branch) => self.could_be.push(format!("the branch `{branch}` of `{environment}`")),
                None if is_own => self.others.push(format!("the other branches of {environment}")),
                None if self.others.contains(environment) => {}
                None => self.others.push(by.environment),
            }
        }
    }

    /// Adds the environments whose Worker binds it.
    fn claim(&mut self, owners: &NameOwners, id: &str) {
        for (environment, worker) in owners.other_workers {
            let binds = worker.bindings.iter().any(|binding| {
                binding.kind.as_str() == self.key.service
                    && (binding.name.as_deref() == Some(self.key.name.as_str())
                        || binding.id.as_deref() == Some(id))
            });
            if binds && !self.others.contains(environment) {
                self.others.push(environment.clone());
            }
        }
    }

    /// Why it stays, if it does.
    fn stays(&mut self, owners: &NameOwners, flags: &Flags) -> Option<Problem> {
        let name = &self.key.name;
        let is_listed = |names: &[String]| names.contains(name);
        let shared = way("--with-shared", name);
        self.op.shared = !self.others.is_empty();
        if self.op.shared {
            let message = format!("shared with {}: {shared}", self.others.join(", "));
            let hint = format!("{shared} deletes it for all of them");
            return (!is_listed(flags.with_shared)).then(|| Problem::new("shared", message).with_hint(hint));
        }
        if !self.could_be.is_empty() {
            let message = format!("it could be that of {}: {shared}", self.could_be.join(", "));
            let hint = format!("{shared} deletes it, whosever it is");
            return (!is_listed(flags.with_shared)).then(|| Problem::new("shared", message).with_hint(hint));
        }
        if owners.words.iter().any(|word| carries(name, word)) || is_listed(flags.also) {
            return None;
        }
        let way = way("--also", name);
        let message = format!("its name carries neither app nor environment: {way}");
        Some(Problem::new("unclaimed", message).with_hint(format!("{way} deletes it")))
    }
}

/// The flag that takes the name. What a line can't show as it is can't be copied from it.
fn way(name_of_flag: &str, name: &str) -> String {
    if escape(name) == name {
        format!("`{}`", flag(name_of_flag, name))
    } else {
        format!("`{name_of_flag}` with its name (some characters of it can't be shown)")
    }
}

/// Whether a name has that word in it, as a word.
fn carries(name: &str, word: &str) -> bool {
    let (name, word) = (name.to_lowercase(), word.to_lowercase());
    let is_edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    !word.is_empty()
        && name.match_indices(&word).any(|(start, _)| {
            is_edge(name[..start].chars().next_back()) && is_edge(name[start + word.len()..].chars().next())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_carried_whole() {
        assert!(carries("jobmatch-ai-dev-db", "jobmatch-ai"));
        assert!(carries("DEV_SESSIONS", "dev") && carries("dev", "dev") && carries("x.dev", "dev"));
        assert!(!carries("devices", "dev") && !carries("my-devices", "dev") && !carries("SESSIONS", "dev"));
        assert!(!carries("anything", ""));
    }
}
