//! Secrets with special characters, quoted by the libraries that servers, proxies and templates are written with: as they were
//! recorded, and where Python and Node are on the machine, as they do it.

use super::*;
use serde_json::{Map, Value as Json};

const RECORDED: &str = include_str!("../../quoted/recorded.json");

/// A secret, and how each writes it.
struct Quoted {
    secret: String,
    written: Map<String, Json>,
}

fn recorded() -> Vec<Quoted> {
    let all: Vec<Json> = serde_json::from_str(RECORDED).unwrap();
    let quoted = |one: &Json| Quoted {
        secret: one["secret"].as_str().unwrap().to_owned(),
        written: one["written"].as_object().unwrap().clone(),
    };
    all.iter().map(quoted).collect()
}

/// What a program of this machine makes of a text; nothing where there is no such program.
fn written_by(program: &str, script: &str, text: &str) -> Option<Map<String, Json>> {
    let script = super::super::source_tree::root().join("tests/quoted").join(script);
    let output = Command::new(program).arg(script).arg(text).output().ok()?;
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).ok()
}

/// A run whose server quotes a secret in its error, with everything that it leaves behind.
fn told(quoted: &Quoted, message: &str) -> String {
    let body = serde_json::json!({
        "success": false, "result": null, "messages": [], "errors": [{"code": 9999, "message": message}],
    });
    let body: &'static str = Box::leak(body.to_string().into_boxed_str());
    let project = Project::new(&PLAIN.replace("[naming]", "secret_env = [\"S\"]\n[naming]"))
        .recipe("kv::ensure(\"A\");")
        .env("S", &quoted.secret)
        .served();
    let address = proxy::start(project.address(), move |_| Verdict::Answer(400, body));
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    let reports = ["report.json", "report.html", "report.xml", "report.ndjson"];
    let mut arguments = vec!["run", "main", "-e", "dev", "-v"];
    for report in reports {
        arguments.extend(["--report", report]);
    }
    let output = project.command(&arguments).output().unwrap();
    let mut all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    for report in reports {
        all += &files::read_text(&project.path().join(report), 1 << 22).unwrap();
    }
    all
}

/// What is shown of a secret that is quoted so: of a message for each, between marks, nothing but the mask may be left.
fn shown(quoted: &Quoted, written: &Map<String, Json>) -> Vec<String> {
    let redactor = Redactor::default();
    redactor.register(&Secret::new(quoted.secret.clone()));
    let mut wrong = Vec::new();
    for (name, text) in written {
        let text = text.as_str().unwrap();
        let clean = redactor.redact(text).into_owned();
        // What lies around it: a key, quotes, and the ends of base64 that hold no whole byte of it.
        let left: usize = clean.split("[secret]").map(str::len).sum();
        let is_base64 = name.contains("base64");
        let around = if is_base64 { text.len() * 3 / 4 } else { 40 };
        if !clean.contains("[secret]") || left > around {
            wrong.push(format!("{name}: {text} -> {clean}"));
        }
    }
    wrong
}

#[test]
fn a_secret_is_known_however_it_is_quoted() {
    let mut count = 0;
    for quoted in recorded() {
        let programs = [("python3", "quote.py"), ("node", "quote.js")];
        let here =
            programs.iter().filter_map(|(program, script)| written_by(program, script, &quoted.secret));
        for written in here.chain([quoted.written.clone()]) {
            count += written.len();
            assert_eq!(shown(&quoted, &written), [] as [String; 0], "{}", quoted.secret);
        }
    }
    assert!(count >= 150, "{count}");
}

#[test]
fn nothing_that_a_run_leaves_quotes_it() {
    for quoted in recorded() {
        for (name, text) in &quoted.written {
            let text = text.as_str().unwrap();
            // Several in a run would be told apart by nothing.
            if [
                "python3: json",
                "python3: repr",
                "go: html.EscapeString",
                "go: json.Marshal",
                "node: encodeURIComponent",
                "python3: base64 with lines",
            ]
            .iter()
            .any(|chosen| chosen == name)
            {
                let told = told(&quoted, &format!("<{text}>"));
                assert!(told.contains("[secret]"), "{name}: {told}");
                let canaries = [quoted.secret.clone()];
                assert_eq!(leaks(name, told.as_bytes(), &canaries), [] as [String; 0]);
            }
        }
    }
}

#[test]
fn what_is_no_secret_stays() {
    let redactor = Redactor::default();
    redactor.register(&Secret::new("a&b\"c/d".to_owned()));
    for text in
        ["a&amp;b", "a%26b%22c", "a&b\\\"c", "\\\\\\\\\\\\\\\\", "&amp;&#38;&#x26;%26\\u0026", "a\nb\nc/d"]
    {
        assert_eq!(redactor.redact(text), text);
    }
    assert_eq!(redactor.redact("a&amp;b%22c\\/d and a&b\"c/d"), "[secret] and [secret]");
}
