//! Files that scripts may not read, neither as data nor as scripts, since an error message would quote their
//! secrets.

use std::path::Path;

/// Files of credentials, and what git and Larder keep for themselves; `real` is a path after every link is followed.
pub fn is_kept_apart(real: &Path) -> bool {
    real.components().any(|part| {
        let name = part.as_os_str().to_string_lossy().to_ascii_lowercase();
        let is_of_tool = [".git", ".larder", ".wrangler"].contains(&name.as_str());
        let holds_secrets = |file: &&str| name == **file || name.starts_with(&format!("{file}."));
        is_of_tool || [".env", ".dev.vars"].iter().any(holds_secrets)
    })
}

/// Whether a text that should be a script is an env file: its first line assigns to a variable that nothing has declared.
pub fn is_env_file(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(line) = lines.next() else { return false };
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let Some((name, value)) = line.split_once('=') else { return false };
    let name = name.trim_end();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    is_name && !value.starts_with(['=', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_files_are_known_by_their_first_line() {
        for text in ["A=1", "# note\n\nexport MY_KEY='x'\n", "A = b\nlet c = 1;", "_x=\n"] {
            assert!(is_env_file(text), "{text}");
        }
        for text in
            ["", "let a = 1;", "a == 1", "1 + 1", "kv::find(\"A=B\")", "#{ a: 1 }", "a += 1", "a.b = 1"]
        {
            assert!(!is_env_file(text), "{text}");
        }
    }
}
