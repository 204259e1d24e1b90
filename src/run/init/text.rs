//! The text of a new project file.

use super::configs::{Config, Configs};
use crate::project::databases::{DEFAULT_FOLDER, SERVICE};
use crate::run::Workspace;
use crate::run::folders::elsewhere;
use crate::services::Services;
use crate::services::d1::migrations::{MigrationError, Migrations, Settings};
use crate::system::{Root, files};
use std::fmt::Write as _;
use std::path::Path;
use toml_edit::{Key, Value};

/// A project whose Workers' configs say what is made, and in which environments; without a name of its own, the app has the
/// Worker's, by which `destroy` knows what belongs to it.
pub(super) fn by_bindings(place: &Workspace, app: Option<&str>, configs: &Configs) -> anyhow::Result<String> {
    let mut text = head(place, app, configs)?;
    text.push_str(&described(place.services, configs));
    Ok(format!("{}\n", text.trim_end()))
}

/// The same without a word of what bindings do not say.
pub fn head(place: &Workspace, app: Option<&str>, configs: &Configs) -> anyhow::Result<String> {
    let app = app.map(|app| format!("app = \"{app}\"\n")).unwrap_or_default();
    let wrangler = configs.written().unwrap_or_else(|| Value::from(""));
    let whose = if configs.are_several() { "their" } else { "its" };
    let mut text = format!(
        "{app}\
         recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives\n\
         wrangler = {wrangler} # {whose} environments are those of this project\n\n",
    );
    let root = place.repository(&place.folder)?;
    for config in &configs.0 {
        text.push_str(&migrations(&root, configs, config));
    }
    Ok(text)
}

/// The lines for migrations that no config names: where one database is bound, and another tool keeps them.
fn migrations(root: &Root, configs: &Configs, config: &Config) -> String {
    let bindings = config.bindings();
    let mut databases = bindings.iter().filter(|binding| binding.kind.as_str() == SERVICE);
    let (Some(database), None) = (databases.next(), databases.next()) else { return String::new() };
    let beside = config.folder();
    if database.migrations.dir.is_some() || files::exists(&root.path().join(beside).join(DEFAULT_FOLDER)) {
        return String::new();
    }
    let Some(found) = elsewhere(&root.path().join(beside)) else { return String::new() };
    let folder = beside.join(found).to_string_lossy().replace('\\', "/");
    // Reading needs the name first.
    let _ = root.name(&folder);
    let pattern = match Migrations::discover(root, &Settings { folder: &folder, ..Settings::default() }) {
        Err(MigrationError::NoMatch { would: Some(pattern), .. }) => {
            format!("migrations_pattern = {}\n", Value::from(pattern))
        }
        _ => String::new(),
    };
    format!(
        "[d1.databases.{}] # `migrations_dir` in {} would say it to wrangler, too\nmigrations = {}\n{pattern}\n",
        Key::new(&database.binding),
        configs.path(Path::new(&config.path)),
        Value::from(configs.path(Path::new(&folder))),
    )
}

/// In comments, what a binding alone does not say.
fn described(services: Services, configs: &Configs) -> String {
    let mut text = String::new();
    for service in services.iter() {
        let Some(kind) = services.binding_kinds().of_service(service.name) else { continue };
        let Some((needs, key)) = kind.needs().zip(kind.described_in()) else { continue };
        let bound = configs.0.iter().find_map(|config| config.file.first_binding(service.name));
        let binding = bound.unwrap_or_else(|| service.name.to_uppercase());
        let resources = service.resources;
        let _ = write!(
            text,
            "# What a wrangler config does not say of {resources}, by their bindings:\n# [{kind}.{key}.{binding}]\n"
        );
        for line in needs.lines() {
            let _ = writeln!(text, "# {line}");
        }
    }
    text
}

/// A project that names what it needs itself.
pub(super) fn by_names(services: Services, app: &str) -> String {
    let steps: Vec<String> = services.iter().map(|service| format!("\"{}\"", service.name)).collect();
    let tables: Vec<&str> = services.iter().map(|service| service.sample).collect();
    format!(
        "app = \"{app}\"\n\n\
         steps = [{}]\n\n\
         {}\n\
         [naming] # {{env}} is the alias, {{environment}} the full name, {{name}} the logical name\n\
         template = \"{{app}}-{{env}}-{{name}}\"\n\n\
         [environments.development]\nalias = \"dev\"\n",
        steps.join(", "),
        tables.join("\n"),
    )
}
