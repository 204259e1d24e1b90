//! Lists the resources of the account and the environments that name each.
//!
//! **Invariant:** only reads are sent, and no listing twice.

mod document;

use super::claims::{Claims, claims};
use super::{Selected, Session};
use crate::events::{Problem, Recorder};
use crate::op::{Context, Failure, Guard, Mode, RunInfo};
use crate::reconcile::ExistingResource;
use crate::script::run::Recipe;
use crate::services::Service;
use std::sync::Arc;

pub use super::claims::{Environments, NamedBy};
pub use document::{Document, Item, Listed};

/// One that is there.
pub struct AccountEntry {
    pub service: &'static Service,
    /// The entry of the listing.
    pub seen: ExistingResource,
    /// Who names it, by environment.
    pub named_by: Vec<NamedBy>,
    /// Environments of which some branch could name it, where nobody is known to.
    pub could_be: Vec<String>,
}

/// A service that could not be listed.
pub struct UnlistedService {
    pub service: &'static Service,
    pub problem: Problem,
}

/// What is in an account.
pub struct Account {
    /// The services that were looked at.
    pub asked: Vec<&'static Service>,
    /// What is there, in the order of services, name spaces and names.
    pub rows: Vec<AccountEntry>,
    /// What could not be listed.
    pub refused: Vec<UnlistedService>,
    /// What the names rest on, where that is not certain.
    pub notes: Vec<String>,
    /// The environments that were asked for names; `None` where there is no project.
    pub environments: Option<Vec<String>>,
    /// Whether each was asked for all its names.
    pub is_known: bool,
}

/// What is looked at.
pub struct ListRequest<'a> {
    pub services: Vec<&'static Service>,
    /// Those who may name what they have.
    pub environments: &'a Environments,
    /// What they run; `None` where there is no project.
    pub recipe: Option<&'a Recipe>,
}

/// A look at an account.
pub struct AccountReader {
    pub context: Arc<Context>,
    /// The run: what one pass has read, the next need not ask.
    info: RunInfo,
}

impl AccountReader {
    /// Begins it; nothing is sent.
    pub fn begin(session: &Session) -> anyhow::Result<Self> {
        let info = session.info(Guard::default());
        let context = session.context(Mode::Destroy, Arc::new(Recorder::default()), info.clone())?;
        Ok(AccountReader { context, info })
    }

    /// What is there, and who names it.
    pub fn account<'a>(&self, session: &mut Session<'a>, asked: &ListRequest<'a>) -> anyhow::Result<Account> {
        let (mut rows, refused) = self.listed(session, &asked.services);
        let (here, elsewhere) = asked.environments.here(session);
        let mut notes = [&asked.environments.notes[..], &elsewhere].concat();
        let mut environments = None;
        let mut is_known = asked.environments.notes.is_empty();
        if let Some(recipe) = asked.recipe.filter(|_| !here.is_empty()) {
            let found = claims(session, &here, recipe, &self.info)?;
            notes.extend(found.notes.iter().cloned());
            is_known &= found.unasked.is_empty();
            name(&mut rows, &found, &here);
            environments = Some(here.iter().map(|one| one.config.environment.name.clone()).collect());
        }
        let asked = asked.services.clone();
        Ok(Account { asked, rows, refused, notes, environments, is_known })
    }

    /// Everything that these services have, all at once.
    pub(super) fn listed(
        &self,
        session: &Session,
        services: &[&'static Service],
    ) -> (Vec<AccountEntry>, Vec<UnlistedService>) {
        let runtime = session.runtime();
        let listings: Vec<_> = services
            .iter()
            .map(|service| runtime.spawn((service.browsing.all)(self.context.clone())))
            .collect();
        let (mut rows, mut refused) = (Vec::new(), Vec::new());
        for (service, listing) in services.iter().copied().zip(listings) {
            match runtime.block_on(listing) {
                Ok(Ok(mut found)) => {
                    found.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
                    rows.extend(found.into_iter().map(|seen| row(service, seen)));
                }
                Ok(Err(error)) => {
                    let problem = Failure::of_read("the account", error).problem();
                    refused.push(UnlistedService { service, problem });
                }
                Err(_) => {
                    let problem = Problem::new("bug", "the listing broke off");
                    refused.push(UnlistedService { service, problem });
                }
            }
        }
        (rows, refused)
    }

    /// The same rows with all that can be read of each, all at once.
    pub fn whole(&self, session: &Session, rows: Vec<AccountEntry>) -> Result<Vec<AccountEntry>, Failure> {
        let runtime = session.runtime();
        let whole = |row: &AccountEntry| {
            runtime.spawn((row.service.browsing.whole)(self.context.clone(), row.seen.clone()))
        };
        let reads: Vec<_> = rows.iter().map(whole).collect();
        let mut found = Vec::new();
        for (row, read) in rows.into_iter().zip(reads) {
            let read = runtime.block_on(read).map_err(|_| Failure::Bug("the look at it broke off".into()))?;
            let seen = read.map_err(|error| Failure::of_read(&row.seen.key.name, error))?;
            found.push(AccountEntry { seen, ..row });
        }
        Ok(found)
    }
}

fn row(service: &'static Service, seen: ExistingResource) -> AccountEntry {
    AccountEntry { service, seen, named_by: Vec::new(), could_be: Vec::new() }
}

/// Says of each row who names it. What an environment of any branch names by a pattern is what nobody names otherwise.
fn name(rows: &mut [AccountEntry], claims: &Claims, environments: &[&Selected]) {
    for row in &mut *rows {
        row.named_by = claims.exact(row.service, &row.seen);
        if row.named_by.is_empty() {
            row.named_by = claims.branches_of(&row.seen.key);
        }
        if row.named_by.is_empty() {
            let (kind, real) = (row.service.name, &row.seen.key.name);
            let could = environments.iter().filter(|one| {
                let own = one.config.names();
                one.policy.has_branch(kind, &own) && one.policy.could_give(kind, &own, real)
            });
            row.could_be = could.map(|one| one.config.environment.name.clone()).collect();
        }
    }
}
