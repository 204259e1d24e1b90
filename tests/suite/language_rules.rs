//! What holds for all functions that send nothing: secrets stay secrets, ids that are not there yet are not looked into,
//! limits are kept, and a wrong argument has a place and a way out.

use super::outputs::kept;
use super::project::{Output, PLAIN, Project};
use larder::local::Request;
use secrecy::ExposeSecret;
use serde_json::json;

const RUN: [&str; 5] = ["run", "main", "-e", "dev", "--local"];
const PLAN: [&str; 5] = ["plan", "main", "-e", "dev", "--local"];
const SECRET: &str = "s3cret-canary-value";

fn secret(recipe: &str) -> Project {
    Project::new(&format!("secret_env = [\"S\"]\n{PLAIN}")).env("S", SECRET).recipe(recipe)
}

fn run(recipe: &str) -> Output {
    Project::new(PLAIN).recipe(recipe).run(&RUN)
}

#[test]
fn what_is_made_of_a_secret_is_a_secret() {
    let made = [
        ("hash::sha256(s)", "hash"),
        ("base64::encode(s)", "encode"),
        ("base64::encode_url(s)", "encode_url"),
        ("base64::decode(base64::encode(s))", "decode"),
        ("url_encode(s + \"/\")", "url"),
        ("join([\"key\", s, 1], \":\")", "join"),
    ];
    let lines = made.map(|(call, key)| format!("let m = {call}; print(m); a.put(\"{key}\", m);\n"));
    let project =
        secret(&format!("let s = secret::env(\"S\");\nlet a = kv::ensure(\"A\");\n{}", lines.concat()));
    let project = project.served();
    let output = project.run(&["run", "main", "-e", "dev"]).exit(0);
    assert_eq!(output.stderr, "Secret\n".repeat(made.len()));
    // What was sent is what was meant.
    let digest = sha256(SECRET);
    let encoded = "czNjcmV0LWNhbmFyeS12YWx1ZQ";
    let joined = format!("key:{SECRET}:1");
    for (key, value) in [
        ("hash", digest.as_str()),
        ("encode", &format!("{encoded}==")),
        ("encode_url", encoded),
        ("decode", SECRET),
        ("url", &format!("{SECRET}%2F")),
        ("join", &joined),
    ] {
        assert_eq!(stored(&project, key), value, "{key}");
    }
    for output in
        [project.run(&["run", "main", "-e", "dev", "-v"]), project.run(&["plan", "main", "-e", "dev"])]
    {
        for shown in [&output.stdout, &output.stderr] {
            assert!(!shown.contains(&digest) && !shown.contains(encoded), "{shown}");
        }
    }
}

/// The id of the only namespace.
fn namespace(project: &Project) -> String {
    project.api("GET", "/storage/kv/namespaces", &json!(null))[0]["id"].as_str().unwrap().to_owned()
}

/// The value of a key of the only namespace.
fn stored(project: &Project, key: &str) -> String {
    let account = project.account();
    let path = format!("/storage/kv/namespaces/{}/values/{key}", namespace(project));
    let token = format!("Bearer {}", account.session_token().expose_secret());
    let request = Request::new("GET", &format!("/client/v4/accounts/{}{path}", account.id()));
    String::from_utf8(account.answer(&request.with_header("authorization", &token)).body).unwrap()
}

fn sha256(text: &str) -> String {
    larder::report::sha256(text)
}

#[test]
fn what_can_not_keep_a_secret_refuses_it() {
    for call in [
        "output(\"x\", hash::sha256(s))",
        "hash::sha256(s) == \"x\"",
        "[s, s].unique()",
        "regex::is_match(`.`, s)",
        "json::parse(s)",
        "uuid::v5(\"dns\", s)",
        "s.pad_start(3, \"x\")",
        "hash::sha256(`${s}`)",
        "base64::decode(s)",
        "to_json(hash::sha256(s))",
    ] {
        let output = secret(&format!("let s = secret::env(\"S\");\nprint({call});\n")).run(&RUN);
        output.kept(&format!("what can not keep a secret refuses it: {call}"));
    }
}

#[test]
fn an_id_that_is_not_there_yet_is_not_looked_into() {
    for call in [
        "hash::sha256(a.id)",
        "base64::encode(a.id)",
        "uuid::v5(\"dns\", a.id)",
        "regex::find(`[0-9]+`, a.id)",
        "regex::replace(`x`, `id ${a.id}`, \"\")",
        "time::parse(a.id)",
        "file::text(a.id)",
    ] {
        let project = Project::new(PLAIN).recipe(&format!("let a = kv::ensure(\"A\");\nprint({call});\n"));
        project.run(&PLAN).exit(0).kept(&format!("an id that is not there yet is not looked into: {call}"));
    }
    // Where the id stays as it is, the plan goes on.
    let recipe = "let a = kv::ensure(\"A\");\nlet all = [[a.id], \"x\"].flatten().unique();\na.put(\"k\", all.join(\"/\"));\na.put(\"u\", url_encode(all[0] + \"/\"));\na.put(\"p\", a.id.pad_end(40, \".\"));\na.put(\"j\", to_json(json::parse(to_json(#{ id: a.id }))));\nprint(a.id);\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    let plan = project.run(&["plan", "main", "-e", "dev", "--out", "plan.json"]).exit(0);
    assert_eq!(plan.stderr, "(known after apply)\n");
    project.run(&["apply", "plan.json"]).exit(0).kept("an id that is not there yet is not looked into");
    // What a run makes of it is made of the id itself.
    let recipe = "let a = kv::ensure(\"A\");\na.put(\"hash\", hash::sha256(a.id));\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    assert_eq!(stored(&project, "hash"), sha256(&namespace(&project)));
}

#[test]
fn limits_are_kept_and_located() {
    let text = "let t = \"x\"; for i in 0..19 { t += t; }\n";
    for call in [
        "[t, t].join(t)",
        "url_encode(t + \"//\".pad_end(500000, \"/\"))",
        "\"a\".pad_start(2000000, \"b\")",
        "\"a\".pad_start(9223372036854775807, \"b\")",
        "base64::encode(t + t)",
        "regex::is_match(`x`, t)",
        "regex::replace(``, t.sub_string(0, 30000), t.sub_string(0, 1000))",
        "regex::replace(`(.+)`, t.sub_string(0, 30000), \"$1\".pad_end(400, \"$1\"))",
        "regex::is_match(`(\\w{100}){100}`, `x`)",
        "regex::is_match(t, `x`)",
        "regex::is_match(\"\".pad_end(200, \"(\") + \"a\".pad_end(200, \")\"), `x`)",
        "json::parse(\"\".pad_end(200000, \"[\"))",
    ] {
        let output = run(&format!("{text}let r = {call};\n"));
        output.kept(&format!("limits are kept and located: {call}"));
    }
}

/// A pattern whose search grows with the square of the text is the slowest there is.
#[test]
fn a_slow_search_ends_within_the_time_of_a_recipe() {
    let recipe =
        "let t = \"A\".pad_end(32768, \"A\");\nfor i in 0..1000 { regex::find_all(`.*[^A-Z]|[A-Z]`, t); }\n";
    kept("a slow search ends within the time of a recipe", &run(recipe).exit(1).stderr);
}

#[test]
fn wrong_arguments_say_what_is_meant() {
    for call in [
        "zip([1], [])",
        "[[1]].join(\",\")",
        "[()].join(\",\")",
        "[kv::ensure(\"A\")].join(\",\")",
        "1.pad_start(3, \"\")",
        "regex::is_match(`(a`, `a`)",
        "regex::replace(`a`, `a`, \"$1x\")",
        "regex::replace(`a`, `a`, \"5 $\")",
        "uuid::v5(\"dsn\", \"x\")",
        "time::add(\"2026-01-01\", #{ day: 1 })",
        "time::add(\"2026-01-01\", #{ days: \"1\" })",
        "time::add(\"2026-01-01\", #{ years: 9000 })",
        "time::parse(\"yesterday\")",
        "time::parse(\"2026-02-30\")",
        "time::parse(\"12\", \"%H\")",
        "time::format(\"2026-01-01\", \"%\")",
        "time::difference(\"2026-01-01\", \"2026-01-02\", \"day\")",
        "json::parse(\"{\\n  1}\")",
        "base64::decode(\"Y\")",
        "base64::decode(\"/w==\")",
        "to_json(1.0 / 0.0)",
        "to_json(|x| x)",
    ] {
        let output = run(&format!("let x = {call};\n"));
        output.kept(&format!("wrong arguments say what is meant: {call}"));
    }
    // A number of arguments that no form takes is found before anything runs.
    for call in [
        "join([1])",
        "time::now(1)",
        "[1].unique(2)",
        "regex::matches(`a`, `a`)",
        "hash::sha1(`a`)",
        // A function of a module is none of the language.
        "now()",
        "encode(`a`)",
    ] {
        let output = run(&format!("kv::ensure(\"A\");\nlet x = {call};\n")).exit(2);
        output.kept(&format!("wrong arguments are found before anything runs: {call}"));
    }
}

#[test]
fn ordinary_patterns_are_not_too_large() {
    let recipe = r#"
        print(regex::is_match(`^\w{1,63}$`, "a_é"));
        print(regex::is_match(`^[\w.+-]+@[\w-]+(\.[\w-]+)+$`, "jo.doe@mail.example.com"));
        print(regex::is_match(`(?i)^\p{L}{1,20}-\d{4}$`, "Ärger-2026"));
        print(regex::captures(`^(?<org>[^/]+)/(?<repo>[^@]+)(@(?<at>.+))?$`, "acme/site"));
        print(regex::replace(`^(.+)$`, "x", "${1}a $$1"));
        print(regex::split(``, "aé"));
    "#;
    run(recipe).exit(0).says(
        "main -> development (local account)\n\nnothing to do in [TIME] ([N] reads, 0 writes)\n",
        "true
true
true
#{\"0\": \"acme/site\", \"1\": \"acme\", \"2\": \"site\", \"3\": (), \"4\": (), \"at\": (), \"org\": \"acme\", \"repo\": \"site\"}
xa $1
[\"\", \"a\", \"é\", \"\"]
",
    );
}

#[test]
fn any_value_has_a_json_text_and_comes_back_from_it() {
    let recipe = "for value in [10, true, 1.5, (), \"a\\n\", 'c', [1, [()]], #{ a: #{} }] {\n    let text = to_json(value);\n    print(`${text} ${to_json(json::parse(text)) == text}`);\n}\nprint(10.to_json());\n";
    let output = run(recipe).exit(0);
    assert_eq!(
        output.stderr,
        "10 true\ntrue true\n1.5 true\nnull true\n\"a\\n\" true\n\"c\" true\n[1,[null]] true\n{\"a\":{}} true\n10\n"
    );
}

#[test]
fn text_with_line_breaks_is_printed_as_lines() {
    let recipe =
        "print(\"one\\ntwo\\n\\n  ::error::three\\n\");\nlog(\"a\\r\\nb\");\nprint(\"\");\ndebug(\"c\");\n";
    let output = run(recipe).exit(0);
    assert_eq!(output.stderr, "one\ntwo\n\n  \\u{3a}:error::three\na\nb\n\nrecipes/main.rhai:4: \"c\"\n");
}

/// The engine mixes up closures that cross files; those that a native function calls stay in theirs.
#[test]
fn each_and_fold_call_the_closures_of_the_file_that_calls_them() {
    let part = "fn mark(x) { `part ${x}` }\nfn all() {\n    let seen = [];\n    [1, 2].each(|x| seen.push(mark(x)));\n    seen.push([1, 2].fold(\"\", |sum, x| sum + mark(x)));\n    seen.push([1].map(|x| mark(x))[0]);\n    seen\n}\n";
    let recipe = "import \"lib/part\" as part;\nfn mark(x) { `main ${x}` }\nprint(part::all());\nlet seen = [];\n[1].each(|x| seen.push(mark(x)));\nseen.push([1].fold(\"\", |sum, x| sum + mark(x)));\nprint(seen);\n[1].each(|x| kv::ensure(`N${x}`));\n";
    let project = Project::new(PLAIN).file("lib/part.rhai", part).recipe(recipe);
    let output = project.run(&RUN).exit(0);
    assert_eq!(
        output.stderr,
        "[\"part 1\", \"part 2\", \"part 1part 2\", \"part 1\"]\n[\"main 1\", \"main 1\"]\n"
    );
    output.kept("each and fold call the closures of the file that calls them");
    // What a closure throws stands where it throws.
    run("[1, 2].each(|x| if x == 2 { fail(\"two\") });\n")
        .exit(1)
        .kept("each and fold call the closures of the file that calls them, 2");
    run("each([1], |a, b| a);\n").kept("each and fold call the closures of the file that calls them, 3");
}

#[test]
fn an_import_that_misses_names_the_file_that_is_there() {
    for (import, near) in [
        ("lib/namng", "lib/naming"),
        ("naming", "lib/naming"),
        ("./naming", "lib/naming"),
        ("../lib/namings", "lib/naming"),
        ("provision", "std/provision"),
    ] {
        let project = Project::new(PLAIN)
            .file("lib/naming.rhai", "fn a() { 1 }\n")
            .file("lib/naming.json", "{}")
            .recipe(&format!("import \"{import}\" as n;\nn::a();\n"));
        let output = project.run(&RUN).exit(2);
        output.kept(&format!("an import that misses names the file that is there: {import}"));
        // The way out is one.
        let right = project.recipe(&format!("import \"{near}\" as n;\n"));
        right.run(&RUN).exit(0);
    }
    let nothing = Project::new(PLAIN).recipe("import \"quite/else\" as n;\n").run(&RUN).exit(2);
    nothing.kept("an import that misses names the file that is there, 2");
}
