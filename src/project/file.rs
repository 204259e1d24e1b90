//! `larder.toml`: finds, parses and checks it, and merges it for one environment.
//!
//! **Invariant:** a loaded file is right for every environment it declares; only a `--set` can still be wrong.

use super::account::AccountId;
use super::config::Config;
use super::environment::{self, Environment, TOP_LEVEL, is_identifier};
use super::findings::ProjectFindings;
use super::naming::{self, Branch, EnvNames, NamingPolicy, Templates};
use super::problem::{ProjectFinding, ProjectProblem, REACH};
use super::schema::{Required, validate};
use super::select::{SelectError, select};
use super::set;
use super::shape::ProjectSchema;
use super::source::{Sources, Span};
use super::tree::{Entry, Node, NodeValue, toml};
use super::unfilled;
use super::wrangler::{self, BindingKinds, WranglerError, WranglerFile};
use super::wrangler_defaults;
use crate::events::Site;
use crate::system::{self, Root, RootError, files};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use thiserror::Error;

pub const PROJECT_FILE: &str = "larder.toml";

/// A project file is written by hand; what is larger is something else.
pub const PROJECT_FILE_BYTES_MAX: u64 = 256 * 1024;

/// A checked project file.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// The folder it lies in; the file's paths are relative to it.
    pub folder: PathBuf,
    sources: Sources,
    root: Node,
    schema: Arc<ProjectSchema>,
    environments: Vec<Environment>,
    /// Where it declares none itself, the environments are those of its wrangler config.
    declares_environments: bool,
    names: OnceLock<Vec<EnvironmentNaming>>,
}

/// What an environment says of names.
#[derive(Clone, Debug)]
struct EnvironmentNaming {
    templates: Templates,
    declared: Vec<(String, String)>,
    environment: EnvNames,
}

/// Why there is no project file to work with.
#[derive(Debug, Error)]
pub enum ProjectError {
    #[error("no `{PROJECT_FILE}` in {}\nhint: `larder init` starts a project", folder.display())]
    NotFound { folder: PathBuf },
    #[error("no `{PROJECT_FILE}` and no wrangler config in {}\n{}", folder.display(), ways(.commands))]
    Nowhere { folder: PathBuf, commands: Vec<String> },
    #[error("`recipe = \"wrangler\"` needs a wrangler config, and {} holds none\nhint: name it in `{PROJECT_FILE}`: `wrangler = \"path/to/wrangler.toml\"`", folder.display())]
    NoWrangler { folder: PathBuf },
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot read `{}`: {error}\nhint: {REACH}", path.display())]
    OutOfReach { path: PathBuf, error: RootError },
    #[error(transparent)]
    Wrong(#[from] ProjectFindings),
    #[error(transparent)]
    Wrangler(#[from] WranglerError),
}

fn ways(commands: &[String]) -> String {
    if commands.is_empty() {
        return "hint: `larder init` starts a project".to_owned();
    }
    commands.iter().map(|command| format!("hint: `{command}`")).collect::<Vec<_>>().join("\n")
}

/// The project file in `start` or the nearest folder above it.
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(PROJECT_FILE)).find(|path| files::exists(path))
}

/// The wrangler configs that a project file names, whatever else is in it.
pub fn configs_of(path: &Path) -> Vec<String> {
    let text = files::read_text(path, PROJECT_FILE_BYTES_MAX).unwrap_or_default();
    let (root, _) = toml::parse(&Sources::of(PROJECT_FILE, &text), 0);
    root.get("wrangler").map(Node::texts).unwrap_or_default()
}

/// A text as it was parsed, and what the parser found wrong with it.
struct ParsedText {
    sources: Sources,
    root: Node,
    findings: Vec<ProjectFinding>,
}

impl ParsedText {
    fn parse(name: &str, text: &str) -> Self {
        let sources = Sources::of(name, text);
        let (root, findings) = toml::parse(&sources, 0);
        ParsedText { sources, root, findings }
    }
}

impl ProjectFile {
    /// Loads the file of exactly this folder, as `-C` asks; messages call it `name`.
    pub fn load(
        root: &Root,
        name: &str,
        schema: impl Into<Arc<ProjectSchema>>,
    ) -> Result<Self, ProjectError> {
        let (folder, schema) = (root.path(), schema.into());
        let path = folder.join(PROJECT_FILE);
        if !files::exists(&path) {
            return Err(ProjectError::NotFound { folder: folder.to_owned() });
        }
        let unreadable = |source| ProjectError::Unreadable { path: path.clone(), source };
        let real = match root.follow(&path) {
            Err(RootError::Unreadable { source, .. }) => Err(unreadable(source)),
            real => real.map_err(|error| ProjectError::OutOfReach { path: path.clone(), error }),
        };
        let text = files::read_text(&real?, PROJECT_FILE_BYTES_MAX).map_err(unreadable)?;
        Self::read(root, name, &text, schema)
    }

    /// The same of a text that stands for the file's.
    pub fn read(
        root: &Root,
        name: &str,
        text: &str,
        schema: impl Into<Arc<ProjectSchema>>,
    ) -> Result<Self, ProjectError> {
        let (folder, schema, text) = (root.path(), schema.into(), ParsedText::parse(name, text));
        let workers = workers_of(root, &text, schema.bindings())?;
        Ok(Self::of_text(folder, text, schema, &workers)?)
    }

    /// Parses and checks a text; every error that can be seen is reported, not only the first.
    pub fn parse(
        folder: &Path,
        name: &str,
        text: &str,
        schema: impl Into<Arc<ProjectSchema>>,
    ) -> Result<Self, ProjectFindings> {
        Self::of_text(folder, ParsedText::parse(name, text), schema.into(), &[])
    }

    /// The project that a wrangler config alone makes: its environments, the top level as [`TOP_LEVEL`], its Worker's name
    /// as the app, and no more.
    pub fn of_wrangler(
        file: &WranglerFile,
        schema: impl Into<Arc<ProjectSchema>>,
    ) -> Result<Self, ProjectFindings> {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        let text = ParsedText::parse(PROJECT_FILE, "");
        Self::of_text(folder, text, schema.into(), std::slice::from_ref(file))
    }

    fn of_text(
        folder: &Path,
        text: ParsedText,
        schema: Arc<ProjectSchema>,
        workers: &[WranglerFile],
    ) -> Result<Self, ProjectFindings> {
        let ParsedText { mut sources, root: own, findings: parsing } = text;
        let declares_environments = environment::read(&own).next().is_some();
        let root = match workers {
            [] => own,
            files => wrangler_defaults::complete(files, &own, &mut sources),
        };
        let (syntax, values): (Vec<_>, Vec<_>) =
            parsing.into_iter().partition(|finding| matches!(finding.problem, ProjectProblem::Syntax { .. }));
        let mut findings = check(&root, &sources, &schema);
        findings.extend(values);
        if let Some(first) = syntax.iter().map(|error| error.span.start).min() {
            findings.retain(|finding| stands_before(first, finding));
            let mut syntax = first_of_each_line(syntax, &sources);
            // It is not one of ours, whatever it is: no more of it is quoted than says so.
            if !root.has_key_of(schema.file()) {
                syntax.truncate(1);
            }
            findings.extend(syntax);
        }
        ProjectFindings::check(&sources, findings)?;
        let environments =
            environment::read(&root).map(|entry| environment::environment(entry, &root, &sources)).collect();
        let folder = folder.to_owned();
        Ok(ProjectFile {
            folder,
            sources,
            root,
            schema,
            environments,
            declares_environments,
            names: OnceLock::new(),
        })
    }

    /// What its wrangler config can bind.
    pub fn bindings(&self) -> &BindingKinds {
        self.schema.bindings()
    }

    /// The environments, sorted by name.
    pub fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// The recipe that the file names.
    pub fn recipe(&self) -> Option<&str> {
        self.root.text("recipe")
    }

    /// Where it names it.
    pub fn recipe_at(&self) -> Option<Site> {
        Some(self.sources.location(self.root.get("recipe")?.span))
    }

    /// The environment that needs no name: the top level of a wrangler config, where the file declares no environment.
    pub fn default_environment(&self) -> Option<&'static str> {
        let is_there = self.environments.iter().any(|environment| environment.name == TOP_LEVEL);
        (is_there && !self.declares_environments).then_some(TOP_LEVEL)
    }

    /// The environment of this run.
    pub fn select(
        &self,
        flag: Option<&str>,
        variables: &system::Environment,
    ) -> Result<&Environment, SelectError> {
        select(&self.environments, flag, variables)
    }

    /// The file as `environment` sees it, with each `--set key=value` laid over it in order.
    pub fn config(&self, environment: &Environment, sets: &[String]) -> Result<Config, ProjectFindings> {
        let mut sources = self.sources.clone();
        let mut findings = Vec::new();
        let mut tree = merged(&self.root, &environment.name, &self.schema);
        let mut branch = None;
        for argument in sets {
            if let Some(name) = set::branch(argument) {
                let source = sources.add("--set", argument);
                branch = Some((name.to_owned(), Span { source, start: 0, end: argument.len() }));
                continue;
            }
            match set::parse(argument, &mut sources) {
                Ok(over) => {
                    findings.extend(check_values(&over, &sources));
                    tree.merge(&over);
                }
                Err(finding) => findings.push(*finding),
            }
        }
        findings.extend(validate(self.schema.merged(), &tree, Required::Now));
        let mut config = Config::read(&tree, environment.clone(), &self.schema, &sources);
        if let Some((name, span)) = branch {
            match self.branch_problem(&config, &name) {
                Some(problem) => findings.push(ProjectFinding::new(span, problem)),
                None => config.branch = Branch::Named(name),
            }
        }
        ProjectFindings::check(&sources, findings)?;
        Ok(config)
    }

    /// Why a name can't be the branch of an environment.
    fn branch_problem(&self, config: &Config, name: &str) -> Option<ProjectProblem> {
        let is_plain = Branch::is_plain(name);
        // With such a branch the names of two environments could be one.
        let is_environment = || self.environments.iter().any(|environment| environment.answers_to(name));
        match (&config.branch, is_plain) {
            (Branch::None, _) => Some(ProjectProblem::NotSettable { key: "branch".into() }),
            (_, false) => Some(ProjectProblem::BadBranch { found: name.to_owned() }),
            (_, true) => {
                is_environment().then(|| ProjectProblem::BranchIsEnvironment { found: name.to_owned() })
            }
        }
    }

    /// The templates and the names of every environment; the one of `run` as that run is configured.
    pub fn naming(&self, run: &Config) -> Result<(NamingPolicy, Vec<EnvNames>), ProjectFindings> {
        let mut policy = NamingPolicy::default();
        let mut names = Vec::new();
        for EnvironmentNaming { templates, declared, environment: known } in self.names()? {
            if known.name == run.environment.name {
                policy.set(&known.name, run.templates(), run.declared());
                names.push(run.names());
            } else {
                policy.set(&known.name, templates.clone(), declared.clone());
                names.push(known.clone());
            }
        }
        Ok((policy, names))
    }

    /// What each environment says of names without any `--set`: merged and checked once, whichever environments are run.
    fn names(&self) -> Result<&[EnvironmentNaming], ProjectFindings> {
        if let Some(names) = self.names.get() {
            return Ok(names);
        }
        let of = |environment: &Environment| {
            let config = self.config(environment, &[])?;
            let (templates, declared, environment) = (config.templates(), config.declared(), config.names());
            Ok(EnvironmentNaming { templates, declared, environment })
        };
        let names = self.environments.iter().map(of).collect::<Result<Vec<_>, ProjectFindings>>()?;
        Ok(self.names.get_or_init(|| names))
    }

    /// Notes in the names of every environment, as [`ProjectFile::naming`] gives them, how its first Worker is called.
    pub fn name_workers(&self, names: &mut [EnvNames], files: &[WranglerFile]) {
        for (names, environment) in names.iter_mut().zip(&self.environments) {
            let worker = files.iter().find_map(|file| file.readable(environment.wrangler_env.as_deref()));
            names.worker = worker.and_then(|worker| worker.name);
        }
    }
}

/// The wrangler configs that a file with `recipe = "wrangler"` rests on: those that it names, or the one beside it.
fn workers_of(
    reach: &Root,
    text: &ParsedText,
    kinds: &BindingKinds,
) -> Result<Vec<WranglerFile>, ProjectError> {
    let ParsedText { sources, root, .. } = text;
    let folder = reach.path();
    if root.text("recipe") != Some(wrangler_defaults::RECIPE) {
        return Ok(Vec::new());
    }
    let mut names = root.get("wrangler").map(Node::texts).unwrap_or_default();
    if names.is_empty() {
        let beside = wrangler::find(folder);
        let name =
            beside.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        names.push(name.ok_or_else(|| ProjectError::NoWrangler { folder: folder.to_owned() })?);
    }
    let written = |name: &str| {
        let value = root.get("wrangler")?;
        [value].into_iter().chain(value.items()).find(|one| one.as_str() == Some(name))
    };
    let load =
        |name: &String| match (WranglerFile::load(reach, &folder.join(name), name, kinds), written(name)) {
            (Err(WranglerError::Unreadable { source, .. }), Some(node)) => {
                let problem = ProjectProblem::Unreadable { name: name.clone(), reason: source.to_string() };
                ProjectFindings::check(sources, vec![ProjectFinding::new(node.span, problem)])?;
                Ok(None)
            }
            (Err(WranglerError::OutOfReach { error, .. }), Some(node)) => {
                let problem = ProjectProblem::OutOfReach { reason: error.to_string() };
                ProjectFindings::check(sources, vec![ProjectFinding::new(node.span, problem)])?;
                Ok(None)
            }
            (loaded, _) => Ok(Some(loaded?)),
        };
    let loaded = names.iter().filter_map(|name| load(name).transpose());
    loaded.collect()
}

fn check(root: &Node, sources: &Sources, schema: &ProjectSchema) -> Vec<ProjectFinding> {
    let mut findings = validate(schema.file(), root, Required::AfterMerging);
    findings.extend(environment::check(root, sources));
    findings.extend(check_values(root, sources));
    for entry in environment::read(root) {
        findings.extend(check_values(&entry.node, sources));
    }
    let names = environment::read(root).map(|entry| entry.key.as_str());
    let trees: Vec<Node> = names.map(|name| merged(root, name, schema)).collect();
    let without_environments = trees.is_empty().then(|| base(root));
    for tree in trees.iter().chain(&without_environments) {
        let wrong = validate(schema.merged(), tree, Required::Now).into_iter();
        for finding in wrong.filter(|finding| matches!(finding.problem, ProjectProblem::MissingKey { .. })) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// What the schema cannot say about values, wherever they stand: the file, an environment, a `--set`.
fn check_values(table: &Node, sources: &Sources) -> Vec<ProjectFinding> {
    let mut findings = naming::check(table.get("naming"), sources);
    if let Some((node, app)) = table.get("app").and_then(|node| Some((node, node.as_str()?)))
        && !is_identifier(app)
    {
        findings.push(ProjectFinding::new(
            node.span,
            ProjectProblem::BadIdentifier { what: "app name", found: app.to_owned() },
        ));
    }
    if let Some((node, id)) = table.get("account_id").and_then(|node| Some((node, node.as_str()?)))
        && AccountId::parse(id).is_none()
        && unfilled::of_id(id).is_none()
    {
        findings.push(ProjectFinding::new(node.span, ProjectProblem::BadAccountId { found: id.to_owned() }));
    }
    findings.extend(check_steps(table.get("steps").map(Node::items).unwrap_or_default()));
    findings
}

fn check_steps(groups: &[Node]) -> Vec<ProjectFinding> {
    let alone = groups.iter().filter(|node| node.as_str().is_some());
    let mut steps: Vec<&Node> = alone.chain(groups.iter().flat_map(Node::items)).collect();
    steps.sort_by_key(|node| node.span);
    let mut findings = Vec::new();
    for (index, node) in steps.iter().enumerate() {
        let Some(step) = node.as_str() else { continue };
        if steps[..index].iter().any(|before| before.as_str() == Some(step)) {
            findings
                .push(ProjectFinding::new(node.span, ProjectProblem::StepTwice { step: step.to_owned() }));
        }
    }
    findings
}

/// The base with the environment's overrides laid over it.
fn merged(root: &Node, environment: &str, schema: &ProjectSchema) -> Node {
    let mut tree = base(root);
    let over = environment::read(root).find(|entry| entry.key == environment);
    let overrides = over.map(|entry| entry.node.entries()).unwrap_or_default();
    let known = &schema.merged()["properties"];
    let entries: Vec<Entry> =
        overrides.iter().filter(|entry| !known[&entry.key].is_null()).cloned().collect();
    tree.merge(&Node { span: root.span, value: NodeValue::Table(entries) });
    tree
}

fn base(root: &Node) -> Node {
    let entries = root.entries().iter().filter(|entry| entry.key != "environments").cloned();
    Node { span: root.span, value: NodeValue::Table(entries.collect()) }
}

/// Whether a finding owes nothing to what the parser made of the text from the first syntax error on.
fn stands_before(error: usize, finding: &ProjectFinding) -> bool {
    finding.span.end <= error && !matches!(finding.problem, ProjectProblem::MissingKey { .. })
}

/// What follows on the same line is the parser's confusion, not the writer's.
fn first_of_each_line(mut syntax: Vec<ProjectFinding>, sources: &Sources) -> Vec<ProjectFinding> {
    syntax.sort_by_key(|error| error.span);
    syntax.dedup_by_key(|error| sources.location(error.span).line);
    syntax
}

#[cfg(test)]
mod tests;
