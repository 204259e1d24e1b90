//! Lists the wrangler configs in an imported project, so that `destroy` keeps what the Workers of other
//! environments bind.

use super::account_content::{AccountContent, ImportedResource};
use super::templates::ImportNames;
use crate::project::wrangler::{Binding, WranglerFile};
use crate::run::init::Configs;

/// The configs in the project file.
#[derive(Default)]
pub(super) struct Guard {
    /// A line; empty where there is no config.
    pub(super) line: String,
    /// The environment of the configs, where it is not the one of that name.
    pub(super) environment: Option<String>,
    /// Why the line is a comment, if it is.
    pub(super) why_not: Option<String>,
}

impl Guard {
    /// Of configs that can't be read, or not from where the project is.
    pub(super) fn unread(error: &anyhow::Error) -> Self {
        Guard {
            why_not: Some(unguarded(error.to_string().lines().next().unwrap_or_default())),
            ..Guard::default()
        }
    }
}

fn unguarded(why: &str) -> String {
    format!("{why}: what other environments bind is not kept from `destroy` by it")
}

/// The configs that are beside, as far as a plan with them has nothing to do.
pub(super) fn guard(configs: &Configs, found: &AccountContent, names: &ImportNames) -> Guard {
    let Some(paths) = configs.written() else { return Guard::default() };
    let line = format!("wrangler = {paths}");
    let is_of_all =
        |name: &str| configs.files().all(|file| file.environments().iter().any(|one| one == name));
    let alias = names.alias.as_deref().filter(|alias| is_of_all(alias));
    let environment = match alias {
        _ if is_of_all(&names.environment) => None,
        Some(alias) => Some(alias.to_owned()),
        None => Some(String::new()),
    };
    let asked = environment.as_deref().unwrap_or(&names.environment);
    let asked = Some(asked).filter(|name| !name.is_empty());
    match configs.files().find_map(|file| at_odds(file, asked, found, names)) {
        None => {
            let line = format!("{line} # what its Workers bind in other environments stays\n");
            Guard { line, environment, why_not: None }
        }
        Some(why) => Guard { line: format!("# {line}\n"), environment: None, why_not: Some(unguarded(&why)) },
    }
}

/// Why a plan would be refused that compares this config with what was found.
fn at_odds(
    file: &WranglerFile,
    asked: Option<&str>,
    found: &AccountContent,
    names: &ImportNames,
) -> Option<String> {
    let worker = match file.worker(asked) {
        Ok(worker) => worker,
        Err(error) => return Some(error.to_string().lines().next().unwrap_or_default().to_owned()),
    };
    worker.bindings.iter().filter(|binding| binding.kind.is_provisioned()).find_map(|binding| {
        let bound = found.things.iter().find(|thing| is_bound(thing, binding));
        let named = found.things.iter().find(|thing| {
            thing.service.name == binding.kind.as_str() && names.logical(thing) == binding.binding
        });
        let has_what = binding.id.is_some() || binding.name.is_some();
        let differs = match (bound, named) {
            (None, _) => has_what,
            (Some(bound), Some(named)) => bound.key != named.key,
            (Some(_), None) => false,
        };
        differs.then(|| {
            format!(
                "the project can't name `{}`, whose binding `{}` is of something else",
                file.name(),
                binding.binding
            )
        })
    })
}

fn is_bound(thing: &ImportedResource, binding: &Binding) -> bool {
    let by_name = || binding.name.as_ref().is_some_and(|name| *name == thing.key.name);
    thing.service.name == binding.kind.as_str()
        && binding.id.as_ref().map_or_else(by_name, |id| *id == thing.id)
}
