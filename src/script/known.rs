//! The table of functions that a recipe can call, from the op entries and the engine, for `check`, diagnostics and
//! completion.
//!
//! **Invariant:** knows nothing of how a function runs.

use super::diagnostics::plain_type;
use rhai::Engine;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Param {
    pub name: String,
    /// Its type, as recipes know it: `string`, `int`, `list`, `map`, a handle's kind.
    pub kind: String,
}

/// A key of an option map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionKey {
    pub name: String,
    pub kind: String,
    /// Whether a call without it is refused.
    pub required: bool,
    /// The keys of the map that is its value; `None` where any key goes or the value is not a map.
    pub keys: Option<Vec<OptionKey>>,
}

/// One way to call a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionForm {
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// The keys of an option map that may follow the parameters; `None` for a form without one.
    pub options: Option<Vec<OptionKey>>,
    /// The type of what it gives; empty where that is not known.
    pub gives: String,
}

impl FunctionForm {
    /// A form with parameters of any type and no option map.
    pub fn of(params: &[&str]) -> Self {
        let any = |name: &&str| Param { name: (*name).to_owned(), kind: String::from("any") };
        FunctionForm { params: params.iter().map(any).collect(), ..FunctionForm::default() }
    }

    /// Whether a call with that many arguments can have this form.
    pub fn takes(&self, arguments: usize) -> bool {
        let options = self.options.as_ref();
        let required = options.is_some_and(|keys| keys.iter().any(|key| key.required));
        let least = self.params.len() + usize::from(required);
        let most = self.params.len() + usize::from(options.is_some());
        (least..=most).contains(&arguments)
    }

    /// The shorter one first.
    fn in_order(&self, other: &FunctionForm) -> Ordering {
        (self.params.len(), &self.params).cmp(&(other.params.len(), &other.params))
    }
}

impl fmt::Display for FunctionForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut params: Vec<String> = self
            .params
            .iter()
            .map(|param| match param.kind.as_str() {
                "" | "any" => param.name.clone(),
                kind => format!("{}: {kind}", param.name),
            })
            .collect();
        if let Some(keys) = &self.options {
            let required = keys.iter().any(|key| key.required);
            params.push(String::from(if required { "options: map" } else { "[options: map]" }));
        }
        write!(f, "({})", params.join(", "))
    }
}

/// Every function by its qualified name.
#[derive(Clone, Debug, Default)]
pub struct KnownFunctions {
    /// Name, with its namespace, to the forms it has.
    pub functions: Arc<BTreeMap<String, Vec<FunctionForm>>>,
    /// Names of variables in namespaces, for example `env::name`; the engine does not list them.
    ///
    /// A namespace without a name here or among the functions counts as unknown; one with names here has no
    /// others.
    pub constants: BTreeSet<String>,
    /// The types of those that have the same one in every environment.
    pub constant_types: BTreeMap<String, &'static str>,
    /// Functions whose work goes on in the background, by qualified name; a method of a handle is written
    /// `.migrate`.
    pub background: BTreeSet<String>,
    /// The documented properties of the handles of a type; an answer may have more.
    pub properties: Arc<BTreeMap<String, BTreeSet<String>>>,
}

/// Types of numbers that the engine has functions for and recipes have no values of.
pub(in crate::script) const OTHER_NUMBERS: &[&str] =
    &["i8", "i16", "i32", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32"];

/// What the language calls functions but does not list among them.
const KEYWORDS: &[(&str, &[&str])] = &[
    ("print", &["value"]),
    ("debug", &["value"]),
    ("type_of", &["value"]),
    ("Fn", &["name"]),
    ("is_def_fn", &["name", "parameters"]),
    ("is_def_var", &["name"]),
    ("is_shared", &["value"]),
];

impl KnownFunctions {
    /// What the engine itself has: packages, static modules and the keywords that are called like functions.
    pub fn of_engine(engine: &Engine) -> Self {
        let mut known = KnownFunctions::default();
        let listed = engine.collect_fn_metadata(
            None,
            |info| {
                let name = info.metadata.name.as_str();
                name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_').then(|| {
                    let qualified = match info.namespace.as_str() {
                        "" => name.to_owned(),
                        namespace => format!("{namespace}::{name}"),
                    };
                    let described = info.metadata.params_info.iter().map(|text| param(text));
                    let mut params: Vec<Param> = described.take(info.metadata.num_params).collect();
                    for index in params.len()..info.metadata.num_params {
                        params.push(Param {
                            name: format!("argument{}", index + 1),
                            kind: String::from("any"),
                        });
                    }
                    (
                        qualified,
                        FunctionForm { params, options: None, gives: given(&info.metadata.return_type) },
                    )
                })
            },
            true,
        );
        let is_ours = |form: &FunctionForm| {
            form.params.iter().all(|param| !OTHER_NUMBERS.contains(&param.kind.as_str()))
        };
        for (name, form) in listed.into_iter().filter(|(name, form)| !name.contains('$') && is_ours(form)) {
            known.add(&name, form);
        }
        for (name, params) in KEYWORDS {
            known.add(name, FunctionForm::of(params));
        }
        // The closure comes first, and any number of arguments follows.
        for count in 1..=20 {
            known.add("call", FunctionForm::of(&vec!["value"; count]));
        }
        // The engine lists them in an order of its own each time.
        for forms in Arc::make_mut(&mut known.functions).values_mut() {
            without_doubles(forms);
            forms.sort_by(FunctionForm::in_order);
        }
        known
    }

    /// Adds a form to a function.
    pub fn add(&mut self, name: &str, form: FunctionForm) {
        let forms = Arc::make_mut(&mut self.functions).entry(name.to_owned()).or_default();
        if !forms.contains(&form) {
            forms.push(form);
        }
    }

    /// Sets the forms of a function, whatever the engine said: an op's entry knows more than its
    /// registration.
    pub fn define(&mut self, name: &str, forms: Vec<FunctionForm>) {
        Arc::make_mut(&mut self.functions).insert(name.to_owned(), forms);
    }

    /// Sets the forms of a function that the engine may have with other numbers of parameters, too.
    pub fn describe(&mut self, name: &str, forms: Vec<FunctionForm>) {
        let all = Arc::make_mut(&mut self.functions).entry(name.to_owned()).or_default();
        all.retain(|known| forms.iter().all(|form| form.params.len() != known.params.len()));
        all.extend(forms);
        all.sort_by(FunctionForm::in_order);
    }

    /// Removes the forms of a function of which not even the names of the parameters are known.
    pub fn forget_unnamed(&mut self, name: &str) {
        if let Some(forms) = Arc::make_mut(&mut self.functions).get_mut(name) {
            forms.retain(|form| {
                form.params.is_empty() || form.params.iter().any(|param| !param.name.starts_with("argument"))
            });
        }
    }

    /// The namespaces that functions and constants live in.
    pub fn namespaces(&self) -> BTreeSet<&str> {
        let names = self.functions.keys().chain(&self.constants);
        names.filter_map(|name| name.rsplit_once("::")).map(|(namespace, _)| namespace).collect()
    }

    /// Whether functions or constants live in it.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        let mut names = self.functions.keys().chain(&self.constants);
        names.any(|name| name.rsplit_once("::").is_some_and(|(found, _)| found == namespace))
    }

    /// The forms of `name` as people write them, one a line of a diagnostic's notes.
    pub fn forms(&self, name: &str) -> Vec<String> {
        let forms = self.functions.get(name).into_iter().flatten();
        forms.map(|form| format!("known form: {name}{form}")).collect()
    }
}

/// Of forms with the same types, the one whose parameters have names.
fn without_doubles(forms: &mut Vec<FunctionForm>) {
    let kinds = |form: &FunctionForm| form.params.iter().map(|param| param.kind.clone()).collect::<Vec<_>>();
    let is_named = |form: &FunctionForm| form.params.iter().all(|param| param.name != "_");
    let named: Vec<Vec<String>> = forms.iter().filter(|form| is_named(form)).map(kinds).collect();
    forms.retain(|form| is_named(form) || !named.contains(&kinds(form)));
}

/// The type that a function gives, as the metadata has it: what may fail gives what it gives when it does not, and one
/// that recipes have no word for is left empty.
fn given(text: &str) -> String {
    const WORDS: &[&str] = &["()", "bool", "int", "float", "char", "string", "list", "map", "closure"];
    let inside = match text.split_once('<') {
        Some((name, inside)) if name.contains("Result") => inside,
        _ => text,
    };
    let inside = inside.split(',').next().unwrap_or(inside).trim_end_matches('>').trim();
    let name = plain_type(inside);
    if WORDS.contains(&name.as_str()) { name } else { String::new() }
}

/// Reads `name: Type` as the metadata has it.
fn param(text: &str) -> Param {
    let (name, kind) = text.split_once(':').unwrap_or((text, "any"));
    let name = name.trim().trim_start_matches("mut ");
    Param { name: name.to_owned(), kind: plain_type(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_shows_and_counts_its_options() {
        let mut form = FunctionForm {
            params: vec![Param { name: "name".into(), kind: "string".into() }],
            ..FunctionForm::default()
        };
        assert_eq!(
            (form.to_string().as_str(), form.takes(1), form.takes(2)),
            ("(name: string)", true, false)
        );
        form.options = Some(vec![OptionKey { name: "location".into(), ..OptionKey::default() }]);
        assert_eq!((form.to_string().as_str(), form.takes(1)), ("(name: string, [options: map])", true));
        form.options =
            Some(vec![OptionKey { name: "dimensions".into(), required: true, ..OptionKey::default() }]);
        assert_eq!((form.to_string().as_str(), form.takes(1)), ("(name: string, options: map)", false));
    }

    #[test]
    fn the_engine_lists_packages_modules_and_keywords() {
        let mut engine = Engine::new();
        let mut kv = rhai::Module::new();
        rhai::FuncRegistration::new("ensure")
            .with_params_info(["name: &str", "KvNamespace"])
            .set_into_module(&mut kv, |_: rhai::ImmutableString| ());
        engine.register_static_module("kv", kv.into());
        let known = KnownFunctions::of_engine(&engine);
        assert_eq!(known.forms("kv::ensure"), ["known form: kv::ensure(name: string)"]);
        assert!(
            known.functions["print"].iter().any(|form| form.takes(1)) && known.functions["split"].len() > 1
        );
        assert_eq!(known.namespaces().into_iter().collect::<Vec<_>>(), ["kv"]);
    }
}
