//! Compares the Workers of one project: bindings to the same resource, and bindings that only look alike.

use super::{Binding, BindingKind, Worker, WranglerFile};

/// On an account that has none of the configs' ids: what has one id is one resource, named after the first.
pub fn forget_ids(workers: &mut [&mut Worker]) {
    let known: Vec<Binding> = workers.iter().flat_map(|worker| worker.bindings.clone()).collect();
    let bindings = workers.iter_mut().flat_map(|worker| &mut worker.bindings);
    for (at, binding) in bindings.enumerate() {
        let first = known[..at].iter().find(|one| one.is_of_one_id(&known[at]));
        if let Some(first) = first {
            binding.name.clone_from(&first.name);
            binding.same_as = Some(Box::new(first.clone()));
        }
        binding.id = None;
        binding.blanks.clear();
    }
}

/// Gives a binding another logical name where an earlier Worker has one of its kind and name. It is the same in every
/// environment: with the name at the top of the config, or with the file's.
pub fn tell_apart<'a>(workers: impl IntoIterator<Item = (&'a WranglerFile, &'a mut Worker)>) {
    let mut seen: Vec<(BindingKind, String)> = Vec::new();
    let mut owners: Vec<String> = Vec::new();
    for (file, worker) in workers {
        let before = seen.len();
        let named = file.worker_name().filter(|name| !owners.iter().any(|owner| owner == name));
        let owner = named.map_or_else(|| file.name(), str::to_owned);
        for binding in &mut worker.bindings {
            let of = (binding.kind, binding.binding.clone());
            if seen[..before].contains(&of) {
                binding.alias = Some(format!("{owner}/{}", binding.binding));
            }
            seen.push(of);
        }
        owners.push(owner);
    }
}
