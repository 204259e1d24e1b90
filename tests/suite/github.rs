//! What a job of GitHub Actions is told, read back by the runner's rules: hostile names and values stay what they are.

use super::jobs_database;
use super::project::{PLAIN, Project};
use super::proxy::Verdict;
use super::runner;
use larder::events::{
    Action, Event, Evidence, OpFinished, OpStarted, Problem, Sink, Site, Status, StepStatus,
};
use larder::report::{Builder, Console, Exit, GitHub, Heading, Mode, ReportContext, RunEnding, Terminal};
use larder::run::exit::of_report;
use larder::secret::{Redactor, Secret};
use larder::system::{Environment, files};
use parking_lot::Mutex;
use proptest::prelude::*;
use pulldown_cmark::{Event as Markdown, Options, Parser, Tag};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Texts that would like to be something else.
pub fn corpus() -> Vec<String> {
    let text = |entry: Json| match &entry {
        Json::String(text) => text.clone(),
        entry => {
            let times = usize::try_from(entry["times"].as_u64().unwrap()).unwrap();
            entry["repeat"].as_str().unwrap().repeat(times)
        }
    };
    let entries: Vec<Json> = serde_json::from_str(include_str!("../github/hostile.json")).unwrap();
    assert!(entries.len() >= 60);
    entries.into_iter().map(text).collect()
}

#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Stream {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).unwrap()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a job got.
struct Told {
    outputs: String,
    summary: String,
    log: String,
}

/// Tells a job of a run in which everything that can have a name is called `name`, and says `value`.
fn tell(folder: &Path, name: &str, value: &str) -> Told {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (output, summary) = (file("output"), file("summary"));
    for path in [&output, &summary] {
        files::write_whole(Path::new(path), b"").unwrap();
    }
    let environment: Environment = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_OUTPUT", output.as_str()),
        ("GITHUB_STEP_SUMMARY", summary.as_str()),
        ("GITHUB_WORKSPACE", folder.to_str().unwrap()),
        ("GITHUB_REF_NAME", name),
        ("GITHUB_SHA", name),
        ("GITHUB_SERVER_URL", name),
        ("GITHUB_REPOSITORY", value),
    ]
    .into_iter()
    .collect();
    let stderr = Stream::default();
    let console = Console::new(
        Box::new(Stream::default()),
        Box::new(stderr.clone()),
        Terminal::default(),
        Arc::new(Redactor::default()),
    );
    let builder = Builder::new(Heading {
        larder: "0".into(),
        run: "01".into(),
        mode: Mode::Apply,
        recipe: Some(name.into()),
        env: Some(name.into()),
        account: None,
        is_local: false,
        started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    });
    for event in events(name, value) {
        builder.emit(event);
    }
    let ending = RunEnding {
        ms: 1,
        exit: Exit::Done,
        error: None,
        complete: true,
        interrupted: None,
        count_differences: false,
    };
    let github = GitHub::detect(&environment).unwrap();
    let beside = ReportContext { root: folder, reports: &[] };
    assert!(github.finish(&console, &builder.finish(&ending, of_report), &beside));
    let read = |path: &str| files::read_text(Path::new(path), 8 << 20).unwrap();
    Told { outputs: read(&output), summary: read(&summary), log: stderr.text() }
}

fn events(name: &str, value: &str) -> Vec<Event> {
    let site = Site { file: name.into(), line: 3, column: 7 };
    let started = |id| {
        Event::OpStarted(OpStarted {
            id,
            step: 1,
            service: "kv".into(),
            op: "ensure".into(),
            kind: "KvNamespace".into(),
            logical: Some(name.into()),
            resource: name.into(),
            jurisdiction: None,
            shared: false,
            holds: None,
            reads: false,
            subject: None,
            at: site.clone(),
        })
    };
    let finished = |id, status, error| {
        Event::OpFinished(OpFinished {
            id,
            action: Action::Apply,
            status,
            evidence: (status == Status::Done).then_some(Evidence::Response),
            resource_id: Some(value.into()),
            changes: Vec::new(),
            migrations: Vec::new(),
            notes: vec![value.into()],
            error,
            ms: 1,
            attempts: 1,
            foreseen: Box::default(),
        })
    };
    let problem = Problem {
        kind: name.into(),
        message: value.into(),
        code: None,
        ray: None,
        hint: Some(value.into()),
        findings: Vec::new(),
    };
    vec![
        Event::StepStarted { step: 1, name: name.into(), group: 1 },
        started(1),
        finished(1, Status::Done, None),
        started(2),
        finished(2, Status::Failed, Some(problem)),
        Event::StepFinished { step: 1, status: StepStatus::Failed, ms: 1 },
        Event::Warning { message: value.into(), at: Some(site) },
        Event::Output { key: name.into(), value: value.into() },
        Event::Output { key: "fixed".into(), value: value.into() },
    ]
}

fn is_name(name: &str) -> bool {
    regex::Regex::new("^[A-Za-z_][A-Za-z0-9_-]{0,99}$").unwrap().is_match(name) && !name.ends_with('\n')
}

const OWN: [&str; 8] = ["ids", "changed", "complete", "exit", "environment", "recipe", "run", "report"];

/// Holds what was told against what is meant.
fn holds(told: &Told, name: &str, value: &str) {
    let pairs = runner::pairs(&told.outputs).unwrap();
    let mut expected: Vec<(String, String)> = Vec::new();
    let ids = json!({ "kv": { name: value } }).to_string();
    let own = [&ids, "true", "true", "4", name, name, "01", ""];
    expected.extend(OWN.iter().zip(own).map(|(name, value)| ((*name).to_owned(), value.to_owned())));
    let sizes = |pairs: &[(String, String)]| pairs.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
    let mut outputs = serde_json::Map::new();
    outputs.insert(name.into(), value.into());
    outputs.insert("fixed".into(), value.into());
    let mut each: Vec<(String, String)> = vec![("outputs".into(), Json::Object(outputs.clone()).to_string())];
    each.extend(outputs.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())));
    for (key, value) in each {
        let taken = expected.iter().any(|(other, _)| other.eq_ignore_ascii_case(&key));
        if is_name(&key) && !taken && sizes(&expected) + key.len() + value.len() <= 1 << 20 {
            expected.push((key, value));
        }
    }
    // JSON is compared as JSON: a text in it may be written in more than one way.
    let read = |pairs: Vec<(String, String)>| -> Vec<(String, Json)> {
        let is_json = |name: &str| name == "ids" || name == "outputs";
        let value = |name: &str, value: String| {
            if is_json(name) { serde_json::from_str(&value).unwrap() } else { Json::String(value) }
        };
        pairs.into_iter().map(|(name, text)| (name.clone(), value(&name, text))).collect()
    };
    let left_out = 1 + outputs.len() - (expected.len() - OWN.len());
    assert_eq!(read(pairs), read(expected), "{name:?}");

    let commands = runner::commands(&told.log);
    let names: Vec<&str> = commands.iter().map(|command| command.name.as_str()).collect();
    let mut meant = vec!["error", "warning"];
    meant.extend(vec!["warning"; left_out]);
    assert_eq!(names, meant, "{name:?}: {}", told.log);
    assert!(commands.iter().all(|command| command.properties.keys().eq(["title"])), "{commands:?}");
    let lines = told.log.lines().count();
    assert_eq!(lines, commands.len(), "every line is a command: {}", told.log);
    page(&told.summary, name);
}

/// Holds a summary to be a page of one heading, tables, lists, quotes, plain code and folded parts, and nothing else.
fn page(summary: &str, name: &str) {
    assert!(summary.len() < 1 << 20);
    let mut titles = Vec::new();
    let (mut heading, mut cells, mut folded) = (None, 0, Vec::new());
    for event in Parser::new_ext(summary, Options::all()) {
        match event {
            Markdown::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Markdown::End(pulldown_cmark::TagEnd::Heading(_)) => titles.extend(heading.take()),
            Markdown::Code(code) => {
                assert!(!code.contains(['<', '`', '|', '\n']), "{code}");
                if let Some(heading) = &mut heading {
                    heading.push_str(&code);
                }
            }
            Markdown::Html(tag) => folded.extend(
                tag.trim_end()
                    .strip_prefix("<details><summary>")
                    .and_then(|tag| tag.strip_suffix("</summary>"))
                    .map(str::to_owned)
                    .or_else(|| {
                        assert_eq!(tag.trim_end(), "</details>", "{name:?}");
                        None
                    }),
            ),
            Markdown::Start(
                Tag::HtmlBlock
                | Tag::BlockQuote(None)
                | Tag::Paragraph
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::List(None)
                | Tag::Item
                | Tag::Strong,
            )
            | Markdown::End(_) => {}
            Markdown::Start(Tag::TableCell) => cells += 1,
            Markdown::Text(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            other => panic!("{name:?}: {other:?} in\n{summary}"),
        }
    }
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert!(titles[0].starts_with("Infrastructure not ready:"), "{titles:?}");
    assert_eq!(folded, ["Ids", "Outputs", "Timing"]);
    assert!(cells > 0);
}

#[test]
fn every_hostile_text_is_read_back_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for text in corpus() {
        holds(&tell(folder.path(), &text, &text), &text, &text);
        holds(&tell(folder.path(), "plain", &text), "plain", &text);
    }
}

/// Pieces of which trouble is made.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "\n", "\r", "<<", "=", "::", "##[", "]", "error", "EOF", "larder_", "%0A", "|", "`", "<b>", "\\",
        " ", "x", "ids", "\u{200b}", "*", "[a](b)", "\t", "~", "#", "-",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_back_as_what_it_is(name in prop_oneof![pieces(), any::<String>()], value in prop_oneof![pieces(), any::<String>()]) {
        let folder = tempfile::tempdir().unwrap();
        holds(&tell(folder.path(), &name, &value), &name, &value);
    }
}

#[test]
fn a_long_text_is_cut_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let told = tell(folder.path(), "plain", &"|".repeat(3 << 20));
    page(&told.summary, "plain");
    assert!(told.summary.len() < 100_000, "a long text is cut, too: {}", told.summary.len());
}

#[test]
fn a_secret_is_masked_before_anything_is_said() {
    let stderr = Stream::default();
    let redactor = Arc::new(Redactor::default());
    let console = Arc::new(Console::new(
        Box::new(Stream::default()),
        Box::new(stderr.clone()),
        Terminal::default(),
        redactor.clone(),
    ));
    GitHub::mask_all(&console, &redactor);
    redactor.register(&Secret::new("s3cret-one\n100%-two".into()));
    console.talk("s3cret-one\n");
    assert_eq!(stderr.text(), "::add-mask::s3cret-one\n::add-mask::100%25-two\n[secret]\n");
}

/// A project in a job; the files of the job are in its folder.
pub fn in_job(project: Project) -> Project {
    let folder = files::canonical(project.path()).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    project.write("job/output", "before=1");
    project.write("job/summary", "");
    project
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_REF_TYPE", "branch")
        .env("GITHUB_REF_NAME", "develop")
        .env("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
        .env("GITHUB_SERVER_URL", "https://github.com")
        .env("GITHUB_REPOSITORY", "acme/jobmatch-ai")
        .env("GITHUB_WORKSPACE", &path(""))
        .env("GITHUB_OUTPUT", &path("job/output"))
        .env("GITHUB_STEP_SUMMARY", &path("job/summary"))
}

pub fn text_of(project: &Project, path: &str) -> String {
    files::read_text(&project.path().join(path), 1 << 20).unwrap()
}

#[test]
fn a_failing_migration_is_annotated_at_its_line_and_a_recipe_at_its_own() {
    let project = in_job(Project::new(PLAIN)).served();
    project.write("migrations/0001_a.sql", "CREATE TABLE a (b);\nDROP TABLE nope;\nSELECT c FROM a;\n");
    project.write("recipes/main.rhai", "d1::ensure(\"jobs\").migrate(\"migrations\");\nkv::ensure(\"\");\n");
    let token = project.account().session_token();
    let output = project.run(&["run", "main", "-e", "dev", "-q"]).exit(2);
    let commands = runner::commands(&output.stderr);
    let mask = secrecy::ExposeSecret::expose_secret(&token);
    assert!(output.stderr.starts_with(&format!("::add-mask::{mask}\n")), "{}", output.stderr);
    let places: Vec<String> = commands[1..]
        .iter()
        .map(|command| {
            let of = |key: &str| command.properties.get(key).cloned().unwrap_or_default();
            format!("{} {}:{}:{} {}", command.name, of("file"), of("line"), of("col"), command.data)
        })
        .collect();
    assert_eq!(
        places,
        [
            "error migrations/0001_a.sql:2:1 `DROP TABLE nope` fails: no such table: nope\n\
             hint: nothing was sent: correct the file and run again",
            "error recipes/main.rhai:2:5 `` is no valid KvNamespace name: a title has 1 to 512 bytes",
        ]
        .map(str::to_owned)
    );
}

#[test]
fn outputs_that_can_not_be_written_after_changes_are_in_the_log() {
    let project = in_job(Project::new(PLAIN).recipe("kv::ensure(\"A\");")).served();
    let project = project.env("GITHUB_OUTPUT", "/nowhere/output");
    let output = project.run(&["run", "main", "-e", "dev"]).exit(4);
    output.kept("outputs that can not be written after changes are in the log");
    let output = project.run(&["run", "main", "-e", "dev", "-q"]).exit(1);
    output.kept("outputs that can not be written after changes are in the log, 2");
}

#[test]
fn data_stays_alone_on_standard_output_and_the_job_can_be_left_out() {
    let recipe = "log(\"##[error]x\"); output(\"a\", \"##[error]y\\n::error::z\"); kv::ensure(\"A\");";
    let project = in_job(Project::new(PLAIN).recipe(recipe)).served();
    for format in ["json", "ndjson", "text"] {
        let output = project.run(&["run", "main", "-e", "dev", "--format", format]).exit(0);
        assert_eq!(runner::commands(&output.stdout), [], "{}", output.stdout);
        let names: Vec<String> =
            runner::commands(&output.stderr).into_iter().map(|command| command.name).collect();
        assert_eq!(names, ["add-mask"], "{}", output.stderr);
    }
    let report: Json = project.report(&["run", "main", "-e", "dev"]);
    assert_eq!(report["outputs"]["a"], "##[error]y\n::error::z");
    let before = text_of(&project, "job/output");
    let output = project.run(&["run", "main", "-e", "dev", "--no-github"]).exit(0);
    assert_eq!(runner::commands(&output.stderr), []);
    assert_eq!(text_of(&project, "job/output"), before);
}

#[test]
fn what_ends_a_command_early_is_annotated() {
    let project = in_job(Project::new(PLAIN));
    let output = project.run(&["run", "nope", "-e", "dev", "--local"]).exit(2);
    let commands = runner::commands(&output.stderr);
    assert_eq!(commands.len(), 1, "{}", output.stderr);
    assert_eq!(commands[0].data, "there is no recipe `nope`\nhint: there are: provision, wrangler");
}

/// The database does not say where: the annotation is that of the file, also where no workspace is named.
#[test]
fn a_refusal_without_a_place_is_shown_at_its_file() {
    let body = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"UNIQUE constraint failed: u.e: SQLITE_CONSTRAINT"}]}"#;
    let project =
        jobs_database::live(("0001_a.sql", "CREATE TABLE u (e UNIQUE);"), "", &[("0002_b.sql", "SELECT 1;")]);
    let project = jobs_database::behind(project, move |_, seen| {
        if jobs_database::applies(seen) { Verdict::Answer(400, body) } else { Verdict::Pass }
    });
    project
        .run_with(&["run", "main", "-e", "dev"], &[("GITHUB_ACTIONS", "true")])
        .exit(1)
        .kept("a refusal without a place is shown at its file");
}
