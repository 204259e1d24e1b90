//! The report files that other programs open, JUnit's XML and the HTML page, read back by a parser: hostile names and
//! values stay text, and a small run makes exactly the files beside this suite.

use super::github::corpus;
use super::markup::{Node, parsed};
use super::project::{PLAIN, Project, filtered};
use super::source_tree::read;
use super::workflow_file::repository;
use larder::escape::escape;
use larder::events::{
    Action, Change, Event, Finding, OpFinished, OpStarted, Problem, RequestDone, Sink, Site, Status,
    StepStatus,
};
use larder::report::{Builder, Exit, Heading, Mode, ReportFile, RunEnding, to_line};
use larder::run::exit::of_report;
use larder::secret::Redactor;
use larder::system::{Environment, files};
use serde_json::json;

/// What the stylesheet of a page is called in the files beside this suite: it has nothing to say about a run.
const STYLE: &str = "[STYLE]";

fn problem(kind: &str, message: String, name: &str) -> Problem {
    Problem {
        kind: kind.into(),
        message,
        code: Some(10014),
        ray: Some(name.into()),
        hint: Some(format!("not {name}")),
        findings: vec![Finding { at: site(name), message: format!("here {name}"), hint: None }],
    }
}

fn site(name: &str) -> Site {
    Site { file: format!("recipes/{name}"), line: 3, column: 7 }
}

/// A run in which everything that can have a name is called `name`, says `value`, and changes `field`.
fn events(name: &str, value: &str, field: &str) -> Vec<Event> {
    let started = |id| {
        Event::OpStarted(OpStarted {
            id,
            step: 1,
            service: "kv".into(),
            op: "ensure".into(),
            kind: "KvNamespace".into(),
            logical: Some(name.into()),
            resource: name.into(),
            jurisdiction: Some(name.into()),
            shared: false,
            holds: None,
            reads: false,
            subject: None,
            at: site(name),
        })
    };
    let change =
        |field: &str| Change { field: field.into(), from: json!([value]), to: json!({ name: value }) };
    let finished = |id, action, status, error| {
        Event::OpFinished(OpFinished {
            id,
            action,
            status,
            evidence: None,
            resource_id: Some(format!("id {name}")),
            changes: vec![change("/title"), change(field)],
            migrations: Vec::new(),
            notes: vec![format!("note {name}")],
            error,
            ms: 81,
            attempts: 1,
            foreseen: Box::default(),
        })
    };
    let request = |op, status, started_ms| {
        Event::Request(RequestDone {
            op: Some(op),
            method: "PUT".into(),
            path: format!("/accounts/0123/{name}"),
            status,
            refused: false,
            write: true,
            attempt: 1,
            started_ms,
            ms: 40,
            retry: None,
        })
    };
    let refused = |what: &str| Some(problem(name, format!("{what} {name}"), name));
    vec![
        Event::StepStarted { step: 1, name: name.into(), group: 1 },
        started(1),
        request(1, Some(200), 10),
        finished(1, Action::Create, Status::Done, None),
        started(2),
        request(2, Some(400), 60),
        finished(2, Action::Update, Status::Failed, refused("refused")),
        started(3),
        request(3, None, 110),
        finished(3, Action::Update, Status::Unknown, refused("lost")),
        Event::StepFinished { step: 1, status: StepStatus::Failed, ms: 160 },
        Event::Output { key: name.into(), value: json!([value]) },
    ]
}

/// The XML and the page of such a run, and what is parsed of them.
fn written(name: &str, value: &str, field: &str) -> [String; 2] {
    let builder = Builder::new(Heading {
        larder: "0.1.0".into(),
        run: "01J0".into(),
        mode: Mode::Apply,
        recipe: Some(name.into()),
        env: Some(name.into()),
        account: Some("0123456789abcdef0123456789abcdef".into()),
        is_local: false,
        started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    });
    let events = events(name, value, field);
    for event in &events {
        builder.emit(event.clone());
    }
    let ending = RunEnding {
        ms: 170,
        exit: Exit::Unknown,
        error: Some(problem(name, format!("the end of {name}"), name)),
        complete: false,
        interrupted: None,
        count_differences: false,
    };
    let report = builder.finish(&ending, of_report);
    let folder = tempfile::tempdir().unwrap();
    ["a.xml", "a.html"].map(|file| {
        let file = ReportFile::parse(file).unwrap().below(folder.path());
        file.save(&report, &events, &Redactor::default()).unwrap();
        files::read_text(&file.path, 8 << 20).unwrap()
    })
}

/// The elements with their attributes, without what may say something from outside.
fn skeleton(nodes: &[Node]) -> Vec<String> {
    const SPEAKING: [&str; 5] = ["name", "classname", "message", "type", "title"];
    let attribute = |(key, value): &(String, String)| {
        if SPEAKING.contains(&key.as_str()) { key.clone() } else { format!("{key}={value}") }
    };
    let of_node = |node: &Node| {
        let attributes: Vec<String> = node.attributes.iter().map(attribute).collect();
        format!("{} {} {}", "-".repeat(node.depth), node.name, attributes.join(" "))
    };
    nodes.iter().map(of_node).collect()
}

/// Everything that is said, in order: attributes, then the text of each element.
fn said(nodes: &[Node]) -> Vec<String> {
    let of_node = |node: &Node| {
        let attributes = node.attributes.iter().map(|(_, value)| value.clone());
        attributes.chain([node.text.clone()]).collect::<Vec<_>>()
    };
    // A text that could be a command is marked where it begins a line, and nowhere else.
    nodes.iter().flat_map(of_node).map(|text| text.replace("\\u{3a}:", "::")).collect()
}

/// As it stands inside a line.
fn shown(text: &str) -> String {
    escape(&format!("x{text}"))[1..].to_owned()
}

#[test]
fn no_hostile_text_breaks_out_of_the_xml_or_the_page() {
    let more =
        ["</script><script>x()</script>", "]]>", "<![CDATA[", "a & b &amp; c", "\"' onload='x()\"", "<?x?>"];
    let plain = written("NAME", "VALUE", "FIELD").map(|text| parsed(&text));
    let mut compared = 0;
    // The longest are cut in the same places when they are this long.
    let cut = |text: String| text.chars().take(10_000).collect::<String>();
    for text in corpus().into_iter().map(cut).chain(more.map(str::to_owned)).filter(|text| !text.is_empty()) {
        let files = written(&text, &text, &text);
        for (file, plain) in files.iter().zip(&plain) {
            let ill = file
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || "\u{fffe}\u{ffff}\u{202e}\u{200b}".contains(*c));
            assert_eq!(ill, None, "{text:?}: no XML, or no text that shows what it is");
            assert!(file.len() < 200_000, "{} bytes", file.len());
            let nodes = parsed(file);
            assert_eq!(skeleton(&nodes), skeleton(plain), "{text:?}");
            let shown = shown(&text);
            if shown.chars().count() > 60 {
                continue;
            }
            let json = to_line(&json!(text), &Redactor::default());
            let json = self::shown(json.strip_prefix('"').unwrap().strip_suffix('"').unwrap());
            for (said, plain) in
                said(&nodes).iter().zip(said(plain)).filter(|(_, plain)| !plain.contains("FIELD"))
            {
                // In an object the name is JSON, too.
                let meant = plain.replace("{\"NAME\":", &format!("{{\"{json}\":"));
                let meant = meant.replace("NAME", &shown).replace("VALUE", &json);
                assert_eq!(*said, meant, "{text:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 5_000, "{compared}");
}

#[test]
fn the_page_loads_and_runs_nothing() {
    let [_, page] = written("NAME", "VALUE", "FIELD");
    let nodes = parsed(&page);
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    assert!(nodes.iter().any(|node| node.attributes.iter().any(|(_, value)| value == policy)), "{page}");
    for node in &nodes {
        assert!(!["script", "link", "img", "iframe", "object", "form", "base"].contains(&node.name.as_str()));
        for (key, _) in &node.attributes {
            assert!(!key.starts_with("on") && !["href", "src", "action"].contains(&key.as_str()), "{key}");
        }
    }
    let style = &nodes.iter().find(|node| node.name == "style").unwrap().text;
    assert!(style.len() > 500 && !style.contains("url(") && !style.contains("@import"), "{style}");
}

/// Renewed by `LARDER_BLESS=1 cargo test --test it report_files`.
#[test]
fn a_small_run_makes_exactly_these_files() {
    let [xml, page] = written("SESSIONS", "weur", "/name");
    let style = parsed(&page).into_iter().find(|node| node.name == "style").unwrap().text;
    let page = page.replacen(&style, STYLE, 1);
    for (path, text) in [("tests/reports/small.xml", xml), ("tests/reports/small.html", page)] {
        if Environment::of_process().get("LARDER_BLESS").is_some() {
            files::write_whole(&repository().join(path), text.as_bytes()).unwrap();
        }
        assert_eq!(read(path), text, "renew {path} with LARDER_BLESS=1 if the change is meant");
    }
}

#[test]
fn the_binary_writes_both_beside_a_run_that_fails() {
    // What is only known after apply lets the run begin.
    let recipe = "step(\"stores\", || { kv::ensure(\"<A & 'B'>\");\n\
                  cf::get(\"/storage/kv/namespaces\"); kv::ensure(\"\"); });";
    let project = Project::new(PLAIN).recipe(recipe);
    let arguments = ["run", "main", "-e", "dev", "--local", "--report", "a.xml", "--report", "a.html"];
    project.run(&arguments).exit(4);
    let [xml, page] =
        ["a.xml", "a.html"].map(|name| files::read_text(&project.path().join(name), 1 << 20).unwrap());
    let time = regex::Regex::new("time=\"[0-9.]+\"").unwrap();
    let xml = time.replace_all(&filtered(&xml, project.path()), "time=\"[S]\"").into_owned();
    assert_eq!(xml, read("tests/reports/failing.xml"));
    assert!(parsed(&page).iter().any(|node| node.text == "<A & 'B'>"), "{page}");
}
