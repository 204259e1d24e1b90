//! The commands of a session, read from a pipe.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use super::repl::{names, piped, piped_to_its_end};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_file_is_loaded_entry_by_entry_and_a_mistake_is_at_its_line() {
    let text = "// Two entries.\nlet a = [\n  1,\n];\n\nfn twice(x) { x * 2 }\ntwice(a[0])\n";
    let project = Project::new(PLAIN).file("recipes/one.rhai", text);
    let (stdout, stderr) = piped(&project, ":load recipes/one.rhai\na.len + twice(1)\n");
    assert_eq!((stdout.as_str(), stderr.as_str()), ("2\n3\n", ""));
    let project = project
        .file("wrong.rhai", &format!("{text}\nlet b = 1;\nnope(b);\nlog(\"never\");\n"))
        .file("thrown.rhai", "fn f() {\n  throw \"odd\";\n}\n\nf();\n")
        .file("again.rhai", "let n = 1;\n:load again.rhai\n");
    let told = |name: &str| {
        let (code, _, stderr) = piped_to_its_end(&project, &format!(":load {name}\n"));
        (code, stderr)
    };
    let (code, stderr) = told("wrong.rhai");
    assert_eq!(code, 2, "{stderr}");
    kept("a file is loaded entry by entry and a mistake is at its line", &stderr);
    let (code, stderr) = told("thrown.rhai");
    assert_eq!(code, 1, "{stderr}");
    kept("a file is loaded entry by entry and a mistake is at its line, 2", &stderr);
    let (code, stderr) = told("again.rhai");
    assert_eq!((code, stderr.as_str()), (2, "files load one another without an end\n"));
}

#[test]
fn a_session_is_saved_as_a_recipe_that_is_checked() {
    let project =
        Project::new(&PLAIN.replace("app =", "secret_env = [\"S\"]\napp =")).env("S", "hunter2hunter2");
    let project = project.file("recipes/other.rhai", "log(1);\n");
    let lines = "let a = kv::ensure(\"A\")\nfn twice(x) { x + x }\nfn twice(x) { x * 2 }\nlet n = twice(2);\n\
                 kv::list().len\nlet s = secret::env(\"S\");\nlet t = \"hunter2hunter2\";\na.put(\"k\", `${n}`);\n:save recipes/new.rhai\n";
    let (_, stderr) = piped(&project, lines);
    assert_eq!(
        stderr,
        "left out: an entry that holds a secret\n\
         left out: `fn twice(x) { x + x }`, which a later entry defines again\n\
         wrote `recipes/new.rhai`; `larder check recipes/new.rhai` checks it\n"
    );
    let saved = larder::system::files::read_text(&project.path().join("recipes/new.rhai"), 1 << 16).unwrap();
    assert_eq!(
        saved,
        "//! Saved from a session with `development`.\n\nlet a = kv::ensure(\"A\");\nfn twice(x) { x * 2 }\nlet n = twice(2);\n\
         kv::list().len;\nlet s = secret::env(\"S\");\na.put(\"k\", `${n}`);\n"
    );
    // One that is there is not replaced without a question, which a pipe can't answer.
    let (code, _, stderr) = piped_to_its_end(&project, "let b = 1;\n:save recipes/new.rhai\n");
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "`recipes/new.rhai` exists already\nhint: another name, or begin the session with `--yes` to replace it\n"
    );
    let now = larder::system::files::read_text(&project.path().join("recipes/new.rhai"), 1 << 16).unwrap();
    assert_eq!(now, saved);
    let check = project.run(&["check", "recipes/new.rhai"]);
    check.kept("a session is saved as a recipe that is checked");
}

#[test]
fn the_type_and_the_plan_of_an_entry_leave_nothing_behind() {
    let project = Project::new(PLAIN);
    let (stdout, stderr) = piped(
        &project,
        ":type kv::ensure(\"T\")\n:type [1, 2]\n:type kv::list()\n:type #{ a: 1 }\n:type \"x\"\n:type kv::find(\"gone\")\n:type 1.5\n:type let q = 1;\n\
         :plan kv::ensure(\"P\")\n:plan kv::list()\n:unlock\nlet real = kv::ensure(\"R\");\n:plan real.put(\"k\", \"v\")\n\
         :type real.get(\"k\")\n:plan kv::delete(\"R\")\nkv::list().len\n:type kv::list()\n",
    );
    assert_eq!(stderr, "");
    assert_eq!(
        stdout,
        "handle of a KvNamespace\nlist of 2 ints\nempty list\nmap of 1 key\nstring\n()\nfloat\n()\n\
         + would create KvNamespace `P`\nnothing would be done\n> would write KvNamespace `R`\n()\n\
         - would delete KvNamespace `R`\n1\nlist of 1 KvNamespace\n"
    );
    assert_eq!(names(&project), ["R"]);
}

#[test]
fn requests_are_counted_and_shown() {
    let project = Project::new(PLAIN).served();
    let mut command = project.command(&["repl", "-e", "dev"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = ":unlock\n:time kv::ensure(\"A\").title\n:time 1 + 1\n:trace\nkv::find(\"A\").title\nkv::find(\"A\").put(\"k\", \"v\");\n:trace off\nkv::find(\"A\").get(\"k\")\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(stdout, "\"A\"\n2\n\"A\"\n\"v\"\n", "{stderr}");
    let stderr = super::project::filtered(&stderr, project.path());
    assert_eq!(
        stderr,
        "took [TIME], 3 requests: 2 reads, 1 write\ntook [TIME], no requests\neach request is shown from now on\n\
         GET /accounts/[ID]/storage/kv/namespaces 200 in [TIME]\nGET /accounts/[ID]/storage/kv/namespaces 200 in [TIME]\n\
         GET /accounts 200 in [TIME]\nPUT /accounts/[ID]/storage/kv/namespaces/[ID]/values/k 200 in [TIME]\nrequests are not shown any more\n"
    );
}

#[test]
fn another_environment_is_locked_again_and_has_no_handles_of_this_one() {
    let config = format!("{PLAIN}[environments.production]\nalias = \"prod\"\nprotected = true\n");
    let project = Project::new(&config);
    let (code, stdout, stderr) = piped_to_its_end(
        &project,
        ":unlock\nlet ns = kv::ensure(\"A\");\nlet n = 1;\nlet all = #{ x: [ns] };\nlet f = || ns.title;\nfn plus(x) { x + 1 }\n:env prod\n:env\n\
         plus(n)\nkv::ensure(\"B\");\n:vars\nns.title\n",
    );
    assert_eq!(code, 4, "{stderr}");
    assert_eq!(
        stdout,
        "  development\n* production\n2\n+ would create KvNamespace `B`\nn  int          1\n_  KvNamespace  KvNamespace(B)\n"
    );
    assert!(
        stderr.starts_with(
            "now in `production`, which is only read until `:unlock`\n\
             dropped, since they hold handles of `development`: `ns`, `all`, `f`\n"
        ),
        "{stderr}"
    );
    kept("another environment is locked again and has no handles of this one", &stderr);
    // One that can't be opened is not gone to.
    let (code, _, stderr) = piped_to_its_end(&project, ":env staging\n");
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "error: unknown environment `staging` in `--env`
hint: one of `development`, `dev`, `production`, `prod`
"
    );
}

#[test]
fn words_of_a_newcomer_are_understood_unless_they_are_variables() {
    let project = Project::new(PLAIN);
    let (stdout, stderr) = piped(
        &project,
        "?kv::find\nhelp\n:help writing\n:help env\nlet exit = 3;\nexit\nlet help = 4;\nhelp\n:q\n",
    );
    assert_eq!(stderr, "");
    assert!(stdout.starts_with("kv::find(title: string) -> KvNamespace or ()\n"), "{stdout}");
    kept("words of a newcomer are understood unless they are variables", &stdout);
}

#[test]
fn a_file_does_not_unlock_a_protected_environment_and_none_of_it_is_lost_at_env() {
    let config = format!("{PLAIN}[environments.production]\nprotected = true\n");
    let project = Project::new(&config)
        .file("unlocks.rhai", ":env production\n:unlock production\nkv::ensure(\"NEVER\");\n")
        .file("inner.rhai", ":env production\nlet a = 1;\n")
        .file("goes.rhai", ":load inner.rhai\na + 41\n");
    let (code, stdout, stderr) = piped_to_its_end(&project, ":load unlocks.rhai\n");
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert_eq!(
        stderr,
        "now in `production`, which is only read until `:unlock`\n\
         `production` is protected, so a file does not unlock it\n\
         hint: type `:unlock production`, then load the file\n"
    );
    assert_eq!(names(&project), [] as [&str; 0]);
    let (stdout, _) = piped(&project, ":load goes.rhai\n:env\n");
    assert_eq!(stdout, "42\n  development\n* production\n");
    // One that is not protected may be unlocked by a file.
    let project = project.file("open.rhai", ":unlock\nkv::ensure(\"A\");\n");
    piped(&project, ":load open.rhai\n");
    assert_eq!(names(&project), ["A"]);
}

#[test]
fn the_hint_of_a_save_can_be_followed_in_a_session() {
    let project = Project::new(PLAIN).file("x.rhai", "log(1);\n");
    let (code, _, stderr) = piped_to_its_end(&project, "let a = 1;\n:save x.rhai --yes\n");
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "`:save` takes a file and no options, not `x.rhai --yes`\n\
         hint: `:save FILE`; a session that begins with `--yes` replaces files without a question\n"
    );
    assert!(!larder::system::files::exists(&project.path().join("x.rhai --yes")));
}

#[test]
fn formats_are_listed_and_text_is_a_table() {
    let (stdout, stderr) = piped(&Project::new(PLAIN), ":format json\n:format\n:format text\n[1]\n");
    assert_eq!((stdout.as_str(), stderr.as_str()), ("  table\n* json\n  ndjson\n  csv\n[1]\n", ""));
}

#[test]
fn a_secret_is_called_one_among_the_variables() {
    let project =
        Project::new(&PLAIN.replace("app =", "secret_env = [\"S\"]\napp =")).env("S", "hunter2hunter2");
    let (stdout, stderr) = piped(&project, "let s = secret::env(\"S\");\n:vars\n");
    assert_eq!((stdout.as_str(), stderr.as_str()), ("s  secret  Secret\n", ""));
}
