//! A job of a workflow, run as the runner would: its YAML, its expressions, its files, its environment variables, and the
//! action at the top of this repository.
//!
//! **Invariant:** values reach a script by its environment alone; nothing is put into its text.

use super::project::Project;
use super::runner;
use super::workflow_file::{evaluated, holds, repository, yaml};
use larder::system::files;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub type Map = BTreeMap<String, String>;

/// The values of a mapping, their expressions replaced.
pub fn map(of: &Json, context: &Json) -> Map {
    let entries = of.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), evaluated(value.as_str().unwrap(), context))).collect()
}

/// A job under way.
pub struct Job<'a> {
    pub project: &'a Project,
    pub context: Json,
    /// Variables that every step gets over the runner's own.
    pub environment: Map,
    /// What the action is given whatever the step says: the binary of this build, unless that is what is tested.
    pub inputs: Map,
    /// Where the action's files are.
    pub action_path: PathBuf,
    pub failed: bool,
    /// Of each step: its name, and how it ended.
    pub steps: Vec<(String, &'static str)>,
    pub log: String,
    pub summaries: Vec<String>,
}

impl<'a> Job<'a> {
    /// A job for an event, in the folder of a project.
    pub fn new(project: &'a Project, event: &Json) -> Self {
        let folder = files::canonical(project.path()).unwrap();
        let mut context = json!({
            "github": {
                "event_name": "push",
                "ref_name": "develop",
                "ref_type": "branch",
                "head_ref": "",
                "sha": "0123456789abcdef0123456789abcdef01234567",
                "server_url": "https://github.com",
                "repository": "acme/jobmatch-ai",
                "token": "of the job",
                "workspace": folder.to_str().unwrap(),
            },
            "inputs": {},
            "secrets": {},
            "vars": {},
            "steps": {},
        });
        for (key, value) in event.as_object().unwrap() {
            context["github"][key] = value.clone();
        }
        let api = project.variable("CLOUDFLARE_API_BASE_URL");
        let job = Job {
            project,
            context,
            environment: api
                .map(|base| ("CLOUDFLARE_API_BASE_URL".to_owned(), base.to_owned()))
                .into_iter()
                .collect(),
            inputs: Map::from([("binary".into(), env!("CARGO_BIN_EXE_larder").into())]),
            action_path: repository().to_owned(),
            failed: false,
            steps: Vec::new(),
            log: String::new(),
            summaries: Vec::new(),
        };
        files::make_folder(&job.temp()).unwrap();
        job
    }

    /// Gives the job the credentials of the account that the project serves, under these names.
    pub fn with_credentials(mut self, token: &str, id: &str) -> Self {
        let account = self.project.account();
        self.context["secrets"][token] = json!(account.session_token().expose_secret());
        self.context["vars"][id] = json!(account.id());
        self
    }

    /// The runner's folder for what a job leaves behind.
    pub fn temp(&self) -> PathBuf {
        files::canonical(self.project.path()).unwrap().join("runner")
    }

    /// Runs every step of a job.
    pub fn steps(&mut self, steps: &Json) {
        for step in steps.as_array().unwrap() {
            let name = step["name"].as_str().unwrap().to_owned();
            let condition = step["if"].as_str();
            assert!(condition.is_none_or(|condition| condition == "always()"), "{condition:?}");
            if self.failed && condition.is_none() {
                self.steps.push((name, "skipped"));
                continue;
            }
            let id = step["id"].as_str().map(str::to_owned);
            let (done, outputs) = match (step["uses"].as_str(), step["run"].as_str()) {
                (Some(action), _) if action == format!("{}@v1", super::published::name()) => {
                    self.action(step)
                }
                (Some(action), _) => {
                    assert!(action.starts_with("actions/"), "{action}");
                    (true, Map::new())
                }
                (None, Some(script)) => self.script(step, script, &Map::new()),
                (None, None) => panic!("{step}"),
            };
            if let Some(id) = id {
                self.context["steps"][id] = json!({ "outputs": outputs });
            }
            self.failed |= !done;
            self.steps.push((name, if done { "done" } else { "failed" }));
        }
    }

    /// The composite action at the top of this repository.
    pub fn action(&mut self, step: &Json) -> (bool, Map) {
        let action = yaml("action.yml");
        let mut inputs: Map = action["inputs"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, input)| (name.clone(), input["default"].as_str().unwrap_or_default().to_owned()))
            .collect();
        for (name, value) in map(&step["with"], &self.context) {
            assert!(inputs.contains_key(&name), "the action has no input {name}");
            inputs.insert(name, value);
        }
        inputs.extend(self.inputs.clone());
        let mut inner = json!({
            "inputs": inputs,
            "github": self.context["github"],
            "steps": {},
        });
        inner["github"]["action_repository"] = json!(super::published::name());
        let outer = std::mem::replace(&mut self.context, inner);
        let path =
            Map::from([("GITHUB_ACTION_PATH".to_owned(), self.action_path.to_str().unwrap().to_owned())]);
        let mut done = true;
        for step in action["runs"]["steps"].as_array().unwrap() {
            assert_eq!(step["shell"], "bash");
            let is_wanted = match step["if"].as_str() {
                None => done,
                Some(condition) => holds(condition.strip_prefix("always() && ").unwrap(), &self.context),
            };
            if !is_wanted {
                continue;
            }
            let (ended, outputs) = self.script(step, step["run"].as_str().unwrap(), &path);
            self.context["steps"][step["id"].as_str().unwrap()] = json!({ "outputs": outputs });
            done &= ended;
        }
        let of_output = |output: &Json| evaluated(output["value"].as_str().unwrap(), &self.context);
        let outputs = action["outputs"].as_object().unwrap();
        let outputs = outputs.iter().map(|(name, output)| (name.clone(), of_output(output))).collect();
        self.context = outer;
        (done, outputs)
    }

    /// A script, with files of its own; nothing is put into its text.
    fn script(&mut self, step: &Json, script: &str, more: &Map) -> (bool, Map) {
        assert!(!script.contains("${{"), "an expression inside a script: {script}");
        let number = self.summaries.len();
        let temp = self.temp();
        let file = |name: &str| {
            let path = temp.join(format!("{name}_{number}"));
            files::write_whole(&path, b"").unwrap();
            path.to_str().unwrap().to_owned()
        };
        let paths = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY", "GITHUB_PATH"]
            .map(|name| (name, file(name)));
        let mut environment = self.environment.clone();
        environment.extend(paths.iter().map(|(name, path)| ((*name).to_owned(), path.clone())));
        environment.extend(map(&step["env"], &self.context));
        environment.extend(more.clone());
        let of_runner = |name: &str| self.context["github"][name].as_str().unwrap().to_owned();
        environment.extend(
            [
                "event_name",
                "ref_name",
                "ref_type",
                "head_ref",
                "sha",
                "server_url",
                "repository",
                "workspace",
            ]
            .map(|name| (format!("GITHUB_{}", name.to_uppercase()), of_runner(name))),
        );
        let script_path = temp.join(format!("script_{number}.sh"));
        files::write_whole(&script_path, script.as_bytes()).unwrap();
        let folder = step["working-directory"].as_str().unwrap_or(".");
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(&script_path)
            .current_dir(self.project.path().join(folder))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.project.path())
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("RUNNER_TEMP", &temp)
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .envs(&environment)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let log = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        self.log += &log;
        let [outputs, added, summary, path] =
            paths.map(|(_, path)| files::read_text(Path::new(&path), 8 << 20).unwrap());
        assert_eq!((added.as_str(), path.as_str()), ("", ""), "later steps would run what stands there");
        self.summaries.push(summary);
        (output.status.success(), runner::outputs(&outputs))
    }
}
