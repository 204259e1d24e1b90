//! A test reaches its own account and nothing else: no other account, no file, no variable, no clock.

use super::*;
use larder::system::files;

#[test]
fn no_flag_and_no_variable_leads_to_an_account() {
    let tests = "fn test_one() {\n    run(\"main\", #{ env: \"development\" });\n    kv::ensure(\"OTHER\");\n    \
                 assert_eq(kv::list().len(), 2);\n}\n";
    let project = project(tests).served();
    // An account of its own, too, and one that a production environment pins.
    let pinned = format!("{PLAIN}account_id = \"{}\"\nprotected = true\n", project.account().id());
    project.write("larder.toml", &pinned);
    for flags in [&[][..], &["-e", "development"], &["--local"], &["--yes"], &["--local=elsewhere"]] {
        project.run(&[&["test"], flags].concat()).exit(0);
    }
    assert_eq!(project.history().unwrap().len(), 0);
    for folder in [".larder", "elsewhere"] {
        assert!(!files::exists(&project.path().join(folder)), "{folder}");
    }
}

#[test]
fn no_file_is_written() {
    let tests = "fn test_one() {\n    let db = given::d1(\"jobs\", \"CREATE TABLE t (x)\");\n    \
                 db.dump(\"own.sql\");\n    let report = run(\"dumps\");\n    assert_eq(report.exit, 0);\n    \
                 assert_eq(report.summary.write, 1);\n}\n";
    let project = project(tests).file("recipes/dumps.rhai", "d1::ensure(\"jobs\").dump(\"jobs.sql\");\n");
    project.run(&["test"]).exit(0);
    for file in ["own.sql", "jobs.sql", ".larder"] {
        assert!(!files::exists(&project.path().join(file)), "{file}");
    }
}

#[test]
fn a_test_is_the_same_each_time_and_pauses_take_none() {
    let tests = "fn test_one() {\n    sleep(50);\n    let report = run(\"waits\");\n    \
                 assert_eq(report.outputs.now, \"2026-01-01T00:00:50Z\");\n}\n";
    let recipe = "kv::ensure(\"A\");\noutput(\"now\", time::now());\n";
    let project = project(tests).file("recipes/waits.rhai", recipe);
    project.run(&["test"]).exit(0);
}

#[test]
fn tests_run_side_by_side_and_are_told_in_their_order() {
    let one = |number| {
        format!("fn test_{number:02}() {{ kv::ensure(\"A{number}\"); assert_eq(kv::list().len(), 1); }}\n")
    };
    let tests = (0..24).map(one).collect::<Vec<_>>().concat();
    let project = project(&tests);
    let output = project.run(&["test"]).exit(0);
    let told: Vec<&str> = output.stdout.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let expected: Vec<String> = (0..24).map(|number| format!("test_{number:02}")).collect();
    assert_eq!(told[..24], expected);
}

#[test]
fn a_secret_of_a_test_is_in_no_output() {
    let tests = "fn test_one() {\n    given::secret(\"TOKEN\", \"hunter2hunter2\");\n    print(\"hunter2hunter2\");\n    \
                 assert_eq(\"hunter2hunter2\", \"other\");\n}\nfn test_two() {\n    \
                 given::secret(\"TOKEN\", \"hunter2hunter2\");\n    assert_snapshot(\"token\", \"hunter2hunter2\");\n}\n";
    let project = project(tests);
    let arguments = ["test", "--report", "tests.xml", "--report", "tests.json"];
    let output = project.run(&[&arguments[..], &["--update"]].concat()).exit(1);
    let written = ["tests.xml", "tests.json", "tests/main.test.toml"];
    let written = written.map(|name| files::read_text(&project.path().join(name), 1 << 20).unwrap());
    for text in written.iter().chain([&output.stdout, &output.stderr]) {
        let line = |line: &&str| line.contains("hunter2") && !line.contains("given::secret");
        // The excerpt shows what the test file itself says.
        assert_eq!(text.lines().filter(line).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
