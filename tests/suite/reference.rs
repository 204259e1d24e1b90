//! The reference is complete and correct, and can be searched.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use super::simulation::place;
use super::source_tree::read;
use larder::run::Workspace;
use larder::run::reference::reference;
use larder::run::runtime_settings::offline_room;
use larder::script::docs::{Item, ItemKind, Reference};
use larder::script::run::Recipe;
use larder::services::Services;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

fn all() -> Reference {
    reference(Services::default())
}

/// What the engine of a run has, whoever has registered it.
#[test]
fn everything_that_a_run_can_call_or_read_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = Recipe { name: "recipes/main.rhai".into(), text: String::new() };
    let place = Workspace { services: Services::default(), opened: Arc::default(), ..place(folder.path()) };
    let room = offline_room(&place, folder.path(), &recipe).unwrap();
    let reference = all();
    let mut named = BTreeSet::new();
    for item in reference.items() {
        named.insert(item.name.clone());
        if item.sort == ItemKind::Function {
            named.insert(item.last_name().to_owned());
            named.insert(format!("{}::{}", item.module(), item.last_name()));
        }
    }
    let known = room.known.functions.keys().chain(&room.known.constants);
    let (known, missing): (Vec<&String>, Vec<&String>) = known.partition(|name| named.contains(*name));
    assert!(known.len() > 200, "{}", known.len());
    assert_eq!(missing, Vec::<&String>::new());
}

/// A call that gives a handle of each type.
const HANDLES: &[(&str, &str)] = &[
    ("KvNamespace", r#"kv::ensure("A")"#),
    ("R2Bucket", r#"r2::ensure("files")"#),
    (
        "VectorizeIndex",
        r#"vectorize::ensure("v", #{ dimensions: 32, metric: "cosine", description: "x", metadata_indexes: #{ city: "string" } })"#,
    ),
    ("AiGateway", r#"ai_gateway::ensure("g")"#),
    ("D1Database", r#"d1::ensure("d", #{ jurisdiction: "eu" })"#),
    ("D1Migrations", r#"d1::ensure("m").migrate("migrations")"#),
    ("D1Result", r#"d1::ensure("e").execute("SELECT 1")"#),
    ("D1Load", r#"d1::ensure("l").load("seed.sql")"#),
    ("D1Dump", r#"d1::ensure("l").dump("copy.sql")"#),
    ("D1Restore", r#"d1::ensure("l").restore(before.bookmark)"#),
    ("CfAnswer", r#"cf::post("/storage/kv/namespaces", #{ title: "RAW" })"#),
];

#[test]
fn what_handles_have_is_documented() {
    let reference = all();
    let mut documented = BTreeMap::<&str, BTreeSet<&str>>::new();
    for item in reference.items().filter(|item| item.sort == ItemKind::Property) {
        if let Some((kind, name)) =
            item.name.split_once('.').filter(|(kind, _)| kind.starts_with(char::is_uppercase))
        {
            documented.entry(kind).or_default().insert(name);
        }
    }
    let tried: BTreeSet<&str> = HANDLES.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(documented.keys().copied().collect::<BTreeSet<_>>(), tried);
    let mut recipe = String::from("let before = d1::ensure(\"l\").load(\"seed.sql\");\n");
    for (kind, call) in HANDLES {
        let _ = writeln!(recipe, "output(\"{kind}\", {call});");
    }
    let project = Project::new(PLAIN)
        .recipe(&recipe)
        .file("migrations/0001_a.sql", "CREATE TABLE a (id INTEGER);\n")
        .file("seed.sql", "CREATE TABLE IF NOT EXISTS b (id INTEGER);\n");
    let report = project.report(&["run", "main", "-e", "dev", "--local"]);
    assert_eq!(report["exit"], 0, "{:#}", report["error"]);
    for (kind, _) in HANDLES {
        let has: BTreeSet<&str> =
            report["outputs"][kind].as_object().unwrap().keys().map(String::as_str).collect();
        let said = &documented[kind];
        let unsaid: Vec<_> = has.difference(said).collect();
        assert!(unsaid.is_empty(), "{kind} has {unsaid:?}, which nobody says");
        // What is said is there, but for options that were not given.
        let own = Services::default().handles().find(|one| one.kind == *kind).unwrap().properties;
        let absent: Vec<_> = own.iter().map(|(name, ..)| *name).filter(|name| !has.contains(name)).collect();
        assert!(absent.is_empty(), "{kind} has no {absent:?}");
    }
}

#[test]
fn fields_can_be_read_and_those_of_the_environment_are_all_there() {
    let project = Project::new(PLAIN);
    let reference = all();
    let fields: Vec<&Item> = reference.items().filter(|item| item.sort == ItemKind::Field).collect();
    assert!(fields.len() >= 15, "{}", fields.len());
    let list: Vec<&str> = fields.iter().map(|item| item.name.as_str()).collect();
    project.run(&["eval", "-e", "dev", "--local", &format!("[{}].len()", list.join(", "))]).exit(0);
    let given = Regex::new(r"(?s)env(?:: | = )serde_json::json!\((\{.*?\})\)").unwrap();
    let key = Regex::new(r#""(\w+)":"#).unwrap();
    let code = read("src/run/runtime_settings.rs");
    let mut seen = 0;
    for found in given.captures_iter(&code) {
        for name in key.captures_iter(&found[1]) {
            assert!(list.contains(&format!("env::{}", &name[1]).as_str()), "env::{}", &name[1]);
            seen += 1;
        }
    }
    assert_eq!(seen, 8);
}

#[test]
fn real_name_gets_what_is_said() {
    let reference = all();
    let said: Vec<&str> =
        reference.items().filter_map(|item| item.name.strip_prefix("real_name.env.")).collect();
    let mut sorted = said.clone();
    sorted.sort_unstable();
    let recipe = "fn real_name(kind, logical, env) { let all = \"\"; for key in env.keys() { all += `${key}-`; } all }\n\
                  kv::ensure(name(\"kv\", \"A\"));\n";
    let project = Project::new(PLAIN).recipe(recipe);
    project.run(&["run", "main", "-e", "dev", "--local"]).exit(0);
    let names: Vec<String> =
        project.local().resources().unwrap().into_iter().map(|(_, one)| one.name).collect();
    assert_eq!(names, [format!("{}-", sorted.join("-"))]);
}

#[test]
fn a_name_a_part_a_type_and_a_word_are_found() {
    let project = Project::empty();
    let doc = |words: &[&str]| project.run(&[&["doc"], words].concat()).exit(0).stdout;
    assert_eq!(doc(&["KvNamespace.title"]), "KvNamespace.title: string\n\nUnique in the account.\n");
    assert_eq!(
        doc(&["env::alias"]),
        "env::alias: string\n\nIts short name, `{env}` in templates; the full name where it has none.\n"
    );
    for words in [
        &["replace"][..],
        &["std/naming"],
        &["slug"],
        &["d1.databases.NAME.migrations"],
        &["kv::put"],
        &["??"],
        &["D1Migrations"],
        &["real_name"],
        // A word in the sentences, and several words.
        &["bookmark"],
        &["small", "letters"],
    ] {
        kept(&format!("a name, a part, a type and words are found: {}", words.join(" ")), &doc(words));
    }
    for (part, has) in [
        ("project", "naming.template"),
        ("std", "std/provision::"),
        ("language", "starts_with("),
        ("errors", "e.kind"),
    ] {
        assert!(doc(&[part]).contains(has), "{part}: {}", doc(&[part]));
    }
    for (wrong, near) in
        [("kv::ensrue", "kv::ensure"), ("starts_wiht", "starts_with"), ("env::nmae", "env::name")]
    {
        let said = format!("error: nothing is called `{wrong}`\nhint: did you mean `{near}`?\n");
        project.run(&["doc", wrong]).exit(2).says("", &said);
    }
}

#[test]
fn definitions_have_every_function_and_field_in_their_form() {
    let project = Project::empty();
    let text = project.run(&["definitions"]).exit(0).stdout;
    let line = Regex::new(
        r"^(//.*|module static;|module [a-z0-9_]+ \{|\}|| {0,4}(///.*|fn (get )?\w+\((\w+: [\w?()]+(, \w+: [\w?()]+)*)?\) -> [\w?()]+;|const \w+: [\w?()]+;))$",
    )
    .unwrap();
    let wrong: Vec<&str> = text.lines().filter(|one| !line.is_match(one)).collect();
    assert_eq!(wrong, Vec::<&str>::new());
    for part in [
        "module kv {\n    /// Makes sure that a namespace of this title exists.\n    fn ensure(title: String) -> KvNamespace;\n",
        "    fn ensure(title: String, options: Map) -> KvNamespace;\n",
        "\n/// Unique in the account.\nfn get title(this: KvNamespace) -> String;\n",
        "fn put(this: KvNamespace, key: String, value: ?, options: Map) -> Written;\n",
        "    fn put(target: ?, key: String, value: ?) -> Written;\n",
        "module env {\n",
        "    const is_protected: bool;\n",
    ] {
        assert!(text.contains(part), "no {part:?}");
    }
    let output = project.run(&["definitions", "--format", "json"]).exit(0).stdout;
    let document: Json = serde_json::from_str(&output).unwrap();
    assert_eq!(document["schema"], "larder.definitions/1");
    let sections = document["sections"].as_array().unwrap();
    let count: usize = sections.iter().map(|section| section["items"].as_array().unwrap().len()).sum();
    assert_eq!(count, all().items().count());
    project
        .run(&["definitions", "--format", "ndjson"])
        .exit(2)
        .says("", "error: `definitions` has no such format\nhint: text or json\n");
}
