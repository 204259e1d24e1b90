//! `install.sh`, fetching the archives of a release from a server on this machine, laid out as GitHub has them.

use super::packed::{VERSION, names_in, path_of_process, script, stripped, tag, this_target, write};
use super::source_tree::read;
use larder::system::files;
use releases::{Releases, archive, archive_name, sums};
use std::path::{Path, PathBuf};
use std::process::Command;

mod releases;

/// A home, with a program of this text as the release's.
struct Machine {
    home: tempfile::TempDir,
    releases: Releases,
}

/// What stands in for the program.
const PROGRAM: &str = "#!/bin/sh\necho \"larder of the release\"\n";

impl Machine {
    fn new() -> Self {
        Machine::with(PROGRAM)
    }

    fn with(program: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        script(&home.path().join("program"), program);
        let releases = Releases::new(&archive(&home.path().join("program")));
        Machine { home, releases }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// The script with its arguments, fetched as a person fetches it: by standard input.
    fn command(&self, text: &str, arguments: &[&str]) -> Command {
        write(&self.path("install.sh"), text.as_bytes());
        let mut shell = Command::new("/bin/sh");
        shell.arg("-s").arg("--").args(arguments).env_clear().env("HOME", self.home.path());
        shell.env("PATH", path_of_process()).stdin(std::fs::File::open(self.path("install.sh")).unwrap());
        shell
    }

    /// The exit code and both streams.
    fn run(&self, mut command: Command) -> (i32, String, String) {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text =
                String::from_utf8(bytes).unwrap().replace(self.home.path().to_str().unwrap(), "[HOME]");
            text.replace(&self.releases.address.to_string(), "[SERVER]")
        };
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn install(&self, arguments: &[&str]) -> (i32, String, String) {
        let url = self.releases.url();
        self.run(self.command(&read("packaging/install.sh"), &[&["--from", &url], arguments].concat()))
    }

    /// Refused with exactly this, after what curl may have said; nothing is left in the folder but what was there.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], message: &str) {
        let bin = self.path(".local/bin");
        let before = if bin.is_dir() { names_in(&bin) } else { Vec::new() };
        let (code, stdout, stderr) = self.install(arguments);
        let said = stderr.split_inclusive('\n').filter(|line| !line.starts_with("curl: "));
        let said: String = said.collect();
        assert_eq!((code, stdout.as_str(), said.as_str()), (1, "", message));
        let after = if bin.is_dir() { names_in(&bin) } else { Vec::new() };
        assert_eq!(after, before, "{message}");
    }
}

const PATH_HINT: &str = "hint: [HOME]/.local/bin is not in PATH: add `export PATH=\"[HOME]/.local/bin:$PATH\"` to the profile of your shell\n";

#[test]
fn the_latest_release_is_installed_and_provisions() {
    let home = tempfile::tempdir().unwrap();
    let machine = Machine { releases: Releases::new(&archive(&stripped(home.path()))), home };
    let (code, stdout, stderr) = machine.install(&[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let (installed, hint) = stdout.split_once('\n').unwrap();
    assert!(installed.starts_with(&format!("installed larder {VERSION} (commit ")), "{stdout}");
    assert!(installed.ends_with(") as [HOME]/.local/bin/larder"), "{stdout}");
    assert_eq!(hint, PATH_HINT);
    let base = "/OWNER/larder/releases";
    let asked = [
        format!("{base}/latest/download/SHA256SUMS"),
        format!("{base}/download/v{VERSION}/SHA256SUMS"),
        format!("{base}/download/v{VERSION}/{}", archive_name(VERSION)),
    ];
    assert_eq!(machine.releases.asked(), asked);
    assert_eq!(names_in(&machine.path(".local/bin")), ["larder"]);

    write(
        &machine.path("shop/wrangler.toml"),
        b"name = \"shop\"\nkv_namespaces = [{ binding = \"SESSIONS\" }]\n",
    );
    let mut larder = Command::new(machine.path(".local/bin/larder"));
    larder
        .args(["run", "--local"])
        .current_dir(machine.path("shop"))
        .env_clear()
        .env("HOME", machine.home.path());
    let output = larder.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("1 created"));
}

#[test]
fn a_release_and_a_folder_can_be_named() {
    let machine = Machine::new();
    let to = machine.path("a b/bin").to_str().unwrap().to_owned();
    for version in [VERSION.to_owned(), tag()] {
        let (code, stdout, stderr) = machine.install(&["--version", &version, "--to", &to]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
        assert!(stdout.starts_with("installed larder of the release as [HOME]/a b/bin/larder\n"), "{stdout}");
        assert!(!machine.releases.asked().iter().any(|path| path.contains("/latest/")));
    }
    assert_eq!(names_in(&machine.path("a b/bin")), ["larder"]);
    // In the PATH, as the first of its name, nothing more is to be done.
    let mut command =
        machine.command(&read("packaging/install.sh"), &["--from", &machine.releases.url(), "--to", &to]);
    command.env("PATH", format!("{to}:{}", path_of_process()));
    assert_eq!(machine.run(command).1, "installed larder of the release as [HOME]/a b/bin/larder\n");
    // Behind another one, that one is named.
    script(&machine.path("other/larder"), PROGRAM);
    let mut command =
        machine.command(&read("packaging/install.sh"), &["--from", &machine.releases.url(), "--to", &to]);
    command.env("PATH", format!("{}:{to}:{}", machine.path("other").display(), path_of_process()));
    let hint = "hint: the `larder` that is found first is another one: [HOME]/other/larder\n";
    assert!(machine.run(command).1.ends_with(hint));
}

#[test]
fn an_older_one_is_replaced_and_stays_where_the_new_one_is_refused() {
    let machine = Machine::new();
    script(&machine.path(".local/bin/larder"), "#!/bin/sh\necho old\n");
    machine.releases.put("SHA256SUMS", sums(&[(&archive_name(VERSION), b"another")]));
    let (code, ..) = machine.install(&[]);
    assert_eq!((code, read_at(&machine.path(".local/bin/larder"))), (1, "#!/bin/sh\necho old\n".to_owned()));
    let machine = Machine::new();
    script(&machine.path("elsewhere/larder"), "#!/bin/sh\necho old\n");
    files::make_folder(&machine.path(".local/bin")).unwrap();
    std::os::unix::fs::symlink(machine.path("elsewhere/larder"), machine.path(".local/bin/larder")).unwrap();
    assert_eq!(machine.install(&[]).0, 0);
    assert_eq!(read_at(&machine.path(".local/bin/larder")), PROGRAM);
    assert_eq!(
        read_at(&machine.path("elsewhere/larder")),
        "#!/bin/sh\necho old\n",
        "what a link leads to is left"
    );
}

fn read_at(path: &Path) -> String {
    files::read_text(path, 1 << 20).unwrap()
}

#[test]
fn what_is_not_the_release_is_refused_and_nothing_is_left() {
    let name = archive_name(VERSION);
    let sum_of = |bytes: &[u8]| String::from_utf8(sums(&[("", bytes)])).unwrap()[..64].to_owned();

    let machine = Machine::new();
    let right = machine.releases.served.lock().files[&name].clone();
    machine.releases.put("SHA256SUMS", sums(&[(&name, b"another")]));
    let differs = format!(
        "error: `{name}` has the SHA-256 {}, and `SHA256SUMS` has {}\nhint: nothing was installed\n",
        sum_of(&right),
        sum_of(b"another")
    );
    machine.refuses(&[], &differs);

    // Cut, and served as if it were whole.
    let machine = Machine::new();
    let cut = &right[..right.len() / 2];
    machine.releases.put(&name, cut.to_vec());
    let expected = sum_of(&machine.releases.served.lock().files[&name].clone());
    let sum_before = String::from_utf8(machine.releases.served.lock().files["SHA256SUMS"].clone()).unwrap();
    let named = sum_before.lines().last().unwrap()[..64].to_owned();
    let cut_off = format!(
        "error: `{name}` has the SHA-256 {expected}, and `SHA256SUMS` has {named}\nhint: nothing was installed\n"
    );
    machine.refuses(&[], &cut_off);

    // Cut on its way.
    let machine = Machine::new();
    machine.releases.tear(&name);
    machine.refuses(&[], &format!("error: `{name}` could not be fetched\n"));
    machine.releases.tear("SHA256SUMS");
    machine.refuses(&[], &no_sums("latest/download"));

    // Missing.
    let machine = Machine::new();
    machine.releases.take_away(&name);
    machine.refuses(&[], &format!("error: `{name}` could not be fetched\n"));
    machine.releases.take_away("SHA256SUMS");
    machine.refuses(&[], &no_sums("latest/download"));
    machine.refuses(&["--version", "9.9.9"], &no_sums("download/v9.9.9"));

    // Sums of other things: a page, another machine, another version, the same twice.
    let machine = Machine::new();
    let target = this_target();
    let none = format!("error: the release has no archive for {target}\n");
    machine.releases.put("SHA256SUMS", b"<html>not found</html>\n".to_vec());
    machine.refuses(&[], &none);
    machine.releases.put("SHA256SUMS", sums(&[("larder-0.1.0-x86_64-plan9.tar.gz", b"")]));
    machine.refuses(&[], &none);
    machine.releases.put("SHA256SUMS", sums(&[(&format!("../{name}"), &right)]));
    machine.refuses(&[], &none);
    machine.releases.put("SHA256SUMS", sums(&[(&archive_name("9.9.9"), b"")]));
    let other = format!("error: the release {VERSION} holds `{}`\n", archive_name("9.9.9"));
    machine.refuses(&["--version", VERSION], &other);
    machine.releases.put("SHA256SUMS", sums(&[(&name, &right), (&archive_name("9.9.9"), b"")]));
    machine.refuses(&[], &format!("error: the release has more than one archive for {target}\n"));

    // The right sum, and no archive; an archive without the program; a program that does not run.
    let machine = Machine::new();
    machine.releases.put(&name, b"no archive".to_vec());
    machine.releases.put("SHA256SUMS", sums(&[(&name, b"no archive")]));
    let (code, stdout, stderr) = machine.install(&[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.ends_with(&format!("error: `{name}` could not be unpacked\n")), "{stderr}");
    assert_eq!(names_in(&machine.path(".local/bin")), Vec::<String>::new());
    let machine = Machine::with("#!/bin/sh\nexit 1\n");
    machine.refuses(&[], &format!("error: the larder of release {VERSION} does not run here\n"));
}

fn no_sums(release: &str) -> String {
    format!(
        "error: no `SHA256SUMS` could be fetched from http://[SERVER]/OWNER/larder/releases/{release}\n\
         hint: is there such a release, and is the network reached?\n"
    )
}

#[test]
fn arguments_and_folders_that_can_not_be_are_refused_before_anything_is_fetched() {
    let machine = Machine::new();
    let options = "hint: `--help` lists the options\n";
    for (arguments, message) in [
        (&["--version"][..], format!("error: `--version` needs a value\n{options}")),
        (&["--to", ""], format!("error: `--to` needs a value\n{options}")),
        (&["install"], "error: `install` is no option\nhint: `--help` lists them\n".to_owned()),
        (&["--version", "../1"], "error: `../1` is no version such as 0.1.0\n".to_owned()),
        (
            &["--from", "http://example.com"],
            "error: `http://example.com` does not begin with https://\n".to_owned(),
        ),
        (&["--from", "file:///tmp"], "error: `file:///tmp` does not begin with https://\n".to_owned()),
    ] {
        machine.refuses(arguments, &message);
    }
    write(&machine.path("file"), b"");
    let below = machine.path("file/bin").to_str().unwrap().to_owned();
    let name_another = "hint: name another one with `--to`\n";
    machine.refuses(
        &["--to", &below],
        &format!("error: the folder `[HOME]/file/bin` can't be made\n{name_another}"),
    );
    files::make_folder(&machine.path("bin/larder")).unwrap();
    let bin = machine.path("bin").to_str().unwrap().to_owned();
    let folder = "error: `[HOME]/bin/larder` is a folder\nhint: name another folder with `--to`\n";
    machine.refuses(&["--to", &bin], folder);
    // Nobody may write there, whoever runs this.
    machine.refuses(
        &["--to", "/proc/self"],
        &format!("error: the folder `/proc/self` can't be written to\n{name_another}"),
    );
    assert_eq!(machine.releases.asked(), Vec::<String>::new());
}

#[test]
fn a_machine_without_a_release_is_told_what_else_there_is() {
    for (system, processor, message) in [
        (
            "FreeBSD",
            "amd64",
            "error: there is no release for FreeBSD on amd64\nhint: build it with Rust: `cargo install --locked larder`\n",
        ),
        (
            "Linux",
            "riscv64",
            "error: there is no release for Linux on riscv64\nhint: build it with Rust: `cargo install --locked larder`\n",
        ),
        (
            "MINGW64_NT-10.0",
            "x86_64",
            "error: this script does not install on Windows\nhint: `npm install --global larder-cli`, or unpack the release's `.zip`\n",
        ),
    ] {
        let machine = Machine::new();
        let uname = format!("#!/bin/sh\nif [ \"$1\" = -s ]; then echo {system}; else echo {processor}; fi\n");
        script(&machine.path("tools/uname"), &uname);
        let mut command =
            machine.command(&read("packaging/install.sh"), &["--from", &machine.releases.url()]);
        command.env("PATH", format!("{}:{}", machine.path("tools").display(), path_of_process()));
        assert_eq!(machine.run(command), (1, String::new(), message.to_owned()));
    }
}

/// What the script uses beside the program that fetches and the one that sums up.
const TOOLS: [&str; 13] =
    ["cat", "chmod", "cut", "grep", "gzip", "mkdir", "mv", "rm", "sh", "tar", "uname", "sysctl", "perl"];

#[test]
fn wget_and_other_sums_will_do_and_without_any_nothing_is_tried() {
    let program_of = |name: &str| {
        path_of_process()
            .split(':')
            .map(|folder| Path::new(folder).join(name))
            .find(|path| files::exists(path))
    };
    let with = |more: &[&str]| {
        let machine = Machine::new();
        files::make_folder(&machine.path("tools")).unwrap();
        for name in TOOLS.iter().chain(more) {
            if let Some(program) = program_of(name) {
                std::os::unix::fs::symlink(program, machine.path("tools").join(name)).unwrap();
            }
        }
        let mut command =
            machine.command(&read("packaging/install.sh"), &["--from", &machine.releases.url()]);
        command.env("PATH", machine.path("tools"));
        machine.run(command)
    };
    let installed = format!("installed larder of the release as [HOME]/.local/bin/larder\n{PATH_HINT}");
    let mut seen = 0;
    for pair in [["curl", "sha256sum"], ["wget", "sha256sum"], ["curl", "shasum"], ["curl", "openssl"]] {
        if pair.iter().all(|name| program_of(name).is_some()) {
            assert_eq!(with(&pair), (0, installed.clone(), String::new()), "{pair:?}");
            seen += 1;
        }
    }
    assert!(seen >= 2);
    assert_eq!(
        with(&["sha256sum"]),
        (1, String::new(), "error: neither curl nor wget is installed\n".to_owned())
    );
    let no_sum = "error: nothing is installed that computes a SHA-256: sha256sum, shasum or openssl\n";
    assert_eq!(with(&["curl"]), (1, String::new(), no_sum.to_owned()));
}

#[test]
fn a_script_that_was_cut_on_its_way_does_nothing() {
    let machine = Machine::new();
    let text = read("packaging/install.sh");
    let lines = text.match_indices('\n').map(|(at, _)| at + 1);
    let last = text.len().saturating_sub(60)..text.trim_end().len();
    for end in lines.filter(|end| *end < text.len()).chain(last) {
        let to = machine.path("cut").to_str().unwrap().to_owned();
        let arguments = ["--from", &machine.releases.url(), "--to", &to];
        let _ = machine.run(machine.command(&text[..end], &arguments));
        assert!(
            !files::exists(&machine.path("cut")),
            "cut at {end}: {:?}",
            &text[end.saturating_sub(30)..end]
        );
    }
    assert_eq!(machine.releases.asked(), Vec::<String>::new());
}
