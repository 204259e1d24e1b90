//! The logical names of an environment, and the resources of the account whose names come from them.

use super::ownership::{Ownership, OwnershipRules};
use crate::events::{OpStarted, Problem};
use crate::op::Key;
use crate::project::EnvNames;
use crate::run::Selected;
use crate::run::claims::Claims;
use crate::run::destroy::{DestroyNames, Disposition, NamedResource};
use crate::services::Service;
use std::collections::{BTreeMap, BTreeSet};

/// A logical name of the environment, as its recipe makes it or its tables declare it.
struct Logical {
    service: &'static Service,
    /// What the recipe does with it; of one that is only declared, what stands for that.
    op: OpStarted,
    name: String,
}

/// The logical names, in the order in which the recipe makes them.
pub(super) struct BranchNames {
    logical: Vec<Logical>,
}

impl BranchNames {
    pub(super) fn of(selected: &Selected, names: &DestroyNames) -> Self {
        let mut logical: Vec<Logical> = Vec::new();
        for named in &names.named {
            if let Some(name) = &named.op.logical {
                logical.push(Logical { service: named.service, op: named.op.clone(), name: name.clone() });
            }
        }
        for (kind, name) in selected.config.declared() {
            let is_known = |one: &Logical| one.service.name == kind && one.name == name;
            let Some(service) = names.services.named(&kind).filter(|_| !logical.iter().any(is_known)) else {
                continue;
            };
            logical.push(Logical { service, op: declared(selected, service, &name), name });
        }
        let own = own(selected);
        logical.retain(|one| selected.policy.has_branch(one.service.name, &own));
        BranchNames { logical }
    }

    /// The name spaces in which they are: by service and jurisdiction, each once.
    pub(super) fn scopes(&self) -> Vec<(&'static Service, Option<String>)> {
        let mut scopes: Vec<(&'static Service, Option<String>)> = Vec::new();
        for Logical { service, op, .. } in &self.logical {
            if !scopes.iter().any(|(known, scope)| known.name == service.name && *scope == op.jurisdiction) {
                scopes.push((service, op.jurisdiction.clone()));
            }
        }
        scopes
    }

    fn names(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in &self.logical {
            names.entry(one.service.name).or_default().insert(&one.name);
        }
        names
    }
}

/// The environment, of a branch that is none.
fn own(selected: &Selected) -> EnvNames {
    selected.config.names()
}

/// What the recipe would do with a name that only a table declares.
fn declared(selected: &Selected, service: &'static Service, logical: &str) -> OpStarted {
    OpStarted {
        id: 0,
        step: 0,
        service: service.name.to_owned(),
        op: "ensure".to_owned(),
        kind: service.handles.first().map(|handle| handle.kind.to_owned()).unwrap_or_default(),
        logical: Some(logical.to_owned()),
        resource: String::new(),
        jurisdiction: None,
        shared: false,
        holds: None,
        reads: false,
        subject: None,
        at: selected.config.environment.location.clone(),
    }
}

/// Why it can't be seen in the names of a kind which branch's they are.
pub(super) fn bounded(selected: &Selected, left: &BranchNames) -> Option<Problem> {
    let (own, environment) = (own(selected), &selected.config.environment.name);
    let Some(first) = left.logical.iter().find(|one| !selected.policy.shows_branch(one.service.name, &own))
    else {
        let message = format!("nothing that `{environment}` has is named after its branch");
        let hint = "`{branch}` belongs into the templates of the kinds that a branch has for itself";
        return left.logical.is_empty().then(|| Problem::new("name", message).with_hint(hint));
    };
    let kind = first.service.name;
    let naming = &selected.config.naming;
    let template = naming.get(kind).or(naming.get("template")).and_then(|text| text.as_str());
    let message = format!(
        "the template `{}` of `{kind}` does not show which branch a name belongs to",
        template.unwrap_or_default()
    );
    let hint = "`{branch}` needs something beside it that is no letter and no digit, and `{app}` or `{env}` in the same \
        name: `{app}-{env}-{branch}-{name}`";
    Some(Problem::new("name", message).with_hint(hint))
}

/// What is to be known of names that another project could have as well: without the app's name in them, or with nothing else.
pub(super) fn cautions(selected: &Selected, left: &BranchNames) -> Vec<String> {
    let own = own(selected);
    let kinds: BTreeSet<&str> = left.logical.iter().map(|one| one.service.name).collect();
    let listed = |is_meant: &dyn Fn(&str) -> bool| -> Option<String> {
        let meant: Vec<String> =
            kinds.iter().filter(|kind| is_meant(kind)).map(|kind| format!("`{kind}`")).collect();
        (!meant.is_empty()).then(|| meant.join(", "))
    };
    let (policy, app, alias) = (&selected.policy, &own.app, &own.alias);
    let bare = listed(&|kind| !policy.has_own_words(kind, &own)).map(|kinds| {
        format!(
            "names of {kinds} have nothing but `{app}` beside the branch: what another project in this account calls `{app}-..` \
             can look like a branch's; `{{env}}` in the template tells them apart"
        )
    });
    let anyones = listed(&|kind| !policy.has_app(kind, &own)).map(|kinds| {
        format!(
            "names of {kinds} have no `{app}` in them: what another project in this account has for the branches of its `{alias}` \
             looks like this one's, and goes; `{{app}}` in the template tells them apart"
        )
    });
    bare.into_iter().chain(anyones).collect()
}

/// The data by which the owner of a name is decided.
pub(super) fn rules<'a>(
    selected: &'a Selected,
    left: &'a BranchNames,
    keep: &'a BTreeSet<String>,
    claims: &'a Claims,
) -> OwnershipRules<'a> {
    let own = selected.environments.iter().find(|one| one.name == selected.config.environment.name);
    let logical = left.names();
    let mut all = logical.clone();
    for declared in selected.policy.declared() {
        all.entry(&declared.kind).or_default().insert(&declared.logical);
    }
    let environments = &selected.environments;
    OwnershipRules {
        policy: &selected.policy,
        own: own.unwrap_or(&environments[0]),
        environments,
        logical,
        all,
        keep,
        claims,
    }
}

/// What the account has, sorted by whose it is.
#[derive(Default)]
pub(super) struct SweptNames {
    /// What is one branch's that is gone: in the order of the branches, last first, and in each in the recipe's.
    pub(super) named: Vec<NamedResource>,
    doubtful: Vec<NamedResource>,
    /// How many resources each branch has that is kept.
    pub(super) kept: BTreeMap<String, usize>,
}

impl SweptNames {
    pub(super) fn of(
        left: &BranchNames,
        rules: &OwnershipRules,
        found: Vec<(&'static Service, Key)>,
    ) -> Self {
        let mut sorted = SweptNames::default();
        let mut gone: BTreeMap<String, Vec<(usize, NamedResource)>> = BTreeMap::new();
        for (service, key) in found {
            match rules.of_key(&key) {
                Ownership::Nobodys => {}
                Ownership::Kept(branches) => {
                    for branch in branches {
                        *sorted.kept.entry(branch).or_default() += 1;
                    }
                }
                Ownership::Doubtful(why) => sorted.doubt(left, service, key, &why),
                Ownership::Gone { branch, logical } => {
                    let is_it = |one: &Logical| one.service.name == service.name && one.name == logical;
                    let here = |one: &Logical| is_it(one) && one.op.jurisdiction == key.jurisdiction;
                    if let Some(at) = left.logical.iter().position(here) {
                        let named = NamedResource::left(&left.logical[at].op, key, service);
                        gone.entry(branch).or_default().push((at, named));
                    } else {
                        let place = key.jurisdiction.as_deref().unwrap_or("default");
                        let why =
                            format!("it is in the jurisdiction `{place}`, in which `{logical}` is not made");
                        sorted.doubt(left, service, key, &why);
                    }
                }
            }
        }
        for (number, (branch, mut list)) in gone.into_iter().rev().enumerate() {
            list.sort_by_key(|(at, _)| *at);
            let step = (number as u64 + 2, branch);
            for (_, mut named) in list {
                named.step.clone_from(&step);
                sorted.named.push(named);
            }
        }
        sorted
    }

    fn doubt(&mut self, left: &BranchNames, service: &'static Service, key: Key, why: &str) {
        let Some(like) = left.logical.iter().find(|one| one.service.name == service.name) else { return };
        let op = OpStarted { logical: None, ..like.op.clone() };
        let mut named = NamedResource::left(&op, key, service);
        named.disposition = Disposition::Stays(Problem::new("doubtful", format!("kept: {why}")));
        named.step = (1, "kept for doubt".to_owned());
        self.doubtful.push(named);
    }

    /// All that is reported, in the order in which a removal comes to it from the end.
    pub(super) fn into_named(mut self) -> Vec<NamedResource> {
        self.doubtful.sort_by(|one, other| other.key.cmp(&one.key));
        [self.doubtful, self.named].into_iter().flatten().collect()
    }
}
