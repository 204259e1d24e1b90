//! Completion over an account in memory: a table of lines with the cursor as `‸`.

use super::*;
use crate::op::Guard;
use crate::repl::Entry;
use crate::report::{Console, LiveView, Terminal, Verbosity};
use crate::run::{Session, Workspace as Somewhere, WorkspaceOptions};
use crate::system::{Environment, files};

const CONFIG: &str = "\
app = \"shop\"
process_env = [\"REGION\"]
secret_env = [\"KEY\"]
steps = [\"kv\", \"d1\"]
[naming]
template = \"{name}\"
[kv]
namespaces = [\"SESSIONS\", \"LIMITS\"]
[d1.databases.jobs]
migrations = \"db\"
[environments.development]
alias = \"dev\"
[environments.production]
alias = \"prod\"
protected = true
";

/// What the entries leave, and an account in which their things are.
const ENTRIES: &[&str] = &[
    "let ns = kv::ensure(\"SESSIONS\");",
    "kv::ensure(\"SECOND \\\"one\\\"\"); r2::ensure(\"images\");",
    "let data = #{ alpha: 1, beta: [#{ gamma: \"x\" }], \"a b\": 2 };",
    "let text = \"abc\";",
    "fn double(number) { number * 2 }",
    "import \"std/naming\" as naming;",
    "import \"recipes/parts\" as parts;",
];

fn with_prompt(check: impl FnOnce(&Prompt, &mut Exploration<'_>) + Send) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, text.as_bytes()).unwrap();
    };
    write("larder.toml", CONFIG);
    write("recipes/parts.rhai", "/// Makes one.\nfn one(name) { kv::ensure(name) }\n");
    write("data/tenants.json", "[]");
    write("db/0001_a.sql", "SELECT 1;");
    let place = Somewhere {
        options: WorkspaceOptions {
            is_folder_named: true,
            env: Some("dev".into()),
            ..WorkspaceOptions::default()
        },
        environment: Environment::default(),
        redactor: Arc::default(),
        folder: files::canonical(folder.path()).unwrap(),
        command_line: Vec::new(),
        services: Services::default(),
        opened: Arc::default(),
    };
    let (selected, root) = (place.selected().unwrap(), place.root().unwrap());
    let sink = || Box::new(std::io::sink());
    let console = Console::new(sink(), sink(), Terminal::default(), place.redactor.clone());
    let live = Arc::new(LiveView::new(Arc::new(console), Verbosity::Quiet));
    crate::script::engine::run_on_big_stack(|| {
        let opened =
            Session::trial(&place, selected.as_ref(), &root, crate::run::interrupt::Interrupt::default())
                .unwrap();
        let mut exploration = Exploration::begin(opened, Guard::Open, live).unwrap();
        assert!(exploration.unlock("").unwrap().is_ok());
        for entry in ENTRIES {
            let shown = exploration.enter(&Entry::typed(entry));
            assert_eq!(shown.unwrap().errors, "", "{entry}");
        }
        let prompt = Prompt::of(&exploration, PromptStyle::new(true, true));
        prompt.note(&exploration);
        check(&prompt, &mut exploration);
    })
    .unwrap();
}

/// What the line becomes with each candidate, up to the cursor.
fn inserted(prompt: &Prompt, line: &str) -> Vec<String> {
    let at = line.find('‸').unwrap();
    let (begin, found) = prompt.candidates(&line.replacen('‸', "", 1), at);
    found.into_iter().map(|one| format!("{}{}", &line[..begin], one.insert)).collect()
}

/// Exactly these, in this order.
const EXACT: &[(&str, &[&str])] = &[
    // Modules and functions.
    ("kv‸", &["kv::"]),
    ("let a = kv::e‸", &["let a = kv::ensure(", "let a = kv::ensure_entries("]),
    ("kv::l‸", &["kv::list()"]),
    (
        "kv::‸",
        &[
            "kv::delete(",
            "kv::delete_keys(",
            "kv::ensure(",
            "kv::ensure_entries(",
            "kv::find(",
            "kv::get(",
            "kv::keys(",
            "kv::list()",
            "kv::put(",
            "kv::put_all(",
        ],
    ),
    ("env::‸", &["env::alias", "env::branch", "env::is_protected", "env::name"]),
    ("dou‸", &["double("]),
    ("naming::sl‸", &["naming::slug("]),
    ("parts::‸", &["parts::one("]),
    ("let fresh = 1; fre‸", &["let fresh = 1; fresh"]),
    ("let f = |first, second| fir‸", &["let f = |first, second| first"]),
    // Options, their values, and where they are written already.
    ("kv::ensure(\"x\", #{ ju‸", &["kv::ensure(\"x\", #{ jurisdiction: "]),
    ("r2::ensure(\"x\", #{ ju‸", &["r2::ensure(\"x\", #{ jurisdiction: "]),
    ("r2::ensure(\"x\", #{ jurisdiction: \"e‸", &["r2::ensure(\"x\", #{ jurisdiction: \"eu"]),
    (
        "vectorize::ensure(\"x\", #{ dimensions: 3, metric: \"cos‸",
        &["vectorize::ensure(\"x\", #{ dimensions: 3, metric: \"cosine"],
    ),
    ("vectorize::ensure(\"x\", #{ dimensions: 3, dim‸", &[]),
    ("ns.put(\"k\", \"v\", #{ t‸", &["ns.put(\"k\", \"v\", #{ ttl: "]),
    ("kv::put(ns, \"k\", \"v\", #{ me‸", &["kv::put(ns, \"k\", \"v\", #{ metadata: "]),
    ("steps(config::steps, #{ ‸", &["steps(config::steps, #{ kv: || ", "steps(config::steps, #{ d1: || "]),
    // What follows a dot.
    ("ns.pu‸", &["ns.put(", "ns.put_all("]),
    ("kv::ensure(\"A\").ti‸", &["kv::ensure(\"A\").title"]),
    ("kv::find(\"A\").k‸", &["kv::find(\"A\").keys("]),
    ("kv::list()[0].pu‸", &["kv::list()[0].put(", "kv::list()[0].put_all("]),
    ("kv::list().map(|each| each.ke‸", &["kv::list().map(|each| each.keys("]),
    ("for one in kv::list() { one.ke‸", &["for one in kv::list() { one.keys("]),
    ("let y = d1::ensure(\"x\"); y.mig‸", &["let y = d1::ensure(\"x\"); y.migrate("]),
    ("data.al‸", &["data.alpha"]),
    ("data.be‸", &["data.beta"]),
    ("data.va‸", &["data.values()"]),
    ("data.beta[0].ga‸", &["data.beta[0].gamma"]),
    ("config::d1.databases.j‸", &["config::d1.databases.jobs"]),
    ("text.to_up‸", &["text.to_upper()"]),
    ("ns.title.to_up‸", &["ns.title.to_upper()"]),
    ("parts::one(\"x\").ke‸", &["parts::one(\"x\").keys("]),
    ("nothing_known.‸", &[]),
    // Inside texts.
    ("kv::find(\"SES‸", &["kv::find(\"SESSIONS"]),
    ("kv::delete(\"ses‸", &["kv::delete(\"SESSIONS"]),
    ("kv::find(\"SEC‸", &["kv::find(\"SECOND \\\"one\\\""]),
    ("r2::ensure(\"‸", &["r2::ensure(\"images"]),
    ("name(\"‸", &["name(\"kv", "name(\"r2", "name(\"vectorize", "name(\"ai_gateway", "name(\"d1"]),
    ("name(\"kv\", \"‸", &["name(\"kv\", \"SESSIONS", "name(\"kv\", \"LIMITS"]),
    ("process::env(\"‸", &["process::env(\"REGION"]),
    ("secret::env(\"‸", &["secret::env(\"KEY"]),
    ("file::json(\"da‸", &["file::json(\"data/"]),
    ("file::json(\"data/‸", &["file::json(\"data/tenants.json"]),
    (
        "d1::ensure(\"j\").migrate(\"d‸",
        &["d1::ensure(\"j\").migrate(\"data/", "d1::ensure(\"j\").migrate(\"db/"],
    ),
    ("import \"recipes/‸", &["import \"recipes/parts"]),
    ("import \"std/nam‸", &["import \"std/naming"]),
    ("\"kv::‸", &[]),
    ("// kv::‸", &[]),
    // Commands.
    (":un‸", &[":unlock"]),
    (":env ‸", &[":env development", ":env production"]),
    (":env p‸", &[":env production"]),
    (":help wri‸", &[":help writing"]),
    (":trace ‸", &[":trace on", ":trace off"]),
    (":load rec‸", &[":load recipes/"]),
    (":doc kv::en‸", &[":doc kv::ensure"]),
    (":plan kv::fi‸", &[":plan kv::find("]),
    (":type ns.ke‸", &[":type ns.keys("]),
    (":vars ‸", &[]),
    ("é‸", &[]),
];

#[test]
fn every_place_has_its_candidates() {
    with_prompt(|prompt, _| {
        for (line, expected) in EXACT {
            assert_eq!(inserted(prompt, line), *expected, "{line}");
        }
    });
}

#[test]
fn a_list_says_what_each_thing_is() {
    with_prompt(|prompt, _| {
        let shown = |line: &str, columns: usize| -> Vec<String> {
            let (_, found) = prompt.candidates(line, line.len());
            laid_out(found, columns).into_iter().map(|pair| pair.display.trim_end().to_owned()).collect()
        };
        assert_eq!(
            shown("kv::", 80)[2..5],
            [
                "kv::ensure(title, [options])            Makes sure that a namespace of this…",
                "kv::ensure_entries(target, entries)     Makes sure that keys have these valu…",
                "kv::find(title)                         The namespace of this title, or `()`",
            ]
        );
        assert_eq!(shown("ns.t", 80), ["title  Unique in the account"]);
        assert!(shown("r2::ensure(\"x\", #{ ", 120).iter().any(|line| line.starts_with("jurisdiction")));
        assert_eq!(shown(":qu", 80), [":quit  ends the session, as Ctrl-D does"]);
        assert_eq!(shown("kv::find(\"SES", 80)[0].len(), "SESSIONS  ".len() + 32);
    });
}

#[test]
fn the_account_is_listed_once_until_an_entry_has_written() {
    with_prompt(|prompt, exploration| {
        let of = |line: &str| inserted(prompt, line);
        assert_eq!(of("r2::find(\"‸"), ["r2::find(\"images"]);
        let kept = prompt.names.of("r2");
        assert!(Arc::ptr_eq(&kept, &prompt.names.of("r2")), "it was asked again");
        let before = exploration.happened();
        exploration.enter(&Entry::typed("r2::list()")).unwrap();
        assert!(!exploration.has_written_since(before));
        exploration.enter(&Entry::typed("r2::ensure(\"more\");")).unwrap();
        assert!(exploration.has_written_since(before));
        prompt.forget_names();
        assert_eq!(of("r2::find(\"‸"), ["r2::find(\"images", "r2::find(\"more"]);
    });
}

#[test]
fn hints_are_the_rest_of_a_call() {
    use rustyline::history::DefaultHistory;
    with_prompt(|prompt, _| {
        let history = DefaultHistory::new();
        let hint = |line: &str| {
            prompt
                .inline_hint(line, line.len(), &Context::new(&history))
                .map(|inline_hint| rustyline::hint::Hint::display(&inline_hint).to_owned())
        };
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(hint("kv::ensure("), is("title: string, [options: map]) -> KvNamespace"));
        assert_eq!(hint("kv::find(\"A\""), is(") -> KvNamespace or ()"));
        assert_eq!(hint("r2::ensure(\"a\","), is(" [options: map]) -> R2Bucket"));
        assert_eq!(hint("ns.put(\"k\""), is(", value, [options: map]) -> Written"));
        assert_eq!(hint("double("), is("number)"));
        assert_eq!(hint("kv::find(\"A"), None, "inside of a text");
        assert_eq!(hint("kv::ensure(\"A\", #{ "), None, "inside of a map");
        assert_eq!(hint("kv::ensure(\"A\")"), None);
        prompt.measure(24, "dev> ");
        assert_eq!(hint("kv::ensure("), None, "there is no room for it");
        prompt.measure(40, "dev> ");
        assert_eq!(hint("kv::ensure("), is("title: string, [option…"));
    });
}

#[test]
fn a_text_keeps_its_width_in_colours() {
    use rustyline::highlight::Highlighter;
    with_prompt(|prompt, _| {
        let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
        for line in
            ["let a = kv::ensure(\"é\"); // x", "`a ${b} c`", "nope::f(1", ":unlock x", "\"a\nb", "#{a: 'c'}"]
        {
            assert_eq!(plain(&prompt.highlight(line, line.len())), line);
        }
        let colored = |line: &str| prompt.highlight(line, 0).replace('\u{1b}', "^");
        assert!(colored("kv::ensure(1").contains("^[34mensure^[0m"), "{}", colored("kv::ensure(1"));
        assert!(colored("kv::ensur(1").contains("^[31mensur^[0m"));
        assert!(
            prompt.highlight("f(g(1))", 7).contains("\u{1b}[1m\u{1b}[4m)"),
            "{}",
            prompt.highlight("f(g(1))", 7)
        );
    });
}
