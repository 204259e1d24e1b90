//! What holds for all functions that send nothing: secrets stay secrets, ids that are not there yet are not looked into,
//! limits are kept, and a wrong argument has a place and a way out.

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
    for (call, said) in [
        ("output(\"x\", hash::sha256(s))", "a secret can't be shown"),
        ("hash::sha256(s) == \"x\"", "a secret can't be compared"),
        ("[s, s].unique()", "item 0 is, or has inside, a secret, which can't be compared"),
        ("regex::is_match(`.`, s)", "`text` must be a string, not a secret"),
        ("json::parse(s)", "`text` must be a string, not a secret"),
        ("uuid::v5(\"dns\", s)", "`name` must be a string, not a secret"),
        ("s.pad_start(3, \"x\")", "`text` must be a string or int, not a secret"),
        ("hash::sha256(`${s}`)", "`text` must be a string or secret, not text made from a secret"),
        ("base64::decode(s)", "`text` is no base64: what stands at byte 18 does not belong there"),
        ("to_json(hash::sha256(s))", "a secret can't be shown"),
    ] {
        let output = secret(&format!("let s = secret::env(\"S\");\nprint({call});\n")).run(&RUN);
        assert!(output.code != 0 && output.stderr.contains(said), "{call}: {}", output.stderr);
        assert!(output.stderr.contains("recipes/main.rhai:2:"), "{call}: {}", output.stderr);
        assert!(!output.stderr.contains("s3cret"), "{call}: {}", output.stderr);
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
        let name = call.split('(').next().unwrap();
        let said = format!("note: what `{name}` gives is only known after apply\n --> recipes/main.rhai:2:");
        project.run(&PLAN).exit(0).stderr_has(&said);
    }
    // Where the id stays as it is, the plan goes on.
    let recipe = "let a = kv::ensure(\"A\");\nlet all = [[a.id], \"x\"].flatten().unique();\na.put(\"k\", all.join(\"/\"));\na.put(\"u\", url_encode(all[0] + \"/\"));\na.put(\"p\", a.id.pad_end(40, \".\"));\na.put(\"j\", to_json(json::parse(to_json(#{ id: a.id }))));\nprint(a.id);\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    let plan = project.run(&["plan", "main", "-e", "dev", "--out", "plan.json"]).exit(0);
    assert_eq!(plan.stderr, "(known after apply)\n");
    project.run(&["apply", "plan.json"]).exit(0).stdout_has("1 created, 4 written");
    // What a run makes of it is made of the id itself.
    let recipe = "let a = kv::ensure(\"A\");\na.put(\"hash\", hash::sha256(a.id));\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    assert_eq!(stored(&project, "hash"), sha256(&namespace(&project)));
}

#[test]
fn limits_are_kept_and_located() {
    let text = "let t = \"x\"; for i in 0..19 { t += t; }\n";
    for (call, said) in [
        (
            "[t, t].join(t)",
            "a text, or all texts in one list or map together, is larger than 1,048,576 bytes",
        ),
        ("url_encode(t + \"//\".pad_end(500000, \"/\"))", "is larger than 1,048,576 bytes"),
        ("\"a\".pad_start(2000000, \"b\")", "is larger than 1,048,576 bytes"),
        ("\"a\".pad_start(9223372036854775807, \"b\")", "is larger than 1,048,576 bytes"),
        ("base64::encode(t + t)", "is larger than 1,048,576 bytes"),
        ("regex::is_match(`x`, t)", "`text` is larger than 32 KiB"),
        (
            "regex::replace(``, t.sub_string(0, 30000), t.sub_string(0, 1000))",
            "is larger than 1,048,576 bytes",
        ),
        (
            "regex::replace(`(.+)`, t.sub_string(0, 30000), \"$1\".pad_end(400, \"$1\"))",
            "is larger than 1,048,576 bytes",
        ),
        ("regex::is_match(`(\\w{100}){100}`, `x`)", "`pattern` is too large when it is compiled"),
        ("regex::is_match(t, `x`)", "`pattern` is longer than 1000 bytes"),
        (
            "regex::is_match(\"\".pad_end(200, \"(\") + \"a\".pad_end(200, \")\"), `x`)",
            "`pattern` is no regular expression",
        ),
        ("json::parse(\"\".pad_end(200000, \"[\"))", "no JSON: recursion limit exceeded"),
    ] {
        let output = run(&format!("{text}let r = {call};\n"));
        assert!(output.code != 0 && output.stderr.contains(said), "{call}: {}", output.stderr);
        assert!(output.stderr.contains("recipes/main.rhai:2:"), "{call}: {}", output.stderr);
    }
}

/// A pattern whose search grows with the square of the text is the slowest there is.
#[test]
fn a_slow_search_ends_within_the_time_of_a_recipe() {
    let recipe =
        "let t = \"A\".pad_end(32768, \"A\");\nfor i in 0..1000 { regex::find_all(`.*[^A-Z]|[A-Z]`, t); }\n";
    let output = run(recipe).exit(1);
    assert!(output.stderr.contains("the recipe computes for more than 10 seconds"), "{}", output.stderr);
}

#[test]
fn wrong_arguments_say_what_is_meant() {
    for (call, said) in [
        ("zip([1], [])", "`zip`: the arrays have 1 and 0 items"),
        ("[[1]].join(\",\")", "`flatten` makes one array of arrays in an array"),
        ("[()].join(\",\")", "leave it out first: `items.filter(|item| item != ())`"),
        ("[kv::ensure(\"A\")].join(\",\")", "write `.name` or `.id` of the handle"),
        ("1.pad_start(3, \"\")", "`with` is empty, and fills nothing up"),
        ("regex::is_match(`(a`, `a`)", "`pattern` is no regular expression: unclosed group, at character 1"),
        ("regex::replace(`a`, `a`, \"$1x\")", "the pattern has no group `1x`, which `with` names"),
        ("regex::replace(`a`, `a`, \"5 $\")", "write `$$` for a `$`"),
        ("uuid::v5(\"dsn\", \"x\")", "write a UUID, or `dns`, `url`, `oid` or `x500`"),
        ("time::add(\"2026-01-01\", #{ day: 1 })", "did you mean `days`?"),
        ("time::add(\"2026-01-01\", #{ days: \"1\" })", "`days` must be a whole number"),
        ("time::add(\"2026-01-01\", #{ years: 9000 })", "it leads out of the years that a date can have"),
        ("time::parse(\"yesterday\")", "`yesterday` is no date or time"),
        ("time::parse(\"2026-02-30\")", "`2026-02-30` is no date or time"),
        ("time::parse(\"12\", \"%H\")", "`%H` leaves the year, month or day open"),
        ("time::format(\"2026-01-01\", \"%\")", "`%` is no format"),
        ("time::difference(\"2026-01-01\", \"2026-01-02\", \"day\")", "did you mean `days`?"),
        ("json::parse(\"{\\n  1}\")", "no JSON: key must be a string at line 2, column 3 of the text"),
        ("base64::decode(\"Y\")", "is no base64: something is missing at its end"),
        ("base64::decode(\"/w==\")", "`text` stands for bytes that are no UTF-8 text"),
        ("to_json(1.0 / 0.0)", "the number `inf` is no data"),
        ("to_json(|x| x)", "a closure is no data"),
    ] {
        let output = run(&format!("let x = {call};\n"));
        assert!(output.code != 0 && output.stderr.contains(said), "{call}: {}", output.stderr);
        assert!(output.stderr.contains("recipes/main.rhai:1:"), "{call}: {}", output.stderr);
        for name in ["i64", "ImmutableString", "Dynamic", "rhai::", "alloc::"] {
            assert!(!output.stderr.contains(name), "{call}: {}", output.stderr);
        }
    }
    // A number of arguments that no form takes is found before anything runs.
    for (call, said) in [
        ("join([1])", "`join` takes 2 arguments, not 1"),
        ("time::now(1)", "`time::now` takes no arguments, not 1"),
        ("[1].unique(2)", "no method `unique` takes 1 argument"),
        ("regex::matches(`a`, `a`)", "unknown function `regex::matches`"),
        ("hash::sha1(`a`)", "`hash` has: sha256"),
        // A function of a module is none of the language.
        ("now()", "unknown function `now`"),
        ("encode(`a`)", "unknown function `encode`"),
    ] {
        let output = run(&format!("kv::ensure(\"A\");\nlet x = {call};\n")).exit(2);
        assert!(output.stderr.contains(said), "{call}: {}", output.stderr);
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
    output.stdout_has("kv N1");
    // What a closure throws stands where it throws.
    run("[1, 2].each(|x| if x == 2 { fail(\"two\") });\n").exit(1).stderr_has("recipes/main.rhai:1:");
    run("each([1], |a, b| a);\n").stderr_has("recipes/main.rhai:1:");
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
        let expected = format!(" --> recipes/main.rhai:1:8\n  |\n1 | import \"{import}\" as n;\n");
        assert!(output.stderr.contains(&expected), "{}", output.stderr);
        let way_out = format!("\n  = help: did you mean `{near}`?\n");
        assert!(output.stderr.contains(&way_out), "{import}: {}", output.stderr);
        // The way out is one.
        let right = project.recipe(&format!("import \"{near}\" as n;\n"));
        right.run(&RUN).exit(0);
    }
    let nothing = Project::new(PLAIN).recipe("import \"quite/else\" as n;\n").run(&RUN).exit(2);
    assert!(!nothing.stderr.contains("did you mean"), "{}", nothing.stderr);
}
