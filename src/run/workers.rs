//! Reads the Workers of a project from its wrangler configs for one environment.

use crate::project::wrangler::{Worker, WranglerError, WranglerFile, forget_ids, tell_apart};
use crate::project::{Branch, Config, Environment, ProjectFile};

/// Whether the account has the ids of the configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    Counted,
    /// It is a local one, which has none of them.
    Absent,
}

/// What each config says of an environment; where several are named, one that has no such environment binds nothing there.
pub fn of(files: Vec<WranglerFile>, config: &Config) -> Result<Vec<(WranglerFile, Worker)>, WranglerError> {
    let environment = config.environment.wrangler_env.as_deref();
    let has = |file: &WranglerFile| file.readable(environment).is_some();
    // The environment of a branch need not be in a config.
    let may_lack = files.iter().any(has) || config.branch != Branch::None;
    let mut workers = Vec::new();
    for file in files {
        if may_lack && !has(&file) {
            continue;
        }
        let worker = file.worker(environment)?;
        workers.push((file, worker));
    }
    tell_apart(workers.iter_mut().map(|(file, worker)| (&*file, worker)));
    Ok(workers)
}

/// Notes whose bindings they are, and takes out what does not count: names and ids on a branch, ids on a local account.
pub fn prepare(workers: &mut [(WranglerFile, Worker)], config: &Config, ids: Ids) {
    let environment = config.environment.wrangler_env.as_deref();
    for (at, (_, worker)) in workers.iter_mut().enumerate() {
        name(worker, environment, at, ids);
    }
    let mut all: Vec<&mut Worker> = workers.iter_mut().map(|(_, worker)| worker).collect();
    if ids == Ids::Absent || config.branch != Branch::None {
        forget_ids(&mut all);
    }
    if config.branch != Branch::None {
        // What a branch has of its own no file can name.
        all.iter_mut().flat_map(|worker| &mut worker.bindings).for_each(|binding| binding.name = None);
    }
}

/// What configs bind for every environment but this one, whether the project file declares it or not.
pub fn others(
    file: &ProjectFile,
    environment: &Environment,
    files: &[WranglerFile],
    ids: Ids,
) -> Vec<(String, Worker)> {
    let mut found = Vec::new();
    for (at, config) in files.iter().enumerate() {
        let all = config.environments().into_iter().map(Some).chain([None]);
        for of in all {
            let Some(mut worker) = config.readable(of.as_deref()) else { continue };
            name(&mut worker, of.as_deref(), at, ids);
            if ids == Ids::Absent {
                forget_ids(&mut [&mut worker]);
            }
            let names = names(file, config, of.as_deref());
            found.extend(names.into_iter().map(|name| (name, worker.clone())));
        }
    }
    found.retain(|(name, _)| *name != environment.name);
    found
}

/// The project's environments that stand for one of a config.
fn names(file: &ProjectFile, config: &WranglerFile, of: Option<&str>) -> Vec<String> {
    let declared = file.environments().iter().filter(|one| one.wrangler_env.as_deref() == of);
    let names: Vec<String> = declared.map(|one| one.name.clone()).collect();
    if !names.is_empty() {
        return names;
    }
    vec![of.map_or_else(|| format!("the top level of {}", config.name()), str::to_owned)]
}

fn name(worker: &mut Worker, environment: Option<&str>, at: usize, ids: Ids) {
    if worker.name.is_none() && ids == Ids::Absent {
        worker.name = Some(nameless(environment, at));
    }
    for binding in &mut worker.bindings {
        binding.script.clone_from(&worker.name);
    }
}

/// What a Worker without a name is called in a local account.
pub fn nameless(environment: Option<&str>, at: usize) -> String {
    let number = if at == 0 { String::new() } else { (at + 1).to_string() };
    let of = environment.map(|name| format!("-{name}")).unwrap_or_default();
    format!("worker{number}{of}")
}
