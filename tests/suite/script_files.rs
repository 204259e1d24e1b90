//! Files that are named as scripts and hold secrets.

use super::project::{PLAIN, Project};
use super::repl::piped_to_its_end;

#[test]
fn no_file_of_secrets_is_quoted_as_a_script() {
    let project = Project::new(PLAIN)
        .file(".env", "MY_SECRET=hunter2hunter2\n")
        .file(".dev.vars", "x=hunter2hunter2\n");
    for (to, at) in [("../.env", "recipes/link.rhai"), (".env", "plain.txt")] {
        project.write("recipes/keep.rhai", "log(1);\n");
        std::os::unix::fs::symlink(to, project.path().join(at)).unwrap();
    }
    project.write(".git/config", "[core]\nhunter2hunter2\n");
    project.write(".wrangler/state", "hunter2hunter2 1\n");
    project.write("sub/.env.local", "hunter2hunter2 1\n");
    let hint = "hint: `--env-file` gives the variables of such a file to the run, and `secret::env(..)` reads them\n";
    let files = [
        ".env",
        ".dev.vars",
        "recipes/link.rhai",
        "plain.txt",
        ".git/config",
        ".wrangler/state",
        "sub/.env.local",
    ];
    for name in files {
        let told = format!("`{name}` is no script: it holds secrets, or is a tool's own\n{hint}");
        let (code, stdout, stderr) = piped_to_its_end(&project, &format!(":load {name}\n"));
        assert_eq!((code, stdout.as_str(), stderr), (2, "", told.clone()), "{name}");
        let eval = project.run(&["eval", "--local", "--file", name]).exit(2);
        assert_eq!((eval.stdout.as_str(), eval.stderr), ("", format!("error: {told}")), "{name}");
    }
    // Nor is a link out of the project followed.
    let elsewhere = tempfile::tempdir().unwrap();
    larder::system::files::write_whole(&elsewhere.path().join("x.rhai"), b"hunter2hunter2").unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("x.rhai"), project.path().join("out.rhai")).unwrap();
    let told = "can't read `out.rhai`: `out.rhai` leads out of the project's folder";
    let (_, _, stderr) = piped_to_its_end(&project, ":load out.rhai\n");
    assert!(stderr.starts_with(told), "{stderr}");
    project.run(&["eval", "--local", "--file", "out.rhai"]).exit(2).stderr_has(told);
    for arguments in
        [["run", "link"], ["check", "recipes/link.rhai"], ["eval", "import \"recipes/link\" as l; l::a"]]
    {
        let output = project.run(&[&arguments[..], &["-e", "dev", "--local"]].concat());
        assert!(output.code != 0 && !output.stderr.contains("hunter2"), "{arguments:?}: {}", output.stderr);
    }
    for text in ["MY_SECRET=hunter2hunter2\n", "# note\nexport A='hunter2hunter2'\n"] {
        let eval = project.run(&["eval", "--local", text]).exit(2);
        assert_eq!(eval.stderr, format!("error: this is an env file, no expression\n{hint}"));
    }
}
