//! Links out of the project: nothing that they lead to is read, shown or written, whichever file of a project is one. A link to
//! another file of the project is followed.

use super::project::{Output, PLAIN, Project};
use larder::system::files;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What no output may hold.
const HIDDEN: &str = "canary-deploy-key-123";

/// A project in a repository, and what lies outside of that.
struct Linked(Project);

impl Linked {
    fn new() -> Self {
        let toml = format!("{PLAIN}[vars]\ncanary = \"{HIDDEN}\"\n");
        let project = Project::empty()
            .file("outside/x.rhai", &format!("let a = {HIDDEN};\nb{HIDDEN};"))
            .file("outside/larder.toml", &toml)
            .file("outside/wrangler.toml", &format!("name = \"{HIDDEN}\"\nkey {HIDDEN}\n"))
            .file("outside/env", &format!("ALLOWED={HIDDEN}\n"))
            .file("outside/0001_a.sql", &format!("CREATE {HIDDEN};\n"))
            .file("r/.git/HEAD", "ref")
            .file("r/app/larder.toml", PLAIN);
        // A variable that nobody lists, as the first, since a line of such a file is its beginning.
        Linked(project.env("A", HIDDEN))
    }

    fn file(self, path: &str, text: &str) -> Self {
        Linked(self.0.file(path, text))
    }

    /// A link in the place of what may be there.
    fn link(self, to: &str, at: &str) -> Self {
        let at = self.0.path().join("r/app").join(at);
        files::make_folder(at.parent().unwrap()).unwrap();
        files::remove_file(&at).unwrap();
        symlink(to, at).unwrap();
        self
    }

    /// Runs the binary in the project's folder; what is outside is shown nowhere.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Output {
        let all = [&["-C", "r/app"], arguments].concat();
        let output = self.0.run(&all);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains(HIDDEN), "{}", output.stderr);
        output
    }
}

const RECIPE: &str = "error: can't read the recipe `recipes/x.rhai`: a link leads out of the project\nhint: put the file itself \
                      into the project; what a link in it leads to is read only if that lies there, too\n";
const REACH: &str = "hint: a path may lead anywhere in the repository: below the nearest `.git`, else below the nearest \
                     `pnpm-workspace.yaml` or `package.json` with `workspaces`, else in the project's folder\n";

#[test]
fn a_recipe_that_leads_out_is_not_read() {
    for to in ["/proc/self/environ", "../../../outside/x.rhai"] {
        let linked = Linked::new().link(to, "recipes/x.rhai");
        let commands: [&[&str]; 7] = [
            &["run", "x", "-e", "dev", "--local"],
            &["run", "recipes/x.rhai", "-e", "dev", "--local"],
            &["plan", "x", "-e", "dev", "--local"],
            &["show", "x"],
            &["check"],
            &["check", "x"],
            &["token", "x", "-e", "dev"],
        ];
        for command in commands {
            linked.run(command).exit(2).says("", RECIPE);
        }
        linked.run(&["recipes"]).exit(2).kept("a recipe that leads out is not listed");
    }
}

#[test]
fn a_folder_of_recipes_that_leads_out_is_not_read() {
    let linked = Linked::new().link("../../outside", "recipes");
    linked.run(&["run", "x", "-e", "dev", "--local"]).exit(2).says("", RECIPE);
    linked.run(&["run", "recipes/x.rhai", "-e", "dev", "--local"]).exit(2).says("", RECIPE);
}

#[test]
fn a_recipe_that_leads_to_another_file_of_the_project_is_read() {
    let linked = Linked::new()
        .file("r/app/common/y.rhai", "kv::ensure(\"A\");")
        .link("../common/y.rhai", "recipes/x.rhai");
    linked
        .run(&["run", "x", "-e", "dev", "--local"])
        .exit(0)
        .kept("a recipe that leads to another file of the project is read");
    linked.run(&["show", "x"]).exit(0).says("kv::ensure(\"A\");", "");
    // As for imports, the rest of the repository is not the project.
    let linked = Linked::new()
        .file("r/common/y.rhai", "kv::ensure(\"A\");")
        .link("../../common/y.rhai", "recipes/x.rhai");
    linked.run(&["run", "x", "-e", "dev", "--local"]).exit(2).says("", RECIPE);
    // Named by its own path, it is.
    let project = &linked.0;
    project
        .run(&["-C", "r/app", "run", "../common/y.rhai", "-e", "dev", "--local"])
        .exit(0)
        .kept("a recipe that leads to another file of the project is read, 2");
}

#[test]
fn a_plan_names_recipes_and_no_other_files() {
    let linked = Linked::new().file("r/app/recipes/x.rhai", "kv::ensure(\"A\");");
    linked.run(&["plan", "x", "-e", "dev", "--local", "--out", "plan.json"]).exit(0);
    let plan = files::read_text(&linked.0.path().join("r/app/plan.json"), 1 << 20).unwrap();
    let linked = linked.link("../../../outside/x.rhai", "recipes/x.rhai");
    linked.run(&["apply", "plan.json", "--local"]).exit(2).says("", RECIPE);
    let linked = linked.file("r/app/plan.json", &plan.replace("recipes/x.rhai", "/proc/self/environ"));
    linked.run(&["apply", "plan.json", "--local"]).exit(2);
}

#[test]
fn a_project_file_that_leads_out_is_not_read() {
    let linked = Linked::new();
    let real = files::canonical(linked.0.path()).unwrap();
    let refused = format!(
        "error: cannot read `{0}/r/app/larder.toml`: `{0}/r/app/larder.toml` leads out of the repository `{0}/r`\n{REACH}",
        real.display()
    );
    let refused = super::project::filtered(&refused, &real);
    for to in ["/proc/self/environ", "../../outside/larder.toml"] {
        let linked = Linked::new().file("r/app/recipes/x.rhai", "").link(to, "larder.toml");
        for command in [&["run", "x", "-e", "dev", "--local"][..], &["check"], &["ids", "-e", "dev"]] {
            linked.run(command).exit(2).says("", &refused);
        }
    }
    let linked = Linked::new().file("r/base.toml", PLAIN).link("../base.toml", "larder.toml");
    linked
        .file("r/app/recipes/x.rhai", "kv::ensure(\"A\");")
        .run(&["run", "x", "-e", "dev", "--local"])
        .exit(0);
}

#[test]
fn a_config_that_leads_out_is_not_read() {
    for (config, is_beside) in [
        ("wrangler = \"w.toml\"\n", false),
        ("recipe = \"wrangler\"\nwrangler = \"w.toml\"\n", false),
        ("", true),
    ] {
        for to in ["/proc/self/environ", "../../outside/wrangler.toml"] {
            let name = if is_beside { "wrangler.toml" } else { "w.toml" };
            let linked = Linked::new().link(to, name);
            if is_beside {
                files::remove_file(&linked.0.path().join("r/app/larder.toml")).unwrap();
            } else {
                linked.0.write("r/app/larder.toml", &format!("{config}{PLAIN}"));
            }
            for command in [&["plan", "-e", "dev", "--local"][..], &["check"], &["init"]] {
                let refused = linked.run(command);
                if command == ["init"] && !is_beside {
                    continue;
                }
                let code = if command == ["check"] && !is_beside { refused.code } else { 2 };
                let case = format!("{config}, {to}, {}", command[0]);
                refused.exit(code).kept(&format!("a config that leads out is not read: {case}"));
            }
        }
    }
}

#[test]
fn a_config_that_a_recipe_reads_leads_nowhere_else() {
    let recipe = "print(wrangler::config(\"w.toml\"));";
    let linked =
        Linked::new().file("r/app/recipes/x.rhai", recipe).link("../../outside/wrangler.toml", "w.toml");
    linked
        .run(&["run", "x", "-e", "dev", "--local"])
        .exit(1)
        .kept("a config that a recipe reads leads nowhere else");
}

#[test]
fn an_env_file_that_leads_out_is_not_read() {
    let recipe = "print(process::env(\"ALLOWED\"));";
    let linked = Linked::new()
        .file("r/app/larder.toml", &format!("process_env = [\"ALLOWED\"]\n{PLAIN}"))
        .file("r/app/recipes/x.rhai", recipe)
        .file("r/common.env", "ALLOWED=shown\n")
        .link("../../outside/env", ".env")
        .link("../common.env", "shared");
    let run = |env_file: &str| {
        let mut command = linked.0.command(&["run", "x", "-e", "dev", "--local", "--env-file", env_file]);
        command.current_dir(linked.0.path().join("r/app"));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| {
            super::project::filtered(
                &String::from_utf8_lossy(bytes),
                &files::canonical(linked.0.path()).unwrap(),
            )
        };
        Output {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    };
    run(".env").exit(2).says(
        "",
        "error: cannot read the env file `.env`: `[DIR]/r/app/.env` leads out of the repository `[DIR]/r`\n\
         hint: name the file that the link leads to\n",
    );
    run("shared").exit(0).kept("an env file that leads out is not read");
    // What a person names outside of the project is theirs.
    run("../../outside/env").exit(0);
}

#[test]
fn migrations_and_files_to_load_lead_nowhere_else() {
    let migrate = "d1::ensure(\"db\").migrate(\"m\");";
    let linked = Linked::new()
        .file("r/app/recipes/x.rhai", migrate)
        .link("../../../outside/0001_a.sql", "m/0001_a.sql");
    linked
        .run(&["run", "x", "-e", "dev", "--local"])
        .exit(2)
        .kept("migrations and files to load lead nowhere else");
    let load = "d1::ensure(\"db\").load(\"f.sql\");";
    let linked = Linked::new().file("r/app/recipes/x.rhai", load).link("../../outside/0001_a.sql", "f.sql");
    linked
        .run(&["run", "x", "-e", "dev", "--local"])
        .exit(2)
        .kept("migrations and files to load lead nowhere else, 2");
}

#[test]
fn of_a_file_that_is_none_of_ours_one_line_is_shown() {
    let lines = |output: &Output| output.stderr.matches("line-").count();
    let of_lines =
        |line: &str| (1..20).map(|number| line.replace("{line}", &number.to_string())).collect::<String>();
    let key = of_lines("line-{line} of what is no TOML\n");
    let open = of_lines("\"\"\"line-{line}\n");
    for text in [&key, &open, &key.replace('\n', "\r\n")] {
        let project = Project::empty().file("larder.toml", text);
        assert!(lines(&project.run(&["check"]).exit(1)) <= 1);
        let project = Project::empty().file("wrangler.toml", text);
        assert!(lines(&project.run(&["plan", "--local"]).exit(2)) <= 1);
        let project = Project::empty().file("wrangler.jsonc", text);
        assert!(lines(&project.run(&["plan", "--local"]).exit(2)) <= 1);
        let project = Project::new(PLAIN).file("recipes/x.rhai", text);
        assert!(lines(&project.run(&["run", "x", "-e", "dev", "--local"]).exit(2)) <= 1);
        let project = Project::new(PLAIN).file("recipes/x.rhai", &format!("let a = `{text}"));
        assert!(lines(&project.run(&["run", "x", "-e", "dev", "--local"]).exit(2)) <= 1);
    }
    // One of ours is still told as a whole.
    let project = Project::new(&format!("{PLAIN}line-1 x\nline-2 y\n"));
    assert_eq!(lines(&project.run(&["check"]).exit(1)), 2);
}

#[test]
fn nothing_is_ejected_through_a_link() {
    let is_empty = |linked: &Linked| files::walk(&linked.0.path().join("outside")).unwrap().len() == 5;
    let linked = Linked::new().link("../../outside", "recipes");
    linked.run(&["eject", "provision"]).exit(2).says(
        "",
        "error: can't write `recipes/provision.rhai`: `recipes` is a link, and nothing is written through one\n",
    );
    assert!(is_empty(&linked));
    for to in ["../../../outside/new.rhai", "nowhere"] {
        let linked = Linked::new().link(to, "recipes/provision.rhai");
        let there =
            "error: `recipes/provision.rhai` exists already\nhint: it runs in place of the bundled one\n";
        linked.run(&["eject", "provision"]).exit(2).says("", there);
        assert!(is_empty(&linked));
    }
    for name in ["larder.toml", "larder.schema.json"] {
        let linked = Linked::new();
        files::remove_file(&linked.0.path().join("r/app/larder.toml")).unwrap();
        let linked = linked.link("../../outside/new", name);
        linked.run(&["init"]);
        assert!(is_empty(&linked) && Path::is_symlink(&linked.0.path().join("r/app").join(name)));
    }
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let linked =
        Linked::new().file("r/app/m/0001_a.sql", "CREATE TABLE a (x);\n").link("gone.sql", "m/0002_b.sql");
    let linked = linked.file("r/app/recipes/x.rhai", "d1::ensure(\"db\").migrate(\"m\");");
    linked.run(&["run", "x", "-e", "dev", "--local"]).exit(2).kept("a link that leads nowhere is named");
    let linked = Linked::new().link("gone.rhai", "recipes/x.rhai");
    linked
        .run(&["recipes"])
        .exit(2)
        .says("", "error: can't read the folder `recipes`: `x.rhai` is a link that leads nowhere\n");
    linked
        .run(&["check"])
        .exit(2)
        .says("", "error: can't read the folder `recipes`: `x.rhai` is a link that leads nowhere\n");
}

#[test]
fn a_local_account_is_not_kept_behind_a_link() {
    for name in [".larder", ".larder/local"] {
        let to = if name == ".larder" { "../../outside" } else { "../../../outside" };
        let linked = Linked::new().file("r/app/recipes/x.rhai", "kv::ensure(\"A\");").link(to, name);
        let before = mode_of(&linked);
        for command in [
            &["run", "x", "-e", "dev", "--local"][..],
            &["local", "reset"],
            &["local", "show"],
            &["local", "serve"],
        ] {
            let refused = format!(
                "error: `[DIR]/r/app/{name}` is a link, and the local account is not kept behind one\n\
                 hint: `--local=DIR` names another folder\n"
            );
            linked.run(command).exit(2).says("", &refused);
        }
        assert_eq!(files::walk(&linked.0.path().join("outside")).unwrap().len(), 5);
        assert_eq!(mode_of(&linked), before);
        linked.run(&["run", "x", "-e", "dev", "--local=elsewhere"]).exit(0);
    }
}

fn mode_of(linked: &Linked) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    linked.0.path().join("outside").metadata().unwrap().permissions().mode()
}
