//! What the server answers at places of texts.
//!
//! Each case is a request, texts with the place as `‸`, and the answer. They stand in `tests/editors/cases.txt`;
//! `LARDER_BLESS=1` writes the answers anew, to be read before they are kept.

use super::super::house::in_step;
use super::super::project::Project;
use super::super::source_tree::read;
use super::{Client, file};
use larder::system::files;
use serde_json::{Value as Json, json};

const CASES: &str = "tests/editors/cases.txt";

/// Where the cases are, unless they say otherwise.
const CONFIG: &str = "\
app = \"shop\"
recipe = \"main\"
process_env = [\"REGION\"]
secret_env = [\"KEY\"]
steps = [\"kv\", \"d1\"]
wrangler = \"wrangler.toml\"
[vars]
size = 3
[vars.limits]
rate = 10
[kv]
namespaces = [\"SESSIONS\", \"LIMITS\"]
[d1.databases.jobs]
migrations = \"db\"
[environments.development]
alias = \"dev\"
[environments.production]
alias = \"prod\"
protected = true
vars = { size = 5 }
";

const PARTS: &str = "\
//! Parts that recipes share.

const SIZE = 3;

/// Makes one.
fn one(name) { kv::ensure(name) }

private fn hidden() { 1 }
";

fn project() -> Project {
    Project::new(CONFIG)
        .file("recipes/main.rhai", "")
        .file("recipes/parts.rhai", PARTS)
        .file("wrangler.toml", "name = \"shop\"\n[env.development]\n[env.production]\n")
        .file("data/tenants.json", "[]")
        .file("db/0001_a.sql", "SELECT 1;")
}

/// The request of a word, and the place in a text where it is asked, if it is one of a place.
fn method(word: &str) -> &'static str {
    match word {
        "hover" => "textDocument/hover",
        "complete" => "textDocument/completion",
        "signature" => "textDocument/signatureHelp",
        "definition" => "textDocument/definition",
        "symbols" => "textDocument/documentSymbol",
        "format" => "textDocument/formatting",
        other => panic!("no request is called {other}"),
    }
}

/// Line and UTF-16 column of the mark.
fn place(text: &str) -> Json {
    let before = text.split('‸').next().unwrap();
    let line = before.rsplit('\n').next().unwrap();
    json!({ "line": before.matches('\n').count(), "character": line.encode_utf16().count() })
}

/// An answer for people.
fn shown(word: &str, answer: &Json, project: &Project) -> String {
    let place = |at: &Json| format!("{}:{}", at["line"], at["character"]);
    let range = |range: &Json| format!("{}-{}", place(&range["start"]), place(&range["end"]));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    if answer.is_null() {
        return "nothing\n".to_owned();
    }
    match word {
        "hover" => {
            format!("{}\n{}\n", range(&answer["range"]), text(&answer["contents"]["value"]).trim_end())
        }
        "signature" => {
            let number = |value: &Json| value.as_u64().map(|number| usize::try_from(number).unwrap());
            let active = number(&answer["activeSignature"]).unwrap();
            let forms = answer["signatures"].as_array().unwrap().iter().enumerate().map(|(at, form)| {
                let params = form["parameters"].as_array().unwrap();
                let param = number(&form["activeParameter"]).and_then(|param| params.get(param));
                let of = param.map(|param| {
                    format!("\n    {}: {}", text(&param["label"]), text(&param["documentation"]))
                });
                let mark = if at == active { "*" } else { " " };
                format!(
                    "{mark} {}{}\n",
                    text(&form["label"]),
                    of.filter(|_| at == active).unwrap_or_default()
                )
            });
            forms.collect()
        }
        "definition" => {
            let root = file(project, "");
            format!("{} {}\n", text(&answer["uri"]).replace(&root, ""), range(&answer["range"]))
        }
        "symbols" => symbols(answer, 0),
        "format" => {
            let edits = answer.as_array().unwrap().iter();
            let edits = edits.map(|edit| format!("{}\n{}", range(&edit["range"]), text(&edit["newText"])));
            edits.collect::<Vec<_>>().concat()
        }
        _ => {
            let items = answer["items"].as_array().unwrap();
            let line = |item: &Json| {
                let edit = &item["textEdit"];
                let extra = [&item["detail"], &item["documentation"]].map(text).join("  ");
                let line = format!(
                    "{} {:?} ({}) {} {}",
                    range(&edit["range"]),
                    text(&edit["newText"]),
                    item["kind"],
                    text(&item["label"]),
                    extra.trim()
                );
                format!("{}\n", line.trim_end())
            };
            let more =
                if items.len() > MANY { format!("and {} more\n", items.len() - MANY) } else { String::new() };
            items.iter().take(MANY).map(line).collect::<String>() + more.as_str()
        }
    }
}

/// So many candidates are written down.
const MANY: usize = 12;

fn symbols(list: &Json, depth: usize) -> String {
    let place = |at: &Json| format!("{}:{}", at["line"], at["character"]);
    let all = list.as_array().unwrap().iter().map(|one| {
        let (start, end) = (place(&one["range"]["start"]), place(&one["range"]["end"]));
        let children =
            if one["children"].is_null() { String::new() } else { symbols(&one["children"], depth + 1) };
        let detail = one["detail"].as_str().unwrap_or_default();
        let line = format!(
            "{}{} ({}) {start}-{end} {detail}",
            "  ".repeat(depth),
            one["name"].as_str().unwrap(),
            one["kind"]
        );
        format!("{}\n{children}", line.trim_end())
    });
    all.collect()
}

#[test]
fn every_case_is_answered_as_written_down() {
    let text = read(CASES);
    let project = project();
    let mut client = Client::of(&project);
    let mut seen = Vec::new();
    let mut answered = 0;
    for (at, section) in text.split("=== ").skip(1).enumerate() {
        let (title, rest) = section.split_once('\n').unwrap();
        let source = rest.split("---\n").next().unwrap();
        // `hover larder.toml`, `complete`: of a recipe, where nothing is said.
        let mut words = title.split(':').next().unwrap().split(' ');
        let (word, name) = (words.next().unwrap(), words.next().map(str::to_owned));
        let name = name.unwrap_or_else(|| format!("recipes/case{at}.rhai"));
        let uri = file(&project, &name);
        client.open(&uri, &source.replacen('‸', "", 1));
        let params = json!({ "textDocument": { "uri": uri }, "position": place(source), "options": { "tabSize": 4, "insertSpaces": true } });
        let answer = client.ask(method(word), &params);
        client.close(&uri);
        answered += usize::from(!answer.is_null());
        seen.push(format!("=== {title}\n{source}---\n{}\n", shown(word, &answer, &project)));
    }
    assert!(answered > 50, "{answered} answers");
    in_step(CASES, &seen.concat());
    assert_eq!(client.end(), (Some(0), String::new()));
    assert_eq!(files::read_text(&project.path().join("larder.toml"), 1 << 20).unwrap(), CONFIG);
}
