//! Suggests the typed command for a sub folder, when it was started one level too high.

use crate::system::word;
use std::path::Path;

/// The command line with `-C folder`, where `folder` is relative to the one in which it worked.
pub fn command_in(arguments: &[String], folder: &Path) -> String {
    let (mut base, mut rest) = (None, Vec::new());
    let mut left = arguments.iter();
    while let Some(argument) = left.next() {
        match argument.as_str() {
            "-C" | "--directory" => base = left.next().map(String::as_str),
            other => match other.strip_prefix("--directory=").or_else(|| other.strip_prefix("-C")) {
                Some(named) => base = Some(named),
                None => rest.push(word(argument)),
            },
        }
    }
    let folder = Path::new(base.unwrap_or_default()).join(folder);
    let folder = folder.to_string_lossy().replace('\\', "/");
    [vec!["larder".to_owned(), "-C".to_owned(), word(&folder)], rest].concat().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_command_is_replaced_and_the_rest_kept() {
        let command = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
            command_in(&arguments, Path::new("apps/web"))
        };
        assert_eq!(command(&["run", "-e", "production"]), "larder -C apps/web run -e production");
        for folder in [&["-C", "mono"][..], &["--directory", "mono"], &["--directory=mono"], &["-Cmono"]] {
            assert_eq!(command(&[folder, &["run"]].concat()), "larder -C mono/apps/web run");
        }
        assert_eq!(command(&["eval", "1 + 'a'"]), r"larder -C apps/web eval '1 + '\''a'\'''");
    }
}
