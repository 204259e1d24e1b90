//! Finds the most specific naming template that fits all names of a service.
//!
//! **Invariant:** a name that a template gave is the name that is there; where nothing else fits, the logical name is it.

use super::ImportRequest;
use super::account_content::{AccountContent, ImportedResource};
use super::environments::{WORDS, only};
use crate::project::environment::is_identifier;
use crate::run::Error;
use crate::run::init::app_name;
use anyhow::anyhow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The logical name of what is alone and has none.
const ALONE: &str = "main";

/// Every name as it is.
const AS_IT_IS: &str = "{name}";

/// The environment where neither a flag nor the names say which it is.
const ENVIRONMENT: &str = "production";

/// So many beginnings of names are tried for the app's.
const APPS_MAX: usize = 16;

/// What stands between the parts of a name.
const SEPARATORS: [char; 2] = ['-', '_'];

/// How everything is called.
pub(super) struct ImportNames {
    pub(super) app: String,
    pub(super) environment: String,
    /// Where it is another than the full name.
    pub(super) alias: Option<String>,
    forms: BTreeMap<&'static str, PartialTemplate>,
}

/// A template, filled but for the logical name.
#[derive(Clone, Debug, PartialEq)]
struct PartialTemplate {
    template: String,
    before: String,
    after: String,
    /// How specific it is.
    worth: usize,
    is_alone: bool,
}

/// The other parts of a template beside the logical name.
#[derive(Clone, Default)]
struct TemplateValues {
    app: Option<String>,
    /// The environment's word in names, and its full name.
    word: Option<(String, String)>,
}

pub(super) fn find(
    found: &AccountContent,
    request: &ImportRequest,
    folder: &Path,
) -> Result<ImportNames, Error> {
    for (what, name) in [("an app's name", &request.app), ("an environment's name", &request.env)] {
        if let Some(name) = name.as_ref().filter(|name| !is_identifier(name)) {
            return Err(anyhow!("`{name}` is not {what}: letters, digits, `-` and `_`, up to 63").into());
        }
    }
    let names: Vec<(&'static str, Vec<&str>)> = found
        .services()
        .into_iter()
        .map(|service| (service.name, found.of(service).map(|thing| thing.key.name.as_str()).collect()))
        .collect();
    let parts = best(request, &names);
    let forms = names.iter().map(|(service, names)| (*service, parts.form(names))).collect();
    let by_folder = || folder.file_name().and_then(|name| app_name(&name.to_string_lossy()).ok());
    let app = request.app.clone().or(parts.app).or_else(by_folder).unwrap_or_else(|| "app".to_owned());
    let (alias, environment) = parts.word.unwrap_or_else(|| {
        let carried = || only(names.iter().flat_map(|(_, names)| names).copied());
        let environment = request.env.clone().or_else(carried).unwrap_or_else(|| ENVIRONMENT.to_owned());
        (environment.clone(), environment)
    });
    let alias = (alias != environment).then_some(alias);
    Ok(ImportNames { app, environment, alias, forms })
}

/// The app and the word whose templates say most.
fn best(request: &ImportRequest, names: &[(&'static str, Vec<&str>)]) -> TemplateValues {
    let words = words(request);
    let mut best = (0, TemplateValues::default());
    // What says no more than another comes later.
    for app in [None].into_iter().chain(apps(request, names).into_iter().map(Some)) {
        for word in [None].into_iter().chain(words.iter().cloned().map(Some)) {
            let parts = TemplateValues { app: app.clone(), word };
            let worth = names.iter().map(|(_, names)| parts.form(names).worth * names.len()).sum();
            if worth > best.0 {
                best = (worth, parts);
            }
        }
    }
    best.1
}

/// Beginnings of names that three have, or all of two services, the most frequent first: what fewer have is no app's.
fn apps(request: &ImportRequest, names: &[(&'static str, Vec<&str>)]) -> Vec<String> {
    if let Some(app) = &request.app {
        return vec![app.clone()];
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names.iter().flat_map(|(_, names)| names).copied() {
        let ends = name.match_indices(SEPARATORS).map(|(at, _)| at).take(3);
        let beginnings: BTreeSet<&str> = ends.map(|end| &name[..end]).chain([name]).collect();
        for beginning in beginnings.into_iter().filter(|beginning| is_identifier(beginning)) {
            *counts.entry(beginning).or_default() += 1;
        }
    }
    let is_of_all = |names: &[&str], beginning: &str| {
        let begins = |name: &&str| {
            name.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATORS))
        };
        !names.is_empty() && names.iter().all(begins)
    };
    let services_of = |beginning: &str| names.iter().filter(|(_, names)| is_of_all(names, beginning)).count();
    let is_app = |(beginning, count): &(&str, usize)| *count > 2 || services_of(beginning) > 1;
    let mut counts: Vec<(&str, usize)> = counts.into_iter().filter(is_app).collect();
    counts.sort_by_key(|(beginning, count)| (std::cmp::Reverse(*count), beginning.len()));
    counts.into_iter().take(APPS_MAX).map(|(beginning, _)| beginning.to_owned()).collect()
}

/// The words by which names may say the environment, each with its full name.
fn words(request: &ImportRequest) -> Vec<(String, String)> {
    let known = WORDS.iter().map(|(word, full)| ((*word).to_owned(), (*full).to_owned()));
    match &request.env {
        None => known.collect(),
        Some(env) => {
            let own = (env.clone(), env.clone());
            [own].into_iter().chain(known.filter(|(word, full)| full == env && word != env)).collect()
        }
    }
}

impl TemplateValues {
    /// The most specific form that fits these names.
    fn form(&self, names: &[&str]) -> PartialTemplate {
        let fits = |form: &PartialTemplate| {
            names.iter().all(|name| form.logical(name).is_some()) && (!form.is_alone || names.len() == 1)
        };
        self.forms().into_iter().find(fits).unwrap_or_else(PartialTemplate::as_it_is)
    }

    /// Every form, the most specific first.
    fn forms(&self) -> Vec<PartialTemplate> {
        let mut forms = Vec::new();
        let app = self.app.as_deref();
        let word = self.word.as_ref().map(|(word, _)| word.as_str());
        for separator in SEPARATORS {
            let form = |parts: &[(&str, Option<&str>)], worth| PartialTemplate::of(parts, separator, worth);
            let (app, word, name) = (("{app}", app), ("{env}", word), (AS_IT_IS, Some("")));
            forms.extend(form(&[app, word, name], 4));
            forms.extend(form(&[app, name, word], 4));
            forms.extend(form(&[app, word], 3));
            forms.extend(form(&[app, name], 2));
            forms.extend(form(&[word, name], 2));
            forms.extend(form(&[name, word], 2));
            forms.extend(form(&[app], 1));
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.worth));
        forms
    }
}

impl PartialTemplate {
    fn as_it_is() -> Self {
        PartialTemplate {
            template: AS_IT_IS.to_owned(),
            before: String::new(),
            after: String::new(),
            worth: 0,
            is_alone: false,
        }
    }

    /// Parts with what they stand for; none where one stands for nothing here.
    fn of(parts: &[(&str, Option<&str>)], separator: char, worth: usize) -> Option<Self> {
        let filled: Option<Vec<&str>> = parts.iter().map(|(_, filled)| *filled).collect();
        let filled = filled?;
        let joined = separator.to_string();
        let template: Vec<&str> = parts.iter().map(|(part, _)| *part).collect();
        let at = template.iter().position(|part| *part == AS_IT_IS);
        let template = template.join(&joined);
        let Some(at) = at else {
            return Some(PartialTemplate {
                template,
                before: filled.join(&joined),
                after: String::new(),
                worth,
                is_alone: true,
            });
        };
        let before = filled[..at].iter().flat_map(|part| [part, joined.as_str()]).collect();
        let after = filled[at + 1..].iter().flat_map(|part| [joined.as_str(), part]).collect();
        Some(PartialTemplate { template, before, after, worth, is_alone: false })
    }

    fn logical<'a>(&self, name: &'a str) -> Option<&'a str> {
        if self.is_alone {
            return (name == self.before).then_some(ALONE);
        }
        name.strip_prefix(&self.before)?.strip_suffix(&self.after).filter(|logical| !logical.is_empty())
    }
}

impl ImportNames {
    /// The logical name of one.
    pub(super) fn logical(&self, thing: &ImportedResource) -> String {
        let form = self.forms.get(thing.service.name);
        let logical = form.and_then(|form| form.logical(&thing.key.name));
        logical.unwrap_or(&thing.key.name).to_owned()
    }

    /// The lines of `[naming]`: the template of most, and those of services whose names fit another.
    pub(super) fn templates(&self) -> Vec<(&str, &str)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for form in self.forms.values().filter(|form| !form.is_alone) {
            *counts.entry(&form.template).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(template, count)| (*count, *template != AS_IT_IS));
        let common = most.map_or(AS_IT_IS, |(template, _)| template);
        let others = self.forms.iter().filter(|(_, form)| form.template != common);
        let others = others.map(|(service, form)| (*service, form.template.as_str()));
        [("template", common)].into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in the names of one service for each list, with a flag for the environment.
    fn found(env: Option<&str>, lists: &[&[&str]]) -> String {
        let services = ["kv", "r2", "d1"];
        let names: Vec<(&'static str, Vec<&str>)> =
            services.into_iter().zip(lists).map(|(service, names)| (service, names.to_vec())).collect();
        let request = ImportRequest { env: env.map(str::to_owned), ..ImportRequest::default() };
        let parts = best(&request, &names);
        let forms: Vec<String> = names.iter().map(|(_, names)| parts.form(names).template).collect();
        format!("{:?} {:?} {}", parts.app, parts.word.map(|(word, _)| word), forms.join(" "))
    }

    #[test]
    fn the_template_that_says_most_is_found() {
        let whole = "Some(\"acme\") Some(\"dev\") {app}-{env}-{name}";
        for env in [None, Some("development"), Some("dev")] {
            assert_eq!(found(env, &[&["acme-dev-a", "acme-dev-b", "acme-dev-c"]]), whole, "{env:?}");
        }
        assert_eq!(
            found(Some("live"), &[&["acme-dev-a", "acme-dev-b", "acme-dev-c"]]),
            "Some(\"acme\") None {app}-{name}",
            "another environment has another word"
        );
        assert_eq!(
            found(None, &[&["SESSIONS", "odd one"], &["acme-prod-files", "acme-prod-logs"], &["acme-prod"]]),
            "Some(\"acme\") Some(\"prod\") {name} {app}-{env}-{name} {app}-{env}"
        );
        assert_eq!(found(None, &[&["a", "b"], &["c"]]), "None None {name} {name}");
        assert_eq!(found(None, &[&["a-b"]]), "None None {name}", "one thing has no app's name");
        assert_eq!(found(None, &[&["a-b", "a-c"]]), "None None {name}", "nor have two of one kind");
        assert_eq!(found(None, &[&["a-b"], &["a-c"]]), "Some(\"a\") None {app}-{name} {app}-{name}");
        assert_eq!(found(None, &[&["staging_A", "staging_B"]]), "None Some(\"staging\") {env}_{name}");
        assert_eq!(found(Some("staging"), &[&["staging_A"]]), "None Some(\"staging\") {env}_{name}");
        assert_eq!(
            found(None, &[&["x-a-1", "x-a-2", "x-b-1"], &["x-a-3"]]),
            "Some(\"x\") None {app}-{name} {app}-{name}"
        );
    }

    #[test]
    fn a_logical_name_gives_the_name_again() {
        let parts =
            TemplateValues { app: Some("acme".into()), word: Some(("dev".into(), "development".into())) };
        for form in parts.forms() {
            let name =
                format!("{}{}{}", form.before, if form.is_alone { "" } else { "x-{name}" }, form.after);
            let logical = form.logical(&name).unwrap();
            let filled =
                form.template.replace("{app}", "acme").replace("{env}", "dev").replace("{name}", logical);
            assert_eq!(filled, name, "{form:?}");
            assert_eq!(form.logical(&form.before).filter(|_| !form.is_alone), None, "{form:?}");
        }
    }
}
