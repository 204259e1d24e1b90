//! Completes names: modules, functions, constants, variables and keywords.

use super::Completion;
use super::candidate::{Candidate, without_types};
use super::members::{kind_of, opened};
use crate::script::check::InferredValue;
use crate::script::convert::value_of;
use crate::script::docs::{Item, ItemKind, module};
use crate::script::known::FunctionForm;
use crate::script::lex::{self, TokenKind};
use crate::script::outline::{NameKind, Outline};
use crate::script::resolver::library_text;
use std::collections::BTreeMap;

impl Completion<'_> {
    /// Everything that a name can become which begins like this, with its module if one is written.
    pub(super) fn words(&self, before: &str, typed: &str) -> Vec<Candidate> {
        let mut found = match typed.rsplit_once("::") {
            Some((module, _)) => self.of_module(before, module),
            None => self.global(before, typed),
        };
        found.retain(|one| one.insert.starts_with(typed));
        found.sort();
        found.dedup_by(|one, other| one.insert == other.insert);
        found
    }

    /// The functions and constants of a module, or of an imported file.
    fn of_module(&self, before: &str, module: &str) -> Vec<Candidate> {
        if let Some(path) = self.aliases(before).get(module) {
            return self.imported(module, path);
        }
        if module == "global" {
            let outline = Outline::of(before);
            let constants =
                outline.names.iter().filter(|name| name.is_top && name.kind == NameKind::Constant);
            return constants.map(|name| Candidate::word(format!("global::{}", name.name), "")).collect();
        }
        let prefix = format!("{module}::");
        let functions = self.known.functions.keys().filter(|name| name.starts_with(&prefix));
        let constants = self.known.constants.iter().filter(|name| name.starts_with(&prefix));
        let functions = functions.map(|name| self.function(name));
        functions.chain(constants.map(|name| self.constant(name))).collect()
    }

    fn function(&self, name: &str) -> Candidate {
        let item = self.item(name);
        let form = item.and_then(|item| item.forms.first().cloned());
        let own = || self.known.functions.get(name)?.last().map(|form| format!("{name}{form}"));
        // A method of a handle is also a function of its service.
        let form = form.filter(|form| form.starts_with(name)).or_else(own).unwrap_or_default();
        let summary = item.map_or("", |item| item.summary.as_str());
        Candidate::new(opened(name, &form), without_types(&form), summary)
    }

    fn constant(&self, name: &str) -> Candidate {
        Candidate::word(name, self.item(name).map_or("", |item| item.summary.as_str()))
    }

    /// The docs of a name; a method of a handle is also a function of its service.
    pub fn item(&self, name: &str) -> Option<&Item> {
        let is_method = |item: &&Item| {
            let path = name.split_once("::");
            item.sort == ItemKind::Function && path == Some((item.module(), item.last_name()))
        };
        let mut items = self.reference.items();
        items.find(|item| item.name == name).or_else(|| self.reference.items().find(is_method))
    }

    /// What stands in no module, and the modules.
    fn global(&self, before: &str, typed: &str) -> Vec<Candidate> {
        let mut found: Vec<Candidate> =
            self.known.namespaces().into_iter().map(|name| self.module_named(name)).collect();
        let aliases = self.aliases(before);
        found.extend(aliases.into_iter().map(|(alias, path)| Candidate::word(format!("{alias}::"), path)));
        let near = self.left;
        let variables = near.variables.iter();
        found.extend(
            variables.map(|(name, value)| {
                Candidate::word(name, kind_of(&InferredValue::of_value(&value_of(value))))
            }),
        );
        let functions = near.functions.iter_functions().filter(|function| !function.name.contains('$'));
        found.extend(functions.map(|function| {
            let show = format!("{}({})", function.name, function.params.join(", "));
            let comment = function.comments.first().and_then(|comment| comment.lines().next());
            let comment = comment.map_or(near.origin, |line| line.trim_start_matches(['/', '*']).trim());
            Candidate::new(opened(function.name, &show), show, comment)
        }));
        let outline = Outline::of(before);
        found.extend(outline.names_at(before.len()).into_iter().map(|name| Candidate::word(&name.name, "")));
        if outline.around(before.len()).is_some() {
            let constants =
                outline.names.iter().filter(|name| name.is_top && name.kind == NameKind::Constant);
            found.extend(constants.map(|name| Candidate::word(format!("global::{}", name.name), "")));
        }
        if typed.is_empty() {
            return found;
        }
        let everywhere = self.known.functions.iter().filter(|(name, forms)| is_called_alone(name, forms));
        found.extend(everywhere.map(|(name, _)| self.function(name)));
        found.extend(self.statements());
        found
    }

    fn module_named(&self, name: &str) -> Candidate {
        let about = self.services.named(name).map_or_else(
            || {
                let prefix = format!("{name}::");
                let names = self.known.functions.keys().chain(&self.known.constants);
                let names: Vec<&str> = names.filter_map(|path| path.strip_prefix(&prefix)).collect();
                names.join(", ")
            },
            |service| service.title.to_owned(),
        );
        Candidate::word(format!("{name}::"), about)
    }

    /// The words that statements begin with.
    fn statements(&self) -> impl Iterator<Item = Candidate> {
        let statements = self.reference.sections.iter().filter(|section| section.name == "statements");
        statements.flat_map(|section| &section.items).filter_map(|item| {
            let word = item.name.split(|one: char| !one.is_ascii_alphabetic()).next()?;
            (!word.is_empty()).then(|| Candidate::new(word, &item.name, &item.summary))
        })
    }

    /// What the imports of the session and of this entry are called, and what they stand for.
    pub fn aliases(&self, before: &str) -> BTreeMap<String, String> {
        let near = self.left;
        let mut found = BTreeMap::new();
        for text in [near.imports.as_str(), before] {
            let tokens = lex::code(text);
            for import in tokens.windows(4) {
                let [word, path, as_word, alias] = import else { continue };
                if word.is(text, "import") && as_word.is(text, "as") && path.kind == TokenKind::Text {
                    let path = path.text(text).trim_matches(['"', '`']);
                    found.insert(alias.text(text).to_owned(), path.to_owned());
                }
            }
        }
        found
    }

    /// The functions of an imported file, with what their comments say.
    pub fn functions_of(&self, path: &str) -> Vec<Item> {
        let text = match library_text(path) {
            Some(text) => Some(text.to_owned()),
            None => self.resolver.read(self.source, path).ok().map(|(_, text)| text),
        };
        let section = text.and_then(|text| module(path, &text));
        section.map(|section| section.items).unwrap_or_default()
    }

    fn imported(&self, alias: &str, path: &str) -> Vec<Candidate> {
        let items = self.functions_of(path).into_iter();
        let candidate = |item: Item| {
            let form = format!("{alias}{}", item.forms.first()?.strip_prefix(path)?);
            let name = format!("{alias}::{}", item.last_name());
            Some(Candidate::new(opened(&name, &form), without_types(&form), item.summary))
        };
        items.filter_map(candidate).collect()
    }
}

/// Whether it is more often called alone than on a value.
fn is_called_alone(name: &str, forms: &[FunctionForm]) -> bool {
    let first = |form: &FunctionForm| form.params.first().map(|param| param.kind.clone()).unwrap_or_default();
    let any = |form: &FunctionForm| matches!(first(form).as_str(), "" | "any" | "data");
    let is_builtin = crate::script::functions::builtins().any(|builtin| builtin.name == name);
    !name.contains("::") && (is_builtin || name.starts_with("parse_") || forms.iter().any(any))
}
