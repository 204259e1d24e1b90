//! Recipes that never end or never have enough, on the binary: stopped at a place that is told, after what they had
//! done was finished and reported.

use super::project::{PLAIN, Project, ops};
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];
/// The figure is 2 s; the rest is for a machine that builds something else meanwhile.
const WALL_TIME_MAX: Duration = Duration::from_secs(6);

/// What is said of a recipe that is stopped without having done anything.
fn stopped(recipe: &str, code: i32, said: &str) {
    let project = Project::new(PLAIN).recipe(recipe).served();
    let begun = Instant::now();
    let output = project.run(&RUN);
    let took = begun.elapsed();
    assert!(took < WALL_TIME_MAX, "{took:?}: {recipe}");
    let expected = format!("{said}exit {code}: nothing was changed\n");
    let nothing = "main -> development (account 0123...cdef)\n\nnothing done in [TIME] ([N] reads, 0 writes); incomplete\n";
    output.exit(code).says(nothing, &expected);
    let writes = project.account().history().iter().filter(|one| one.method != "GET").count();
    assert_eq!(writes, 0);
}

#[test]
fn a_loop_without_end() {
    stopped(
        "let i = 0;\nwhile i >= 0 {\n    i += 1;\n}\n",
        1,
        "error: the recipe takes more than 5,000,000 steps\n --> recipes/main.rhai:3:10\n  |\n3 |     i += 1;\n  \
         |          ^\n  |\n  = help: is there a loop that does not end?\n",
    );
}

#[test]
fn a_recursion_without_end() {
    stopped(
        "fn down(n) {\n    down(n + 1)\n}\ndown(0);\n",
        1,
        "error: functions call each other more than 64 deep\n --> recipes/main.rhai:4:1\n  |\n4 | down(0);\n  | ^^^^\n  \
         |\n  = help: does a function call itself without an end?\n",
    );
}

#[test]
fn a_text_that_doubles() {
    stopped(
        "let text = \"x\";\nloop { text += text; }\n",
        1,
        "error: a text, or all texts in one list or map together, is larger than 1,048,576 bytes\n \
         --> recipes/main.rhai:2:13\n  |\n2 | loop { text += text; }\n  |             ^^\n  |\n  \
         = help: large content goes by file path, not through script values\n",
    );
}

#[test]
fn a_text_of_a_gigabyte() {
    stopped(
        "let text = \"\";\ntext.pad(1000000000, \"x\");\n",
        1,
        "error: a text, or all texts in one list or map together, is larger than 1,048,576 bytes\n \
         --> recipes/main.rhai:2:6\n  |\n2 | text.pad(1000000000, \"x\");\n  |      ^^^\n  |\n  \
         = help: large content goes by file path, not through script values\n",
    );
}

#[test]
fn a_sleep_beyond_all() {
    stopped(
        "sleep(100);\n",
        1,
        "error: the recipe sleeps for more than 60 seconds in all\n --> recipes/main.rhai:1:1\n  |\n1 | sleep(100);\n  \
         | ^^^^^\n  |\n  = help: ops wait by themselves until what they need is there\n",
    );
}

#[test]
fn expressions_in_expressions() {
    let project =
        Project::new(PLAIN).recipe(&format!("let x = {}1{};\n", "(".repeat(300), ")".repeat(300))).served();
    project.run(&RUN).exit(2).kept("expressions in expressions");
    assert!(project.account().history().is_empty());
}

#[test]
fn more_variables_than_there_may_be() {
    let mut recipe = String::new();
    for number in 0..200 {
        let _ = writeln!(recipe, "let v{number} = {number};");
    }
    Project::new(PLAIN).recipe(&recipe).served().run(&RUN).exit(1).kept("more variables than there may be");
}

#[test]
fn a_naming_function_without_end() {
    let recipe = "fn real_name(kind, logical, env) {\n    loop { }\n}\nkv::ensure(name(\"kv\", \"A\"));\n";
    stopped(
        recipe,
        1,
        "error: the recipe takes more than 5,000,000 steps\n --> recipes/main.rhai:4:12\n  |\n\
         4 | kv::ensure(name(\"kv\", \"A\"));\n  |            ^^^^\n  |\n  = help: is there a loop that does not end?\n",
    );
}

#[test]
fn an_error_in_the_naming_function_is_told_where_it_is() {
    let recipe =
        "fn real_name(kind, logical, env) {\n    [logical][9]\n}\nkv::ensure(name(\"kv\", \"A\"));\n";
    stopped(
        recipe,
        1,
        "error: index 9 is outside of the list: it has 1 element\n --> recipes/main.rhai:2:15\n  |\n2 |     \
         [logical][9]\n  |               ^\n  |\n  = help: for one that may be absent: `.get(9) ?? other`\nnote: in this call of `real_name`\n --> recipes/main.rhai:4:12\n  |\n4 | kv::ensure(name(\"kv\", \"A\"));\n  \
         |            ^^^^\n",
    );
}

#[test]
fn no_catch_and_no_step_goes_on_after_a_cap() {
    let recipe = "try {\n    step(\"one\", #{ on_error: \"continue\" }, || {\n        kv::ensure(\"A\");\n        \
                  r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\n        loop { }\n    });\n} catch { }\n\
                  kv::ensure(\"NEVER\");\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.api("POST", "/r2/buckets", &json!({"name": "taken"}));
    let report = project.report(&RUN);
    let told: Vec<(String, String)> = ops(&report)
        .into_iter()
        .map(|(step, _, name, _, status)| (format!("{step} {name}"), status))
        .collect();
    let expected = [("one A", "planned"), ("one taken", "conflict")];
    assert_eq!(told, expected.map(|(name, status)| (name.to_owned(), status.to_owned())));
    assert_eq!((&report["exit"], &report["steps"][0]["status"]), (&json!(1), &json!("failed")));
    let output = project.run(&RUN).exit(1);
    assert!(
        output.stderr.starts_with("error: the recipe takes more than 5,000,000 steps\n"),
        "{}",
        output.stderr
    );
    assert_eq!(output.stderr.matches("5,000,000").count(), 1, "{}", output.stderr);
}

#[test]
fn steps_that_a_cap_keeps_from_beginning_are_told_as_skipped() {
    let recipe = "steps([[\"a\", \"b\"], \"c\"], #{\n    a: || { kv::ensure(\"A\"); loop { } },\n    \
                  b: || kv::ensure(\"B\"),\n    c: || kv::ensure(\"C\"),\n});\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    let report = project.report(&RUN);
    let steps: Vec<(&str, &str)> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), step["status"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [("a", "failed"), ("b", "skipped"), ("c", "skipped")]);
    assert_eq!(report["exit"], 1);
}
