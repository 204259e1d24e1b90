//! Invalid input of every kind: the exact message with file, line and column, and no request sent.
//!
//! What is expected stands in `tests/bad/expected.txt`; `LARDER_BLESS=1` writes it anew, to be read before it is kept.

use super::project::{PLAIN, Project};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::system::files;
use regex::Regex;
use std::fmt::Write as _;
use std::path::Path;

/// How much may have been sent.
#[derive(Clone, Copy, PartialEq)]
enum Sends {
    Nothing,
    Reads,
}

struct Case {
    title: &'static str,
    project: fn() -> Project,
    arguments: &'static [&'static str],
    sends: Sends,
}

const RUN: &[&str] = &["run", "main", "-e", "dev"];

fn recipe(text: &str) -> Project {
    Project::new(PLAIN).recipe(text).served()
}

fn config(text: &str) -> Project {
    Project::new(text).recipe("log(1);").served()
}

/// A project that is served, without what the variable would say.
fn with_env(key: &str, value: &str) -> Project {
    Project::new(PLAIN).recipe("kv::ensure(\"A\");").served().env(key, value)
}

/// A project whose account plays this for every request.
fn struck(kind: FaultKind) -> Project {
    let project = recipe("kv::ensure(\"A\");");
    project.account().inject(Fault { kind, effect: FaultEffect::NotApplied, strike: FaultTarget::All });
    project
}

macro_rules! cases {
    ($($title:literal: $sends:ident $arguments:expr => $project:expr;)*) => {
        &[$(Case { title: $title, project: || $project, arguments: $arguments, sends: Sends::$sends }),*]
    };
}

const CASES: &[Case] = cases! {
    "unknown function: a misspelt one": Nothing RUN => recipe("let a = 1;\nkv::ensur(\"A\");\n");
    "unknown function: of no module": Nothing RUN => recipe("kv::ensure(\"A\");\nprovision_all();\n");
    "unknown function: an unknown module": Nothing RUN => recipe("vectorise::ensure(\"A\");\n");
    "unknown function: in an imported file": Nothing RUN =>
        recipe("import \"./parts\" as parts;\nparts::all();\n").file("recipes/parts.rhai", "fn all() {\n    kv::ensuer(\"A\");\n}\n");
    "unknown function: of an imported file": Nothing RUN => recipe("import \"std/provision\" as base;\nbase::kv_namespace();\n");
    "wrong count: too many": Nothing RUN => recipe("kv::ensure(\"A\", #{}, 3);\n");
    "wrong count: too few": Nothing RUN => recipe("kv::ensure();\n");
    "wrong option: a misspelt one": Nothing RUN => recipe("vectorize::ensure(\"a\", #{\n    dimension: 768,\n    metric: \"cosine\",\n});\n");
    "wrong option: unknown to the check": Reads RUN => recipe("let options = #{};\noptions[\"jurisdictoin\"] = \"eu\";\nkv::ensure(\"A\", options);\n");
    "wrong option: a word that is none": Reads RUN => recipe("vectorize::ensure(\"a\", #{ dimensions: 768, metric: \"cosin\" });\n");
    "wrong option: out of bounds": Reads RUN => recipe("vectorize::ensure(\"a\", #{ dimensions: 5000, metric: \"cosine\" });\n");
    "wrong option: missing": Reads RUN => recipe("vectorize::ensure(\"a\", #{ dimensions: 5 });\n");
    "wrong type: a number for a name": Reads RUN => recipe("kv::ensure(1);\n");
    "wrong type: text for a number": Reads RUN => recipe("vectorize::ensure(\"a\", #{ dimensions: \"768\", metric: \"cosine\" });\n");
    "wrong type: a list for a map": Reads RUN => recipe("kv::ensure(\"A\", [1]);\n");
    "wrong type: a handle in a name": Reads RUN => recipe("let a = r2::ensure(\"aaa\");\nkv::ensure(`x-${a}`);\n");
    "wrong type: a handle of another kind": Reads RUN => recipe("let a = r2::ensure(\"aaa\");\nkv::get(a, \"k\");\n");
    "reserved word: as a variable": Nothing RUN => recipe("let match = 1;\n");
    "reserved word: as a key": Nothing RUN => recipe("let m = #{ default: 1 };\n");
    "reserved word: as a property": Nothing RUN => recipe("let m = #{};\nlog(m.default);\n");
    "syntax: a bracket is not closed": Nothing RUN => recipe("kv::ensure(\"A\";\n");
    "syntax: a text is not closed": Nothing RUN => recipe("kv::ensure(\"A);\n");
    "unknown variable: in a function": Nothing RUN => recipe("let app = \"x\";\nfn f() { app }\nf();\n");
    "unknown environment: a misspelt one": Nothing &["run", "main", "-e", "developmnt"] => recipe("log(1);");
    "unknown environment: none given": Nothing &["run", "main"] => recipe("log(1);");
    "unknown environment: from the variable": Nothing &["run", "main"] => with_env("LARDER_ENV", "prod");
    "unknown environment: a pull request in CI": Nothing &["run", "main"] =>
        with_env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "pull_request").env("GITHUB_REF_NAME", "develop").env("GITHUB_REF_TYPE", "branch");
    "missing token: none at all": Nothing RUN => Project::new(PLAIN).recipe("kv::ensure(\"A\");");
    "missing token: an old name": Nothing RUN => Project::new(PLAIN).recipe("kv::ensure(\"A\");").env("CF_API_TOKEN", "x");
    "missing token: an empty file": Nothing RUN => Project::new(PLAIN).recipe("kv::ensure(\"A\");").file("token", "\n").env("CLOUDFLARE_API_TOKEN_FILE", "token");
    "missing token: two of them": Nothing RUN => with_env("CLOUDFLARE_API_KEY", "k").env("CLOUDFLARE_EMAIL", "a@b.c");
    "bad account id: too short": Nothing RUN => with_env("CLOUDFLARE_ACCOUNT_ID", "0123");
    "bad account id: none": Nothing RUN => with_env("CLOUDFLARE_ACCOUNT_ID", "");
    "bad account id: two that differ": Nothing RUN => config(&format!("app = \"a\"\naccount_id = \"{}\"\n[environments.dev]\n", "f".repeat(32)));
    "bad account id: in the file": Nothing RUN => config("app = \"a\"\naccount_id = \"mine\"\n[environments.dev]\n");
    "unreadable file: the recipe": Nothing &["run", "recipes/none.rhai", "-e", "dev"] => recipe("log(1);");
    "unreadable file: a recipe by name": Nothing &["run", "provison", "-e", "dev"] => recipe("log(1);");
    "unreadable file: no UTF-8": Nothing RUN => { let p = recipe("log(1);"); let path = p.path().join("recipes/main.rhai"); files::write_whole(&path, b"log(\xff);").unwrap(); p };
    "unreadable file: an import": Nothing RUN => recipe("import \"./none\" as none;\nnone::x();\n");
    "unreadable file: an import outside": Nothing RUN => recipe("import \"../../etc/passwd\" as x;\n");
    "unreadable file: the migrations": Reads RUN => recipe("d1::ensure(\"db\").migrate(\"no/such/folder\");\n");
    "unreadable file: the env file": Nothing &["run", "main", "-e", "dev", "--env-file", "none.env"] => recipe("log(1);");
    "project file: an unknown key": Nothing RUN => config("ap = \"a\"\n[environments.dev]\n");
    "project file: a wrong type": Nothing RUN => config("app = \"a\"\n[kv]\nnamespaces = \"A\"\n[environments.dev]\n");
    "project file: no TOML": Nothing RUN => config("app = \"a\n[environments.dev]\n");
    "project file: an unknown placeholder": Nothing RUN => config("app = \"a\"\n[naming]\ntemplate = \"{app}-{nam}\"\n[environments.dev]\n");
    "project file: none": Nothing &["ids", "-e", "dev"] => Project::empty().served();
    "invalid name: a bucket": Reads RUN => recipe("r2::ensure(\"My_Bucket\");\n");
    "invalid name: a namespace": Reads RUN => recipe("kv::ensure(\"\");\n");
    "invalid name: a database": Reads RUN => recipe("d1::ensure(\"-db\");\n");
    "invalid name: a gateway": Reads RUN => recipe("ai_gateway::ensure(\"My Gateway\");\n");
    "name collision: in one environment": Nothing RUN => config("app = \"a\"\n[naming]\ntemplate = \"{app}\"\n[environments.dev]\n").recipe("name(\"kv\", \"one\");\nname(\"kv\", \"two\");\n");
    "name collision: across environments": Nothing RUN =>
        config("app = \"a\"\n[environments.dev]\n[environments.staging]\nnaming = { template = \"{app}-dev-b\" }\n").recipe("name(\"kv\", \"b\");\nname(\"kv\", \"c\");\n");
    "name collision: by real_name": Nothing RUN => recipe("fn real_name(kind, logical, env) { \"same\" }\nname(\"r2\", \"a\");\nname(\"r2\", \"b\");\n");
    "name collision: other options": Reads RUN => recipe("r2::ensure(\"abc\");\nr2::ensure(\"abc\", #{ storage_class: \"InfrequentAccess\" });\n");
    "401: an unknown token": Reads RUN => with_env("CLOUDFLARE_API_TOKEN", "not-a-token-of-this-account");
    "401: a token that has expired": Reads RUN => struck(FaultKind::Expired);
    "401: a key of somebody else": Reads RUN =>
        with_env("CLOUDFLARE_API_TOKEN", "").env("CLOUDFLARE_API_KEY", &"0".repeat(37)).env("CLOUDFLARE_EMAIL", "somebody@example.com");
    "401: a token with a line break": Nothing RUN => with_env("CLOUDFLARE_API_TOKEN", "two\nlines");
    "403: reading": Reads RUN => Project::new(PLAIN).recipe("kv::ensure(\"A\");").served_with(std::time::Duration::ZERO, Some(&["D1 Read"]));
    "403: writing": Reads RUN => Project::new(PLAIN).recipe("kv::ensure(\"A\");").served_with(std::time::Duration::ZERO, Some(&["Workers KV Storage Read"]));
    "403: a firewall's challenge": Reads RUN => struck(FaultKind::Challenge);
    "403: D1": Reads RUN => Project::new(PLAIN).recipe("d1::ensure(\"db\");").served_with(std::time::Duration::ZERO, Some(&["Workers KV Storage Read"]));
    "untrusted host": Nothing RUN => with_env("CLOUDFLARE_API_BASE_URL", "https://evil.example/client/v4");
    "denied: a variable that is not allowed": Nothing RUN => recipe("log(process::env(\"HOME\"));\n");
    "denied: another account": Nothing RUN => recipe("cf::get(\"/accounts/ffffffffffffffffffffffffffffffff/queues\");\n");
    "denied: a secret in text": Nothing RUN =>
        config(&PLAIN.replace("[naming]", "process_env = [\"S\"]\n[naming]")).recipe("let s = secret::env(\"S\");\nlet t = \"x\";\nt += s;\n").env("S", "hidden-value");
    "arguments: an unknown command": Nothing &["provision"] => Project::empty();
    "arguments: an unknown flag": Nothing &["run", "--envv", "dev"] => Project::empty();
    "arguments: a set of what must not be set": Nothing &["run", "main", "-e", "dev", "--set", "account_id=x"] => recipe("log(1);");
};

/// How many cases there are.
pub fn count() -> usize {
    CASES.len()
}

#[test]
fn every_mistake_is_told_where_it_is() {
    let mut seen = String::new();
    let mut wrong = Vec::new();
    let retries = Regex::new("[0-9]+ retries").unwrap();
    for case in CASES {
        let project = (case.project)();
        let output = project.run(case.arguments);
        let _ =
            writeln!(seen, "=== {}\n$ larder {} -> {}", case.title, case.arguments.join(" "), output.code);
        for text in [&output.stdout, &output.stderr] {
            // A runner is told what to mask.
            let token = project.variable("CLOUDFLARE_API_TOKEN").filter(|token| token.starts_with("local_"));
            let text = token.map_or_else(|| text.clone(), |token| text.replace(token, "[TOKEN]"));
            // Of what goes beside another, one may end with the run before it comes again.
            let text = retries.replace_all(&text, "[N] retries").into_owned();
            let lines = text.lines().map(str::trim_end);
            lines.for_each(|line| {
                let _ = writeln!(seen, "{line}");
            });
        }
        seen.push('\n');
        if output.code == 0 || output.code == 70 || output.code == 101 {
            wrong.push(format!("{}: exit {}", case.title, output.code));
        }
        if let Some(history) = project.history() {
            if case.sends == Sends::Nothing && !history.is_empty() {
                wrong.push(format!("{}: {} requests", case.title, history.len()));
            }
            let wrote = history.iter().filter(|one| one.changed).count();
            if wrote
                > usize::from(
                    case.title.starts_with("name collision: other")
                        || case.title.starts_with("wrong type: a handle")
                        || case.title.contains("the migrations"),
                )
            {
                wrong.push(format!("{}: {wrote} changes", case.title));
            }
        }
    }
    println!("suite::bad_input: {} cases", CASES.len());
    assert!(CASES.len() >= 60);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/expected.txt");
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, seen.as_bytes()).unwrap();
    }
    let expected = files::read_text(&path, 1 << 20).unwrap_or_default();
    let differ: Vec<&str> =
        seen.split("=== ").filter(|block| !expected.contains(&format!("=== {block}"))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(expected == seen, "these differ, and are now:\n{}", differ.join("\n"));
}
