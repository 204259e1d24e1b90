//! The reference as a Rhai definition file (`.d.rhai`), and as JSON, for editors and other tools.

use super::Reference;
use super::item::{Item, ItemKind, Section};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The name and number of the JSON document.
const SCHEMA: &str = "larder.definitions/1";

/// What is written.
#[derive(Serialize)]
pub struct Definitions<'a> {
    /// Always `larder.definitions/1`.
    schema: &'static str,
    /// Larder's version.
    larder: &'static str,
    /// Everything, in the order of the reference.
    sections: &'a [Section],
}

impl<'a> Definitions<'a> {
    pub fn of(reference: &'a Reference) -> Self {
        Definitions { schema: SCHEMA, larder: env!("CARGO_PKG_VERSION"), sections: &reference.sections }
    }

    /// As a definition file: modules in braces, and what belongs to none.
    pub fn text(&self) -> String {
        let mut modules = BTreeMap::<&str, Vec<String>>::new();
        for item in self.sections.iter().flat_map(|section| &section.items) {
            for (module, definition) in definitions(item) {
                modules.entry(module).or_default().push(definition);
            }
        }
        let mut text = format!("// Made by `larder definitions`, version {}.\nmodule static;\n", self.larder);
        for definition in modules.remove("").unwrap_or_default() {
            let _ = write!(text, "\n{definition}");
        }
        for (module, definitions) in modules {
            let _ = write!(text, "\nmodule {module} {{\n");
            let body = definitions.join("\n");
            for line in body.lines() {
                let _ = writeln!(text, "{}", format!("    {line}").trim_end());
            }
            text.push_str("}\n");
        }
        text
    }
}

/// The definitions of an item, each with its module; empty for what has no form in such a file.
fn definitions(item: &Item) -> Vec<(&str, String)> {
    let with_comment = |line: String| format!("/// {}\n{line}\n", item.summary);
    match item.sort {
        ItemKind::Function if item.name.starts_with("std/") => Vec::new(),
        ItemKind::Function => {
            let calls = item.forms.iter().filter_map(|form| Call::read(form)).flat_map(Call::forms);
            calls
                .flat_map(|call| {
                    let own = call.receiver.map(|receiver| ("", call.on("this", &type_of(receiver))));
                    let module = item.module();
                    let in_module = match call.receiver {
                        Some(_) => (module, call.on("target", "?")),
                        None => (module, call.line()),
                    };
                    own.into_iter().chain([in_module])
                })
                .map(|(module, line)| (module, with_comment(line)))
                .collect()
        }
        ItemKind::Property => {
            let Some((kind, name)) = item.name.split_once('.') else { return Vec::new() };
            let given = item.forms.first().and_then(|form| form.split_once(": "));
            let is_type = kind.starts_with(|first: char| first.is_ascii_uppercase());
            let line = given.map(|(_, of)| format!("fn get {name}(this: {kind}) -> {};", type_of(of)));
            line.filter(|_| is_type).map(|line| ("", with_comment(line))).into_iter().collect()
        }
        ItemKind::Field => {
            let Some((module, name)) = item.name.split_once("::") else { return Vec::new() };
            let given = item.forms.first().and_then(|form| form.split_once(": "));
            let line = given.map(|(_, of)| format!("const {name}: {};", type_of(of)));
            line.map(|line| (module, with_comment(line))).into_iter().collect()
        }
        ItemKind::Option | ItemKind::Key | ItemKind::Parameter | ItemKind::Syntax => Vec::new(),
    }
}

/// A form of a function, read again.
#[derive(Clone)]
struct Call<'a> {
    receiver: Option<&'a str>,
    name: &'a str,
    params: Vec<(&'a str, &'a str)>,
    optional: Option<(&'a str, &'a str)>,
    gives: &'a str,
}

impl<'a> Call<'a> {
    /// Reads `kv::ensure(title: string, [options: map]) -> KvNamespace`.
    fn read(form: &'a str) -> Option<Self> {
        let (path, rest) = form.split_once('(')?;
        let (params, gives) = rest.rsplit_once(')')?;
        let gives = gives.strip_prefix(" -> ").unwrap_or("any");
        let (receiver, name) = match path.rsplit_once('.') {
            Some((receiver, name)) => (Some(receiver), name),
            None => (None, path.rsplit("::").next().unwrap_or(path)),
        };
        let mut call = Call { receiver, name, params: Vec::new(), optional: None, gives };
        for param in params.split(", ").filter(|param| !param.is_empty() && *param != "...") {
            let is_optional = param.starts_with('[');
            let param = param.trim_start_matches('[').trim_end_matches(']');
            let param = param.split_once(": ").unwrap_or((param, "any"));
            if is_optional {
                call.optional = Some(param);
            } else {
                call.params.push(param);
            }
        }
        Some(call)
    }

    /// Without what may be left out, and with it.
    fn forms(self) -> Vec<Self> {
        let Some(optional) = self.optional else { return vec![self] };
        let mut with = self.clone();
        with.params.push(optional);
        vec![self, with]
    }

    fn line(&self) -> String {
        self.written(Vec::new())
    }

    /// With what it is called on as its first parameter.
    fn on(&self, name: &str, kind: &str) -> String {
        self.written(vec![format!("{name}: {kind}")])
    }

    fn written(&self, mut params: Vec<String>) -> String {
        params.extend(self.params.iter().map(|(name, kind)| format!("{name}: {}", type_of(kind))));
        format!("fn {}({}) -> {};", self.name, params.join(", "), type_of(self.gives))
    }
}

/// A type as such files know it; `?` where it is one of several.
fn type_of(kind: &str) -> String {
    match kind {
        "string" => "String".to_owned(),
        "array" => "Array".to_owned(),
        "map" => "Map".to_owned(),
        "closure" => "FnPtr".to_owned(),
        "int" | "float" | "bool" | "char" | "()" => kind.to_owned(),
        kind if kind.starts_with("array of ") => "Array".to_owned(),
        kind if kind.starts_with(|first: char| first.is_ascii_uppercase())
            && kind.chars().all(|one| one.is_ascii_alphanumeric()) =>
        {
            kind.to_owned()
        }
        _ => "?".to_owned(),
    }
}
