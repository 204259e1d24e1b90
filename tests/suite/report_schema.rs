//! Holds JSON reports against their published schema.
//!
//! **Invariant:** a keyword of the schema that is not looked at here fails the test, so that none is skipped silently.

use larder::system::files;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Json> = LazyLock::new(|| committed("schemas/report-1.json"));
static EVENTS: LazyLock<Json> = LazyLock::new(|| committed("schemas/events-1.json"));

fn committed(path: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&files::read_text(&path, 1 << 20).unwrap()).unwrap()
}

/// Asserts that a report is what the schema says, with nothing beside it.
#[track_caller]
pub fn holds(report: &Json) {
    against(&SCHEMA, report);
}

/// The same for another schema of the repository.
#[track_caller]
pub fn fits(path: &str, document: &Json) {
    against(&committed(path), document);
}

/// Asserts that a line of NDJSON is what the schema says, with nothing beside it.
#[track_caller]
pub fn event_holds(event: &Json) {
    against(&EVENTS, event);
}

#[track_caller]
fn against(schema: &Json, value: &Json) {
    let mut wrong = Vec::new();
    check(schema, schema, value, "", &mut wrong);
    assert!(wrong.is_empty(), "{}\n{value:#}", wrong.join("\n"));
}

fn resolved<'a>(root: &'a Json, schema: &'a Json) -> Option<&'a Json> {
    root.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

fn check(root: &Json, schema: &Json, value: &Json, at: &str, wrong: &mut Vec<String>) {
    for (keyword, says) in schema.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "$defs" | "$schema" | "title" | "description" | "format" => {}
            "$ref" => {
                // What stands beside a reference is known, too.
                let mut inner = Vec::new();
                check(root, resolved(root, schema).unwrap(), value, at, &mut inner);
                let beside = |line: &String| {
                    let own = schema["properties"].as_object().into_iter().flatten();
                    own.map(|(key, _)| format!("{at}/{key}: not in the schema")).any(|known| known == *line)
                };
                wrong.extend(inner.into_iter().filter(|line| !beside(line)));
            }
            "type" => {
                let types: Vec<&Json> = says.as_array().map_or(vec![says], |list| list.iter().collect());
                if !types.iter().any(|name| is_a(value, name.as_str().unwrap())) {
                    wrong.push(format!("{at}: {value} is no {says}"));
                }
            }
            "const" => {
                if value != says {
                    wrong.push(format!("{at}: {value} is not {says}"));
                }
            }
            "enum" => {
                if !says.as_array().unwrap().contains(value) {
                    wrong.push(format!("{at}: {value} is none of {says}"));
                }
            }
            "minimum" => {
                if value.is_number() && value.as_i64() < says.as_i64() {
                    wrong.push(format!("{at}: {value} is less than {says}"));
                }
            }
            "maximum" => {
                if value.is_number() && value.as_i64() > says.as_i64() {
                    wrong.push(format!("{at}: {value} is more than {says}"));
                }
            }
            "anyOf" | "oneOf" => {
                let fits = |schema: &&Json| {
                    let mut inner = Vec::new();
                    check(root, schema, value, at, &mut inner);
                    inner.is_empty()
                };
                let fitting = says.as_array().unwrap().iter().filter(fits).count();
                if fitting == 0 || (keyword == "oneOf" && fitting > 1) {
                    wrong.push(format!("{at}: {value} fits {fitting} alternatives"));
                }
            }
            "required" => {
                let missing =
                    says.as_array().unwrap().iter().filter(|key| value.get(key.as_str().unwrap()).is_none());
                wrong.extend(missing.map(|key| format!("{at}: no {key}")));
            }
            "properties" => {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    match says.get(key) {
                        Some(schema) => check(root, schema, inner, &format!("{at}/{key}"), wrong),
                        None if schema.get("additionalProperties").is_some() => {}
                        None if resolved(root, schema)
                            .is_some_and(|of| of["properties"].get(key).is_some()) => {}
                        None => wrong.push(format!("{at}/{key}: not in the schema")),
                    }
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, says, item, &format!("{at}/{index}"), wrong);
                }
            }
            "additionalProperties" => {
                let known = &schema["properties"];
                for (key, inner) in value.as_object().into_iter().flatten() {
                    if known.get(key).is_none() && says == false {
                        wrong.push(format!("{at}/{key}: not in the schema"));
                    } else if known.get(key).is_none() {
                        check(root, says, inner, &format!("{at}/{key}"), wrong);
                    }
                }
            }
            other => panic!("{at}: the keyword `{other}` is not looked at"),
        }
    }
}

fn is_a(value: &Json, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

#[test]
fn what_is_wrong_is_found() {
    let mut wrong = Vec::new();
    let op = serde_json::json!({"exit": "0", "steps": [{"ops": [{"action": "made"}]}], "extra": 1});
    check(&SCHEMA, &SCHEMA, &op, "", &mut wrong);
    for part in ["/exit: ", "/steps/0/ops/0/action: ", "/extra: not in", "no \"schema\""] {
        assert!(wrong.iter().any(|line| line.contains(part)), "{part}: {wrong:#?}");
    }
}

#[test]
fn every_line_of_a_run_is_an_event_of_the_schema() {
    let project =
        super::project::Project::example().file("workers/migrations/0007_bad.sql", "DROP TABLE nope;");
    project.write("recipes/main.rhai", "log(\"said\"); output(\"a\", [1]); kv::ensure(\"A\"); step(\"one\", || d1::ensure(\"db\").migrate(\"workers/migrations\"));");
    let mut kinds = std::collections::BTreeSet::new();
    project.write("recipes/works.rhai", "kv::ensure(\"B\");");
    for arguments in [["run", "main"], ["run", "works"], ["plan", "provision"], ["run", "provision"]] {
        let arguments = [
            &arguments[..],
            &["-e", "development", "--local", "--format", "ndjson", "--report", "events.ndjson"],
        ]
        .concat();
        let output = project.command(&arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for line in text.lines() {
            let event: Json = serde_json::from_str(line).unwrap();
            event_holds(&event);
            kinds.insert(event["event"].as_str().unwrap().to_owned());
        }
        let kept = files::read_text(&project.path().join("events.ndjson"), 8 << 20).unwrap();
        // Two sinks may be told in another order what happens at one moment.
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&kept), sorted(&text), "the file has the same lines");
    }
    let all = [
        "expected",
        "log",
        "op_finished",
        "op_started",
        "output",
        "request",
        "step_finished",
        "step_started",
        "warning",
        "write_sent",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all);
    let mut wrong = Vec::new();
    let event = serde_json::json!({"event": "log", "message": 1, "extra": 1});
    check(&EVENTS, &EVENTS, &event, "", &mut wrong);
    assert!(!wrong.is_empty());
}
