//! A project's first file: beside a wrangler config, what it binds; else what the app needs, by name.

use super::Place;
use super::place::schema;
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::{self, WranglerFile};
use crate::system::files;
use anyhow::{Context as _, anyhow};

/// Writes it, for an app of this name if one is given; gives what to do next.
pub fn init(place: &Place, app: Option<&str>) -> anyhow::Result<String> {
    let path = place.folder.join(PROJECT_FILE);
    if files::exists(&path) {
        return Err(anyhow!("`{PROJECT_FILE}` exists already"));
    }
    let named = app.map(app_name);
    let folder = place.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let (text, first) = match beside(place)? {
        Some(config) => by_bindings(named.as_deref(), &config),
        None => (
            by_names(&named.unwrap_or_else(|| app_name(folder.as_deref().unwrap_or("app")))),
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
fn by_bindings(app: Option<&str>, config: &WranglerFile) -> (String, String) {
    let app = app.map(|app| format!("app = \"{app}\"\n")).unwrap_or_default();
    let text = format!(
        "{app}\
         recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives\n\
         wrangler = \"{}\" # its environments are those of this project\n\n\
         # What a wrangler config does not say of an index, by its binding:\n\
         # [vectorize.indexes.{}]\n# dimensions = 768\n# metric = \"cosine\"\n",
        config.name(),
        config.first_binding("vectorize").unwrap_or_else(|| "VECTORIZE".to_owned()),
    );
    let flag = config.environments().first().map(|name| format!(" -e {name}")).unwrap_or_default();
    (text, format!("`larder plan{flag} --local` shows what would be made"))
}

/// A project that names what it needs itself.
fn by_names(app: &str) -> String {
    format!(
        "app = \"{app}\"\n\n\
         steps = [\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]\n\n\
         [kv]\nnamespaces = []\n\n\
         [r2]\nbuckets = []\n\n\
         # [vectorize.indexes.main]\n# dimensions = 768\n# metric = \"cosine\"\n\n\
         # [ai_gateway.gateways.main]\n# cache_ttl = 3600\n\n\
         # [d1.databases.db]\n# binding = \"DB\"\n# migrations = \"migrations\"\n\n\
         [naming] # {{env}} is the alias, {{environment}} the full name, {{name}} the logical name\n\
         template = \"{{app}}-{{env}}-{{name}}\"\n\n\
         [environments.development]\nalias = \"dev\"\n"
    )
}
