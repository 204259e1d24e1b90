//! Properties for any text that is read as a project file, an env file or a wrangler config.

use super::wrangler::{Format, IdEdit, write_ids};
use super::{env_file, fixture};

/// Every environment of a file that is read has its settings and names, or an error that says what is wrong.
///
/// # Panics
/// Where the property is violated.
pub fn project_file(text: &str) {
    let file = match fixture::parse(text) {
        Ok(file) => file,
        Err(findings) => return assert!(!findings.to_string().is_empty()),
    };
    for environment in file.environments() {
        match file.config(environment, &[]) {
            Ok(config) => {
                let _ = file.naming(&config);
            }
            Err(findings) => assert!(!findings.to_string().is_empty()),
        }
    }
}

/// Keys are names, and no message holds a value.
///
/// # Panics
/// Where the property is violated.
pub fn env_file(text: &str) {
    match env_file::parse(text) {
        Ok(pairs) => {
            for (key, value) in pairs {
                assert!(!key.is_empty() && !key.contains(['=', '\n', ' ']), "{key:?}");
                assert!(!value.contains('\0'));
            }
        }
        Err((line, _)) => assert!(line >= 1 && line <= text.split('\n').count()),
    }
}

/// `FORMAT ENVIRONMENT BINDING VALUE` in the first line, the config below. What is written reads back, so that writing it
/// again changes nothing.
///
/// # Panics
/// Where the property is violated.
pub fn editor(text: &str) {
    let (head, config) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = head.split(' ');
    let format = if words.next() == Some("json") { Format::Json } else { Format::Toml };
    let environment = words.next().filter(|name| !name.is_empty());
    let edit = IdEdit {
        kind: fixture::kind("kv"),
        binding: words.next().unwrap_or_default().to_owned(),
        field: "id".to_owned(),
        value: words.next().unwrap_or_default().to_owned(),
    };
    let edits = [edit];
    if let Ok(written) = write_ids(config, format, environment, &edits) {
        assert_eq!(write_ids(&written, format, environment, &edits).as_deref(), Ok(&*written));
    }
}

#[cfg(test)]
mod tests {
    use crate::system::corpus::replay;

    #[test]
    fn the_kept_project_files_are_read() {
        replay("project_file", super::project_file);
    }

    #[test]
    fn the_kept_env_files_are_read() {
        replay("env_file", super::env_file);
    }

    #[test]
    fn the_kept_configs_are_edited() {
        replay("editor", super::editor);
    }
}
