//! `larder explain`: every kind that a report can have and every lint is explained, and its example produces it.

use super::project::{PLAIN, Project};
use super::source_tree::sources;
use larder::local::fault::Fault;
use larder::run::explain::{self, Example, Explained};
use regex::Regex;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::Path;

/// Every `kind` and `rule` in a document.
fn codes(document: &Json, found: &mut BTreeSet<String>) {
    match document {
        Json::Object(map) => {
            for (key, value) in map {
                if let (true, Some(code)) = (key == "kind" || key == "rule", value.as_str()) {
                    found.insert(code.to_owned());
                }
                codes(value, found);
            }
        }
        Json::Array(list) => list.iter().for_each(|item| codes(item, found)),
        _ => {}
    }
}

/// The folder of an example; a fault is played by an account that is served to it.
fn project(example: &Example) -> Project {
    let mut project = Project::new(PLAIN);
    for (path, text) in &example.files {
        project = project.file(path, text);
    }
    let Some(fault) = example.fault else { return project };
    let project = project.served();
    project.account().inject(fault.parse::<Fault>().unwrap());
    project
}

/// What the last command of an example says.
fn produced(example: &Example) -> BTreeSet<String> {
    let project = project(example);
    let binary = Path::new(env!("CARGO_BIN_EXE_larder")).parent().unwrap().to_owned();
    let path = format!("{}:/usr/bin:/bin", binary.display());
    let run = |command: &str| {
        let mut shell = project.command_of(Path::new("/bin/sh"), &["-c", command]);
        shell.env("PATH", &path).output().unwrap()
    };
    let (last, before) = example.commands.split_last().unwrap();
    for command in before {
        let output = run(command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let output = run(&format!("{last} --format json"));
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{last}: {error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let mut found = BTreeSet::new();
    codes(&document, &mut found);
    found
}

#[test]
fn every_example_produces_its_code() {
    let all = explain::all();
    let of_examples: Vec<(&Explained, &Example)> =
        all.iter().filter_map(|one| Some((one, one.example.as_ref()?))).collect();
    assert!(of_examples.len() >= 45, "{}", of_examples.len());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts = of_examples.chunks(of_examples.len().div_ceil(4));
        let threads: Vec<_> = parts
            .map(|part| {
                scope.spawn(move || {
                    let wrong = part.iter().filter_map(|(one, example)| {
                        let found = produced(example);
                        (!found.contains(one.code)).then(|| format!("{}: {found:?}", one.code))
                    });
                    wrong.collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(wrong, Vec::<String>::new());
}

/// Where a kind is made of a variable: by hand, what it can be.
const NOT_LITERAL: [&str; 3] =
    ["src/op/failure.rs", "src/run/check/empty_account.rs", "src/run/destroy/refusal.rs"];

#[test]
fn every_kind_of_error_is_explained_and_no_other() {
    let literal = [
        r#"\brefused(?:_with_hint)?\(\s*"([a-z_]+)""#,
        r#"\bProblem::new\(\s*"([a-z_]+)""#,
        r#"\bkind: "([a-z_]+)"\.to_owned\(\), \.\.problem"#,
        r#"pub const [A-Z]+: &str = "(import|bug|denied|failed)";"#,
        r#"why\.push\(\("([a-z_]+)","#,
    ]
    .map(|pattern| Regex::new(pattern).unwrap());
    let chosen = [
        ("src/op/failure.rs", r#"\bFailure::[A-Z][^=]*=> "([a-z_]+)","#),
        ("src/run/check/finding.rs", r#"\bDiagnosticKind::[A-Z][a-z]+ => "([a-z-]+)","#),
    ];
    let indirect = Regex::new(r"\bProblem::new\(\s*[^\x22\s]").unwrap();
    let (mut kinds, mut by_variable) = (BTreeSet::new(), BTreeSet::new());
    for source in sources() {
        for pattern in &literal {
            kinds.extend(pattern.captures_iter(&source.code).map(|found| found[1].to_owned()));
        }
        for (_, pattern) in chosen.iter().filter(|(path, _)| *path == source.path) {
            let pattern = Regex::new(pattern).unwrap();
            kinds.extend(pattern.captures_iter(&source.code).map(|found| found[1].to_owned()));
        }
        if indirect.is_match(&source.code) {
            by_variable.insert(source.path.clone());
        }
    }
    assert_eq!(by_variable.iter().map(String::as_str).collect::<Vec<_>>(), NOT_LITERAL);
    let explained = explain::all().into_iter().filter(|one| one.sort == explain::CodeKind::Error);
    let explained: BTreeSet<String> = explained.map(|one| one.code.to_owned()).collect();
    let missing: Vec<_> = kinds.difference(&explained).collect();
    let stale: Vec<_> = explained.difference(&kinds).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not explained: {missing:?}, nowhere: {stale:?}");
}

#[test]
fn a_code_has_a_page_and_what_is_near_is_named() {
    let project = Project::empty();
    let list = project.run(&["explain"]).exit(0).stdout;
    for one in explain::all() {
        assert!(list.contains(&format!("  {:<18} {}\n", one.code, one.summary)), "{}", one.code);
        let page = project.run(&["explain", one.code]).exit(0).stdout;
        assert!(page.starts_with(&format!("{}: {}\n\n", one.code, one.summary)), "{page}");
        assert!(page.contains("\nWay out: "), "{page}");
    }
    project
        .run(&["explain", "name-twise"])
        .exit(2)
        .says("", "error: there is no code `name-twise`\nhint: did you mean `name-twice`?\n");
    project.run(&["explain", "integer-division"]).exit(0).says(
        "integer-division: A division of whole numbers loses a fraction\n\n\
         A whole number divided by a whole number gives a whole number: `5 / 2` is `2`, and `5 / 2 * 2` is\n\
         `4`. Nothing is rounded, the fraction is dropped. The lint looks at numbers that are plain to see:\n\
         written out, or a name that is given one number and never another.\n\n\
         Way out: give one side a fraction (`5.0 / 2`, or `x.to_float() / 2`). Where the whole part is meant,\n\
         write it, or silence the line.\n\n\
         `// larder:allow(integer-division)` on the line above, or at the line's end, silences it.\n\n\
         Example\n\n  recipes/main.rhai\n      const DAYS = 5;\n      output(\"half\", DAYS / 2);\n\n  \
         $ larder check main\n",
        "",
    );
}
