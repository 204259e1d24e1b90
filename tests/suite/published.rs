//! Where Larder is published: one name, set in one place, and the same wherever it is written.

use super::packed::{Packed, tag, write};
use super::source_tree::{read, repository, root};
use larder::system::files;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// `OWNER/NAME`, as Cargo.toml has it.
pub fn name() -> &'static str {
    env!("CARGO_PKG_REPOSITORY").strip_prefix("https://github.com/").unwrap()
}

/// Every text of the repository.
fn texts() -> BTreeMap<String, String> {
    repository().into_iter().map(|path| (path.clone(), read(&path))).collect()
}

#[test]
fn the_name_is_set_in_one_place_and_replaced_everywhere() {
    let copy = tempfile::tempdir().unwrap();
    let before = texts();
    for (path, text) in &before {
        write(&copy.path().join(path), text.as_bytes());
    }
    let set = |to: &str| {
        let script = copy.path().join(".github/release/repository");
        let output = Command::new("bash").arg(script).arg(to).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), output.stderr)
    };
    // Put together here, so that the way back leaves this file as it is.
    let other = ["a-company", "larder.tool"].join("/");
    let (code, changed, _) = set(&other);
    assert_eq!(code, Some(0));
    let changed: BTreeSet<&str> = changed.lines().collect();
    let holding: BTreeSet<&str> =
        before.iter().filter(|(_, text)| text.contains(name())).map(|(path, _)| path.as_str()).collect();
    assert_eq!(changed, holding, "these are still to be filled in");
    let after = |path: &str| files::read_text(&copy.path().join(path), 4 << 20).unwrap();
    for (path, text) in &before {
        assert_eq!(after(path), text.replace(name(), &other), "{path}");
    }
    // From any name to any other one, so the placeholder is not special.
    assert_eq!(set(name()).0, Some(0));
    for (path, text) in &before {
        assert_eq!(&after(path), text, "{path}");
    }
    for wrong in ["", "larder", "a/b/c", "a b/c", "a/b|c", "https://github.com/a/b"] {
        let (code, changed, error) = set(wrong);
        assert_eq!((code, changed.as_str()), (Some(2), ""), "{wrong:?}");
        assert_eq!(error, b"error: a repository is named as OWNER/NAME\n");
    }
}

#[test]
fn no_text_names_another_place() {
    let address = Regex::new(
        r"(?:github\.com/|uses: |source )([A-Za-z0-9-]+/larder)\b|\b([A-Za-z0-9-]+/larder)@v?[0-9]",
    )
    .unwrap();
    let mut seen = 0;
    for (path, text) in texts() {
        for found in address.captures_iter(&text) {
            let named = found.get(1).or(found.get(2)).unwrap().as_str();
            assert_eq!(named, name(), "{path}");
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
}

#[test]
fn the_image_is_built_from_the_static_binaries() {
    let packed = Packed::with_all(None);
    packed.script("image", &[&tag()]);
    let dockerfile = read("packaging/Dockerfile");
    let copied = Regex::new(r"(?m)^COPY (\S+) (\S+)$").unwrap();
    let mut seen = BTreeSet::new();
    for architecture in ["amd64", "arm64"] {
        for found in copied.captures_iter(&dockerfile) {
            let from = found[1].replace("${TARGETARCH}", architecture);
            assert!(files::exists(&packed.path("dist/image").join(&from)), "{from}");
            seen.insert(from);
        }
    }
    let laid = files::walk(&packed.path("dist/image")).unwrap();
    assert_eq!(laid.iter().map(|path| path.to_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), seen);
    let lines: Vec<&str> = dockerfile.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!((lines[0], lines[lines.len() - 1]), ("FROM scratch", "ENTRYPOINT [\"/larder\"]"));
    assert!(lines.contains(&"USER 65532:65532"), "it runs without rights");
    assert!(root().join(".ci/dockerfile").exists() && read(".ci/run").contains("\npart .ci/dockerfile\n"));
}

#[test]
fn the_pages_about_installing_and_versions_name_what_there_is() {
    let (install, versions, release) =
        (read("docs/install.md"), read("docs/versions.md"), read(".github/workflows/release.yml"));
    // The line that a person pastes is that of the script's own head, and its file is one of the release.
    let address = format!("{}/releases/latest/download/install.sh", env!("CARGO_PKG_REPOSITORY"));
    let line = format!("curl -fsSL {address} | sh\n");
    assert!(install.contains(&line) && read("packaging/install.sh").contains(&format!("#   {line}")));
    assert!(release.contains(" dist/install.sh dist/SHA256SUMS dist/larder-*"), "{release}");
    for variable in Regex::new(r"vars\.([A-Z_]+)").unwrap().captures_iter(&release) {
        assert!(install.contains(&format!("`{}`", &variable[1])), "{}", &variable[1]);
    }
    for schema in files::walk(&root().join("schemas")).unwrap() {
        let link = format!("(../schemas/{})", schema.display());
        assert!(versions.contains(&link), "docs/versions.md does not name {}", schema.display());
    }
    for exit in larder::report::Exit::ALL {
        assert!(versions.contains(&exit.code().to_string()), "{exit:?}");
    }
}
