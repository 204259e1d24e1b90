//! Whatever is in an account: a plan of what was imported has nothing to do, the check finds nothing, and `destroy` names
//! all of it and no more.
//!
//! Names and settings are made up from what each service says that it takes, so that one more service is tried as well.

use super::beacon_service;
use super::simulation::{Arrival, Interceptor, Simulation, place, selected_of};
use larder::http::WireRequest;
use larder::op::{Effect, Mode};
use larder::project::environment::is_identifier;
use larder::run::check::check;
use larder::run::interrupt::Interrupt;
use larder::run::workspace::BUNDLED;
use larder::script::run::Recipe;
use larder::services::Service;
use larder::system::files;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// What names are made of: parts that templates know, words of Rhai and TOML, and what has to be escaped.
const PARTS: &[&str] = &[
    "acme",
    "shop",
    "dev",
    "prod",
    "production",
    "staging",
    "sessions",
    "cache",
    "db",
    "a",
    "0",
    "fn",
    "let",
    "this",
    "true",
    "inf",
    "nan",
    "1979-05-27",
    "main",
    "name",
    "env",
    "app",
    "default",
];
const ODD: &[&str] = &[
    " ",
    "\"",
    "'",
    "`",
    "${x}",
    "\\",
    "#",
    "=",
    "[x]",
    "{name}",
    "{app}",
    ".",
    "//",
    "/*",
    "\n",
    "\t",
    "\u{202e}",
    "ü",
    "日本",
    "😀",
    "'''",
    "\"\"\"",
    "\u{7f}",
    "::add-mask::",
    "$",
    "%",
    "*",
    ",",
    ";",
];

/// Something random that can be made again from its seed.
struct Maker(fastrand::Rng);

impl Maker {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.usize(..of.len())]
    }

    /// A name that the service takes.
    fn name(&mut self, service: &Service) -> String {
        loop {
            let mut name = String::new();
            for _ in 0..self.0.usize(1..5) {
                if !name.is_empty() && self.0.u8(..4) > 0 {
                    name.push_str(self.pick(&["-", "_"]));
                }
                let odd = self.0.u8(..5) == 0;
                name.push_str(self.pick(if odd { ODD } else { PARTS }));
            }
            if self.0.u8(..20) == 0 {
                name = name.chars().cycle().take(self.0.usize(1..512)).collect();
            }
            if (service.broken_rule)(&name).is_none() {
                return name;
            }
        }
    }

    /// A value that a schema takes.
    fn value(&mut self, schema: &Json, root: &Json) -> Json {
        let schema = resolved(schema, root);
        if let Some(one) = schema.get("const") {
            return one.clone();
        }
        if let Some(words) = schema["enum"].as_array() {
            return words[self.0.usize(..words.len())].clone();
        }
        if let Some(forms) = ["anyOf", "oneOf"].into_iter().find_map(|key| schema[key].as_array()) {
            let forms: Vec<&Json> = forms.iter().filter(|form| form["type"] != "null").collect();
            let form = forms[self.0.usize(..forms.len())];
            return self.value(form, root);
        }
        let kind = match &schema["type"] {
            Json::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned().unwrap(),
            kind => kind.clone(),
        };
        let bound = |key: &str, or: i64| schema[key].as_i64().unwrap_or(or);
        match kind.as_str().unwrap_or_default() {
            "boolean" => json!(self.0.bool()),
            "integer" => json!(self.0.i64(bound("minimum", 0)..=bound("maximum", 100_000))),
            "number" => json!(f64::from(self.0.u16(..)) / 4.0),
            "string" => {
                let length = usize::try_from(bound("minLength", 1)).unwrap();
                let part = self.pick(&[PARTS, ODD].concat()).to_owned();
                json!(part.chars().cycle().take(length.max(part.chars().count())).collect::<String>())
            }
            "array" => (0..self.0.usize(1..3)).map(|_| self.value(&schema["items"], root)).collect(),
            "object" => self.object(schema, root),
            other => panic!("how is `{other}` made up? {schema}"),
        }
    }

    fn object(&mut self, schema: &Json, root: &Json) -> Json {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if required.contains(&name.as_str()) || self.0.bool() {
                object.insert(name.clone(), self.value(property, root));
            }
        }
        if let Some(entry) = schema.get("additionalProperties").filter(|entry| entry.is_object()) {
            let words = resolved(&schema["propertyNames"], root);
            let words = words["enum"].as_array().or(words["oneOf"].as_array());
            for _ in 0..self.0.usize(..3) {
                let key = match words {
                    None => self.pick(&[PARTS, ODD].concat()).to_owned(),
                    Some(words) => {
                        let word = &words[self.0.usize(..words.len())];
                        word.as_str().or(word["const"].as_str()).unwrap().to_owned()
                    }
                };
                object.insert(key, self.value(entry, root));
            }
        }
        Json::Object(object)
    }

    /// Calls that make something of each service.
    fn recipe(&mut self, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let services: Vec<&Service> = beacon_service::services().iter().collect();
            let service = services[self.0.usize(..services.len())];
            let ensure =
                service.ops.iter().find(|op| op.effect == Effect::Ensure && op.receiver.is_none()).unwrap();
            let schema = Json::from(ensure.run.options().unwrap());
            let mut options = self.value(&schema, &schema);
            if service.name == "vectorize" {
                let other: &[&str] = if self.0.bool() { &["preset"] } else { &["dimensions", "metric"] };
                options.as_object_mut().unwrap().retain(|option, _| !other.contains(&option.as_str()));
            }
            let (name, options) = (literal(&json!(self.name(service))), literal(&options));
            let _ = writeln!(text, "try {{ wait({}::ensure({name}, {options})); }} catch {{}}", service.name);
            if service.name == "r2" && self.0.bool() {
                // A recipe would not make a twin: somebody else has.
                let place = self.pick(&["eu", "us", "fedramp"]);
                let body = format!("#{{ name: {name}, jurisdiction: \"{place}\" }}");
                let _ = writeln!(text, "try {{ cf::post(\"/r2/buckets\", {body}); }} catch {{}}");
            }
        }
        text
    }
}

fn resolved<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    let pointer = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// JSON as a recipe has it.
fn literal(json: &Json) -> String {
    match json {
        Json::String(text) => {
            let letter = |letter: char| match letter {
                'a'..='z' | 'A'..='Z' | '0'..='9' => letter.to_string(),
                other => format!("\\U{:08x}", u32::from(other)),
            };
            format!("\"{}\"", text.chars().map(letter).collect::<String>())
        }
        Json::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let entry =
                |(key, value): (&String, &Json)| format!("{}: {}", literal(&json!(key)), literal(value));
            format!("#{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Json::Null => "()".to_owned(),
        other => other.to_string(),
    }
}

/// Everything that the account has: service, jurisdiction and name.
fn things(simulation: &Simulation) -> BTreeSet<(String, Option<String>, String)> {
    let all = simulation.account.resources().unwrap().into_iter();
    // A jurisdiction tells buckets apart, and nothing else.
    let place =
        |service: &str, place: Option<String>| place.filter(|place| service == "r2" && place != "default");
    all.map(|(service, one)| (service.to_owned(), place(service, one.jurisdiction), one.name)).collect()
}

fn read(folder: &Path, name: &str) -> Option<String> {
    files::read_text(&folder.join(name), 1 << 20).ok()
}

/// Imports the account of a lab, and holds what comes of it against the account.
fn holds(simulation: &Simulation, env: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = files::canonical(folder.path()).unwrap();
    files::make_folder(&folder).unwrap();
    let all = things(simulation);
    // A run has each name in one jurisdiction.
    let is_first = |(service, place, name): &&(String, Option<String>, String)| {
        let mut twins = all.iter().filter(|one| (&one.0, &one.2) == (service, name));
        twins.next().is_some_and(|first| first.1 == *place)
    };
    let there: BTreeSet<_> = all.iter().filter(is_first).cloned().collect();
    let imported = simulation.import(&folder, env);
    // The bundled recipe has no step for the service that only tests have.
    let steps = "steps = [[\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]]\n";
    let project = read(&folder, "larder.toml").unwrap();
    let project = project.replacen("\napp = ", &format!("\n{steps}app = "), 1);
    files::write_whole(&folder.join("larder.toml"), project.as_bytes()).unwrap();
    let own = read(&folder, "recipes/imported.rhai");
    let shown = format!("{project}\n{}", own.as_deref().unwrap_or_default());
    let is_twin = |left: &String| left.ends_with("a run has each name in one jurisdiction");
    assert!(
        imported.left.iter().all(is_twin) && imported.left.len() == all.len() - there.len(),
        "{:?}",
        imported.left
    );
    let environment = imported.env_flag.strip_prefix(" -e ").unwrap();
    assert!(is_identifier(environment) && env.is_none_or(|env| env == environment), "{environment}");

    let recipe = match own {
        Some(text) => Recipe { name: "recipes/imported.rhai".into(), text },
        None => Recipe { name: "bundled/provision.rhai".into(), text: BUNDLED[0].1.into() },
    };
    let selected = selected_of(&folder, &project, environment);
    let plan = simulation.run_in(&folder, Some(&selected), simulation.terms(Mode::Plan), &recipe);
    let named = |report: &larder::report::Report| -> BTreeSet<(String, Option<String>, String)> {
        let ops = report.ops().map(|op| (op.service.clone(), op.jurisdiction.clone(), op.resource.clone()));
        ops.collect()
    };
    assert_eq!((plan.report.exit, plan.report.differs()), (0, false), "{:?}\n{shown}", plan.said);
    assert_eq!(named(&plan.report), there, "{shown}");

    let checked = check(&place(&folder), Vec::new(), Interrupt::default()).unwrap();
    let found: Vec<String> = checked.findings.iter().map(|found| found.diagnostic.title.clone()).collect();
    assert_eq!(found, Vec::<String>::new(), "{shown}");

    let also: Vec<String> = there.iter().map(|(_, _, name)| name.clone()).collect();
    let gone = simulation.destroy_in(&folder, &selected, simulation.terms(Mode::Apply), &recipe, &also);
    assert_eq!((gone.report.exit, &named(&gone.report)), (0, &there), "{:?}\n{shown}", gone.said);
    assert_eq!(things(simulation), all.difference(&there).cloned().collect());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_of_what_was_imported_has_nothing_to_do(seed in any::<u64>(), count in 0_usize..24, env in 0_usize..4) {
        let simulation = Simulation::new(seed);
        let folder = tempfile::tempdir().unwrap();
        simulation.script(folder.path(), Mode::Apply, &Maker(fastrand::Rng::with_seed(seed)).recipe(count));
        let env = [None, Some("dev"), Some("production"), Some("live")][env];
        holds(&simulation, env);
    }
}

/// What the property rests on: the accounts have something of every service, with settings.
#[test]
fn made_up_accounts_have_something_of_every_service() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut count = 0;
    for seed in 0..6 {
        let simulation = Simulation::new(seed);
        let folder = tempfile::tempdir().unwrap();
        simulation.script(folder.path(), Mode::Apply, &Maker(fastrand::Rng::with_seed(seed)).recipe(24));
        let things = things(&simulation);
        count += things.len();
        seen.extend(things.into_iter().map(|(service, place, _)| format!("{service} {}", place.is_some())));
    }
    let all = [
        "ai_gateway false",
        "beacon false",
        "d1 false",
        "kv false",
        "r2 false",
        "r2 true",
        "vectorize false",
    ];
    assert_eq!(seen, all.map(str::to_owned).into());
    assert!(count > 60, "{count}");
}

/// A service that only tests have is imported although nothing was written for it.
#[test]
fn one_more_service_is_imported_by_its_fields() {
    let simulation = Simulation::new(1);
    let folder = tempfile::tempdir().unwrap();
    simulation.script(
        folder.path(),
        Mode::Apply,
        "beacon::ensure(\"north\", #{ color: \"red\" }); beacon::ensure(\"south\");",
    );
    let imported = simulation.import(folder.path(), Some("dev"));
    assert_eq!(imported.brought, ["2 beacons"]);
    assert_eq!(imported.unread, ["of beacons: how often it has flashed"]);
    let recipe = read(folder.path(), "recipes/imported.rhai").unwrap();
    let calls: Vec<&str> = recipe.lines().filter(|line| line.contains("::")).collect();
    assert_eq!(
        calls,
        ["    beacon::ensure(\"north\", #{ color: \"red\" });", "    beacon::ensure(\"south\");"]
    );
}

/// A list that has each namespace twice, with another id.
struct Twice;

impl Interceptor for Twice {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let mut answer = deliver()?;
        if request.path.ends_with("/storage/kv/namespaces") {
            let mut body: Json = serde_json::from_slice(&answer.body).unwrap();
            let list = body["result"].as_array_mut().unwrap();
            let mut twins = list.clone();
            for twin in &mut twins {
                twin["id"] = json!("f".repeat(32));
            }
            list.extend(twins);
            answer.body = body.to_string().into_bytes();
        }
        Ok(answer)
    }
}

#[test]
fn two_things_of_one_name_are_refused() {
    let simulation = Simulation::new(1);
    let folder = tempfile::tempdir().unwrap();
    simulation.script(folder.path(), Mode::Apply, "kv::ensure(\"A\");");
    let id = simulation.account.resources().unwrap()[0].1.id.clone();
    let refused = simulation.import_on(Arc::new(Twice), folder.path(), None).unwrap_err();
    assert_eq!(refused, format!("kv has `A` more than once, with the ids `{id}`, `{}`", "f".repeat(32)));
    assert_eq!(files::walk(folder.path()).unwrap(), Vec::<std::path::PathBuf>::new());
}
