//! A project's first file: beside a wrangler config, what it binds; else what the app needs, by name.

use super::Place;
use super::place::schema;
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::{self, WranglerFile};
use crate::services::Services;
use crate::system::files;
use anyhow::{Context as _, anyhow};
use std::fmt::Write as _;

/// Writes it, for an app of this name if one is given; gives what to do next.
pub fn init(place: &Place, app: Option<&str>) -> anyhow::Result<String> {
    let path = place.folder.join(PROJECT_FILE);
    if files::exists(&path) {
        return Err(anyhow!("`{PROJECT_FILE}` exists already"));
    }
    let named = app.map(app_name);
    let folder = place.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let (text, first) = match beside(place)? {
        Some(config) => by_bindings(place.services, named.as_deref(), &config),
        None => (
            by_names(place.services, &named.unwrap_or_else(|| app_name(folder.as_deref().unwrap_or("app")))),
            "name what the app needs in it, then `larder plan -e development --local`".to_owned(),
        ),
    };
    files::write_whole(&path, text.as_bytes()).with_context(|| format!("can't write `{PROJECT_FILE}`"))?;
    Ok(first)
}

/// A text as a name can be part of names.
fn app_name(text: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let app: String = text.to_lowercase().chars().map(plain).collect();
    app.trim_matches('-').to_owned()
}

/// The wrangler config in the folder.
fn beside(place: &Place) -> anyhow::Result<Option<WranglerFile>> {
    let Some(path) = wrangler::find(&place.folder) else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Some(WranglerFile::load(&path, &name, schema(place.services).bindings())?))
}

/// A project whose Worker's config says what is made, and in which environments; without a name of its own, the app has the
/// Worker's, by which `destroy` knows what belongs to it.
fn by_bindings(services: Services, app: Option<&str>, config: &WranglerFile) -> (String, String) {
    let app = app.map(|app| format!("app = \"{app}\"\n")).unwrap_or_default();
    let text = format!(
        "{app}\
         recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives\n\
         wrangler = \"{}\" # its environments are those of this project\n\n\
         {}",
        config.name(),
        described(services, config),
    );
    let flag = config.environments().first().map(|name| format!(" -e {name}")).unwrap_or_default();
    (text, format!("`larder plan{flag} --local` shows what would be made"))
}

/// In comments, what a binding alone does not say.
fn described(services: Services, config: &WranglerFile) -> String {
    let mut text = String::new();
    for service in services.iter() {
        let Some(kind) = services.binding_kinds().of_service(service.name) else { continue };
        let Some((needs, key)) = kind.needs().zip(kind.described_in()) else { continue };
        let binding = config.first_binding(service.name).unwrap_or_else(|| service.name.to_uppercase());
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
fn by_names(services: Services, app: &str) -> String {
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
