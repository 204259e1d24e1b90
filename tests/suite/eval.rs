//! `eval` for programs: its formats as they are read by others, what it needs, and formats that a command does not have.

use super::project::{Output, PLAIN, Project};
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::process::Stdio;

/// Two environments, none of which is the default.
const TWO: &str = "app = \"shop\"\n[naming]\ntemplate = \"{app}-{env}-{name}\"\n[environments.development]\nalias = \"dev\"\n\
                   [environments.production]\n";

fn eval(project: &Project, more: &[&str]) -> Output {
    project.run(&[&["eval"], more].concat())
}

fn json_of(output: &Output) -> Json {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

fn records(output: &Output) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(output.stdout.as_bytes());
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = texts(reader.headers().unwrap());
    (header, reader.records().map(|record| texts(&record.unwrap())).collect())
}

#[test]
fn json_is_the_value_alone_and_handles_are_their_properties() {
    let project = Project::new(PLAIN);
    let of = |expression: &str| eval(&project, &["--local", "--format", "json", expression]).exit(0);
    eval(&project, &["--local", "--write", "for n in [\"A\", \"B\"] { kv::ensure(n); }"]).exit(0);
    let listed = json_of(&of("kv::list()"));
    let names: Vec<&Json> = listed.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["A", "B"]);
    assert_eq!(listed[0]["id"].as_str().unwrap(), "[ID]");
    // What would be done is for people.
    let planned = of("kv::ensure(\"NEW\")");
    assert_eq!(json_of(&planned), json!({"name": "NEW", "id": "(known after apply)", "title": "NEW"}));
    assert_eq!(planned.stderr, "+ would create KvNamespace `NEW`\n");
    for (expression, value) in [
        ("()", json!(null)),
        ("1 + 1", json!(2)),
        ("9223372036854775807", json!(i64::MAX)),
        ("2.0", json!(2.0)),
        ("0.0 / 0.0", json!(null)),
        ("1.0 / 0.0", json!(null)),
        ("\"a\\nb\\u001b[31m\"", json!("a\nb\u{1b}[31m")),
        ("'c'", json!("c")),
        ("#{ b: [1, ()], a: #{} }", json!({"a": {}, "b": [1, null]})),
        ("|x| x", json!(null)),
        ("blob(2, 7)", json!([7, 7])),
        ("1;", json!(1)),
        ("let x = 1", json!(null)),
        ("`${kv::ensure(\"A\")}`", json!("KvNamespace(A)")),
    ] {
        assert_eq!(json_of(&of(expression)), value, "{expression}");
    }
}

#[test]
fn ndjson_is_one_line_for_each_item() {
    let project = Project::new(PLAIN);
    let of = |expression: &str| eval(&project, &["--local", "--format", "ndjson", expression]).exit(0).stdout;
    assert_eq!(
        of("[#{ b: 1, name: \"x\" }, #{ name: \"y\" }]"),
        "{\"name\":\"x\",\"b\":1}\n{\"name\":\"y\"}\n"
    );
    assert_eq!(of("[]"), "");
    assert_eq!(of("#{ a: [1, 2] }"), "{\"a\":[1,2]}\n");
    assert_eq!(of("()"), "null\n");
}

#[test]
fn csv_is_a_table_with_a_header_of_all_names() {
    let project = Project::new(PLAIN);
    let of = |expression: &str| eval(&project, &["--local", "--format", "csv", expression]).exit(0);
    let (header, rows) =
        records(&of("[#{ name: \"a,\\\"b\\\"\", n: 1 }, #{ name: \"x\\ny\", deep: [1, #{}] }]"));
    assert_eq!(header, ["name", "n", "deep"]);
    assert_eq!(rows, [vec!["a,\"b\"", "1", ""], vec!["x\ny", "", "[1,{}]"]]);
    let (header, rows) = records(&of("[1, \"x\"]"));
    assert_eq!((header, rows), (vec!["value".to_owned()], vec![vec!["1".to_owned()], vec!["x".to_owned()]]));
    of("[]").says("", "");
}

#[test]
fn a_text_prints_as_itself_and_a_semicolon_keeps_a_value_back() {
    let project = Project::new(PLAIN);
    let of = |expression: &str| eval(&project, &[expression]).exit(0);
    of("\"two words\"").says("two words\n", "");
    of("\"a\\nb\\n\"").says("a\nb\n", "");
    of("[\"x y\", \"z\"]").says("x y\nz\n", "");
    of("()").says("()\n", "");
    of("[]").says("[]\n", "");
    of("#{}").says("#{}\n", "");
    of("1;").says("", "");
    of("1; // and no more").says("", "");
    of("let x = 1").says("", "");
    of("fn f() { 1 }").says("", "");
}

#[test]
fn what_only_writes_is_told_in_words_and_is_no_value() {
    let project = Project::new(PLAIN).served();
    let of = |more: &[&str]| eval(&project, more).exit(0);
    of(&["kv::ensure(\"a\").put(\"k\", \"v\")"])
        .says("", "+ would create KvNamespace `a`\n> would write KvNamespace `a`\n");
    of(&["--write", "kv::ensure(\"a\").put(\"k\", \"v\")"])
        .says("", "created KvNamespace `a`\nwrote to KvNamespace `a`\n");
    of(&["--write", "kv::delete(\"a\")"]).says("", "deleted KvNamespace `a`\n");
    of(&["--write", "kv::delete(\"a\")"]).says("", "");
    of(&["--write", "kv::ensure(\"a\").put(\"k\", \"v\");"]).says("", "");
}

#[test]
fn secrets_are_in_no_format() {
    let config = "app = \"app\"\nsecret_env = [\"TOKEN_OF_X\"]\nprocess_env = [\"OTHER\"]\n[naming]\ntemplate = \"{name}\"\n[environments.development]\n";
    let project = Project::new(config).env("TOKEN_OF_X", "hunter2-hunter2");
    for format in ["text", "json", "ndjson", "csv"] {
        for expression in
            ["secret::env(\"TOKEN_OF_X\")", "[#{ name: \"a\", key: secret::env(\"TOKEN_OF_X\") }]"]
        {
            let output = eval(&project, &["-e", "development", "--format", format, expression]).exit(0);
            assert!(!output.stdout.contains("hunter2"), "{format} {expression}: {}", output.stdout);
            assert!(output.stdout.to_lowercase().contains("secret"), "{}", output.stdout);
        }
    }
}

#[test]
fn it_needs_no_more_than_the_expression_does() {
    let no_credentials = "error: no credentials\n";
    for project in [Project::empty(), Project::new(TWO)] {
        eval(&project, &["[1, 2].map(|x| x * 2).len"]).exit(0).says("2\n", "");
        eval(&project, &["--write", "log(\"x\"); 1"]).exit(0).says("1\n", "x\n");
        for expression in ["kv::list()", "account::id", "kv::ensure(\"A\")", "cf::get(\"/workers/scripts\")"]
        {
            let output = eval(&project, &[expression]).exit(2).stderr_has(no_credentials);
            assert_eq!(output.stdout, "", "{expression}");
        }
    }
    // A name that goes by templates has an environment; so have settings and variables.
    let project = Project::new(TWO);
    for expression in ["name(\"kv\", \"X\")", "config::app", "env::name", "process::env(\"X\")"] {
        let output = eval(&project, &[expression]).exit(2);
        output.says(
            "",
            "error: no environment chosen\nhint: `--env NAME` with one of `development`, `dev`, `production`\n",
        );
    }
    eval(&project, &["-e", "dev", "name(\"kv\", \"X\")"]).exit(0).says("shop-dev-X\n", "");
    eval(&Project::empty(), &["name(\"kv\", \"X\")"]).exit(0).says("X\n", "");
    // What fails for another reason says that.
    eval(&project, &["nope"]).exit(2).stderr(
        "\
error: unknown variable `nope`
 --> <eval>:1:1
  |
1 | nope
  | ^^^^
",
    );
}

#[test]
fn an_expression_comes_from_a_file_or_from_standard_input() {
    let project = Project::new(PLAIN).file("sum.rhai", "let a = 40;\na + 2\n");
    eval(&project, &["--file", "sum.rhai"]).exit(0).says("42\n", "");
    eval(&project, &["--file", "nope.rhai"])
        .exit(2)
        .stderr("error: can't read `nope.rhai`: there is no such file\n");
    eval(&project, &["--file", "sum.rhai", "1"]).exit(2).stderr(
        "error: the argument '--file <PATH>' cannot be used with '[EXPRESSION]'\n\
         \n\
         Usage: larder eval --file <PATH> [EXPRESSION]\n\
         \n\
         For more information, try '--help'.\n",
    );
    eval(&project, &[]).exit(2).stderr(
        "\
error: the following required arguments were not provided:
  <EXPRESSION>

Usage: larder eval <EXPRESSION>

For more information, try '--help'.
",
    );
    let mut command = project.command(&["eval", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"let a = 40;\na + 3\n").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"43\n");
}

#[test]
fn other_commands_print_their_rows_in_the_same_formats() {
    let project = Project::example();
    project.run(&["run", "-e", "development", "--local"]).exit(0);
    let names = |arguments: &[&str]| {
        let json = json_of(&project.run(&[arguments, &["--format", "json"]].concat()).exit(0));
        let lines = project.run(&[arguments, &["--format", "ndjson"]].concat()).exit(0).stdout;
        let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(json.as_array(), Some(&lines));
        let (header, rows) = records(&project.run(&[arguments, &["--format", "csv"]].concat()).exit(0));
        let name = header.iter().position(|column| column == "name").unwrap();
        let named: Vec<&str> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
        assert_eq!(named, rows.iter().map(|row| row[name].as_str()).collect::<Vec<_>>());
        lines
    };
    let recipes = names(&["recipes"]);
    assert_eq!(recipes[1]["name"], "provision");
    assert_eq!(recipes[1]["origin"], "bundled");
    assert_eq!(names(&["local", "show"]).len(), 12);
    assert!(names(&["local", "faults"]).len() > 5);
    let found = names(&["doc", "kv::ensure"]);
    assert_eq!(found[0]["forms"], json!(["kv::ensure(title: string, [options: map]) -> KvNamespace"]));
    assert!(names(&["doc"]).len() > 300);
    // An account that is not there yet has nothing in it.
    let empty = Project::new(PLAIN).run(&["local", "show", "--format", "json"]).exit(0);
    assert_eq!(json_of(&empty), json!([]));
}

#[test]
fn a_format_that_a_command_does_not_have_is_refused_with_those_that_it_has() {
    let project = Project::new(PLAIN);
    for (arguments, format, has) in [
        (&["run", "-e", "dev", "--local"][..], "csv", "`run` has no such format\nhint: text, json or ndjson"),
        (&["plan", "-e", "dev", "--local"], "sarif", "`plan` has no such format\nhint: text, json or ndjson"),
        (
            &["destroy", "-e", "dev", "--local"],
            "csv",
            "`destroy` has no such format\nhint: text, json or ndjson",
        ),
        (&["diff", "dev", "dev"], "ndjson", "`diff` has no such format\nhint: text or json"),
        (&["check"], "csv", "`check` has no such format\nhint: text, json or sarif"),
        (&["check", "--online"], "sarif", "`check` has no such format\nhint: text or json"),
        (
            &["ids", "-e", "dev", "--local"],
            "csv",
            "`ids` has no such format\nhint: text, json, toml or dotenv",
        ),
        (&["migrations", "status"], "csv", "`migrations` has no such format\nhint: text or json"),
        (&["migrations", "new", "x"], "json", "`migrations` has no such format\nhint: text only"),
        (&["recipes"], "toml", "`recipes` has no such format\nhint: text, json, ndjson or csv"),
        (&["show", "provision"], "json", "`show` has no such format\nhint: text only"),
        (&["eject", "provision"], "json", "`eject` has no such format\nhint: text only"),
        (&["init"], "json", "`init` has no such format\nhint: text only"),
        (&["doc"], "sarif", "`doc` has no such format\nhint: text, json, ndjson or csv"),
        (&["doc", "--markdown"], "json", "`doc` has no such format\nhint: text only"),
        (&["definitions"], "csv", "`definitions` has no such format\nhint: text or json"),
        (&["explain"], "json", "`explain` has no such format\nhint: text only"),
        (&["eval", "1"], "sarif", "`eval` has no such format\nhint: text, json, ndjson or csv"),
        (&["repl"], "dotenv", "`repl` has no such format\nhint: text, json, ndjson or csv"),
        (&["token"], "csv", "`token` has no such format\nhint: text or json"),
        (&["local", "show"], "toml", "`local` has no such format\nhint: text, json, ndjson or csv"),
        (&["local", "reset"], "json", "`local` has no such format\nhint: text only"),
        (&["completions", "bash"], "json", "`completions` has no such format\nhint: text only"),
        (&["man"], "json", "`man` has no such format\nhint: text only"),
    ] {
        let output = project.run(&[arguments, &["--format", format]].concat()).exit(2);
        output.says("", &format!("error: {has}\n"));
    }
    assert!(!project.path().join("recipes").exists() && !project.path().join(".larder").exists());
}

#[test]
fn a_default_recipe_that_is_not_there_is_a_finding_in_every_format() {
    let project = Project::new("app = \"app\"\nrecipe = \"nope\"\n[environments.development]\n");
    let text = project.run(&["check"]).exit(1);
    assert_eq!(text.stdout, "checked 2 recipes: 1 error\n");
    assert!(
        text.stderr.contains("there is no recipe `nope`") && text.stderr.contains("--> larder.toml:2:10"),
        "{}",
        text.stderr
    );
    let document = json_of(&project.run(&["check", "--format", "json"]).exit(1));
    assert_eq!((&document["errors"], &document["findings"][0]["at"]["line"]), (&json!(1), &json!(2)));
    assert_eq!(document["findings"][0]["hints"], json!(["there are: provision, wrangler"]));
    let sarif = json_of(&project.run(&["check", "--format", "sarif"]).exit(1));
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
}

#[test]
fn a_session_prints_in_the_format_that_is_asked_for() {
    let project = Project::new(PLAIN);
    let piped = |arguments: &[&str], lines: &str| {
        let mut command = project.command(&[&["repl", "-e", "dev", "--local"], arguments].concat());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let said = piped(&["--format", "ndjson"], "[1, #{ a: () }]\nkv::ensure(\"A\").name\n()\n1;\nlet x = 1\n");
    assert_eq!(said.0, "1\n{\"a\":null}\n\"A\"\nnull\n");
    assert_eq!(said.1, "+ would create KvNamespace `A`\n", "the value is alone on standard output");
    let said = piped(&[], ":format csv\n[#{ a: 1 }]\n:format table\n_\n:all\n:format xml\n");
    assert_eq!(said.0, "a\n1\na\n1\na\n1\n");
    assert_eq!(said.1, "there is no format `xml`\nhint: table, json, ndjson, csv\n");
    // What gives nothing leaves the last value as it is.
    assert_eq!(piped(&[], "[5, 6]\nlog(\"x\");\nlet y = _[0];\n_.len + y\n_\n").0, "[5, 6]\n7\n7\n");
    // What it can't stand for is refused as ever.
    for (entry, place) in [("_ = 3", ":1:1"), ("|_| 1", ":1:2"), ("_.x", ":1:3")] {
        let said = piped(&[], &format!("1\n{entry}\n"));
        assert!(said.0 == "1\n" && said.1.contains(place), "{said:?}");
    }
}

#[test]
fn a_program_gets_a_text_as_it_is() {
    let project = Project::new(PLAIN).file("t.txt", "a\r\nb\u{1b}[1m\r\n");
    let printed = |expression: &str, more: &[&str]| {
        project.run(&[&["eval", expression][..], more].concat()).exit(0).stdout
    };
    assert_eq!(printed("file::text(\"t.txt\")", &[]), "a\r\nb\u{1b}[1m\r\n");
    let persian = "می\u{200c}خواهم";
    assert_eq!(printed(&format!("\"{persian}\""), &[]), format!("{persian}\n"));
    assert_eq!(printed(&format!("[\"{persian}\", \"x\"]"), &[]), format!("{persian}\nx\n"));
    assert_eq!(
        printed("[#{a: file::text(\"t.txt\")}]", &["--format", "csv"]),
        "a\n\"a\r\nb\u{1b}[1m\r\n\"\n"
    );
    // A log that others may read takes no commands from it.
    let log = project.command(&["eval", "\"::add-mask::x\\n\u{1b}[1m\""]).env("CI", "true").output().unwrap();
    assert_eq!(String::from_utf8(log.stdout).unwrap(), "\\u{3a}:add-mask::x\n\\u{1b}[1m\n");
}

#[test]
fn what_is_only_planned_is_no_value_for_a_program() {
    let project = Project::new(PLAIN);
    project.run(&["eval", "--local", "kv::ensure(\"X\").id"]).exit(1).says(
        "",
        "+ would create KvNamespace `X`\nerror: the value is only known after apply, so nothing is printed\n\
         hint: `--write` makes it, `find` gives what is there\n",
    );
}

#[test]
fn what_would_be_done_stands_in_the_order_of_the_script() {
    let project = Project::new(PLAIN);
    let names: Vec<String> = (0..20).map(|number| format!("n{}", (number * 7) % 20)).collect();
    let calls: Vec<String> = names.iter().map(|name| format!("kv::ensure(\"{name}\");")).collect();
    let said = project.run(&["eval", "--local", &calls.concat()]).exit(0).stderr;
    let lines: Vec<String> =
        names.iter().map(|name| format!("+ would create KvNamespace `{name}`\n")).collect();
    assert_eq!(said, lines.concat());
}

#[test]
fn what_a_handle_is_said_to_have_is_nothing_where_the_answer_leaves_it_out() {
    let project = Project::new(PLAIN);
    project.run(&["eval", "--local", "--write", "kv::ensure(\"X\"); d1::ensure(\"y\");"]).exit(0);
    let asked = "[kv::find(\"X\").jurisdiction, d1::list()[0].read_replication]";
    project.run(&["eval", "--local", "--format", "json", asked]).exit(0).says("[\n  null,\n  null\n]\n", "");
    project.run(&["eval", "--local", "kv::find(\"X\").jurisdictoin"]).exit(2).stderr(
        "\
error: a KvNamespace has no property `jurisdictoin`
 --> <eval>:1:14
  |
1 | kv::find(\"X\").jurisdictoin
  |              ^
  |
  = help: did you mean `jurisdiction`?
",
    );
}

#[test]
fn a_secret_has_no_type_of_the_host() {
    let project = Project::new(&PLAIN.replace("app =", "secret_env = [\"K\"]\napp =")).env("K", "a-value");
    for (script, said) in [
        ("throw secret::env(\"K\")", "error: the recipe threw a secret\n"),
        ("[secret::env(\"K\"), secret::env(\"K\")].sort()", "error: elements of secret cannot be sorted\n"),
        ("throw kv::ensure(\"A\")", "error: KvNamespace(A)\n"),
    ] {
        let stderr = project.run(&["eval", "-e", "dev", "--local", script]).exit(1).stderr;
        assert!(stderr.contains(said), "{stderr}");
    }
}
