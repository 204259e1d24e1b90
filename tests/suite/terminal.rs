//! The binary in a pseudo-terminal, and its screen as a person sees it.
//!
//! What is waited for is text on the screen, never time.

use super::project::{Project, filtered};
use larder::system::files;
use rexpect::process::{PtyProcess, Signal, WaitStatus};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rows of every terminal.
const ROWS: u16 = 40;

/// A terminal with the binary in it.
pub struct Terminal {
    process: PtyProcess,
    keys: File,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// What stands on the screen as `[DIR]`.
    folder: std::path::PathBuf,
    is_over: bool,
}

impl Terminal {
    /// Starts the binary in a terminal of so many columns that shows colours.
    pub fn start(project: &Project, columns: u16, arguments: &[&str]) -> Self {
        Terminal::start_with(project, columns, arguments, &[("TERM", "xterm")])
    }

    /// The same with other variables.
    pub fn start_with(project: &Project, columns: u16, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let binary = project.command(&[]).get_program().to_owned();
        // A terminal has its size before a program looks at it.
        let script = format!("stty rows {ROWS} cols {columns}; exec \"$0\" \"$@\"");
        let mut command = project.command_of(Path::new("/bin/sh"), &["-c", &script]);
        command.arg(binary).args(arguments).envs(env.iter().copied()).env("PATH", "/usr/bin:/bin");
        command.stdin(std::process::Stdio::inherit());
        let process = PtyProcess::new(command).unwrap();
        let (mut output, keys) = (process.get_file_handle().unwrap(), process.get_file_handle().unwrap());
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = output.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let screen = vt100::Parser::new(NonZero::new(ROWS).unwrap(), NonZero::new(columns).unwrap(), 1000);
        let folder = files::canonical(project.path()).unwrap();
        Terminal { process, keys, bytes, screen, folder, is_over: false }
    }

    /// Types keys as they are.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types a text and waits until it stands before the cursor.
    pub fn types(&mut self, text: &str) {
        self.keys(text);
        let last = text.lines().last().unwrap_or_default().to_owned();
        self.until(&format!("{last:?} at the cursor"), |one| one.before_cursor().ends_with(last.trim_end()));
    }

    /// Types an entry and waits for the next prompt.
    pub fn enters(&mut self, entry: &str, prompt: &str) {
        self.types(entry);
        self.keys("\r");
        self.prompt(prompt);
    }

    /// Waits for an empty prompt.
    pub fn prompt(&mut self, prompt: &str) {
        self.until(&format!("the prompt {prompt:?}"), |one| {
            one.row() == prompt && one.before_cursor() == prompt
        });
    }

    /// Waits for a text anywhere.
    pub fn shows(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |one| one.contents().contains(text));
    }

    /// Waits until the screen is so.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Terminal) -> bool) {
        while !is_so(self) {
            if let Ok(bytes) = self.bytes.recv_timeout(PATIENCE) {
                self.screen.process(&bytes);
            } else {
                self.is_over = true;
                panic!("no {what} on the screen:\n{}", self.contents());
            }
        }
    }

    /// Waits for the end; gives the exit code.
    pub fn ends(mut self) -> i32 {
        while let Ok(bytes) = self.bytes.recv_timeout(PATIENCE) {
            self.screen.process(&bytes);
        }
        self.is_over = true;
        match self.process.wait().unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}"),
        }
    }

    /// Sends a signal to the process.
    pub fn signal(&mut self, signal: Signal) {
        self.process.signal(signal).unwrap();
    }

    /// The row of the cursor.
    fn row(&self) -> String {
        let screen = self.screen.screen();
        let (row, _) = screen.cursor_position();
        let (_, columns) = screen.size();
        screen.contents_between(row, 0, row, columns.get()).trim_end().to_owned()
    }

    /// What stands before the cursor in its row.
    fn before_cursor(&self) -> String {
        let screen = self.screen.screen();
        let (row, column) = screen.cursor_position();
        screen.contents_between(row, 0, row, column).trim_end().to_owned()
    }

    /// Whether the row of the cursor is this and ends at the cursor, whatever hint follows it.
    pub fn cursor_row_is(&self, text: &str) -> bool {
        self.before_cursor() == text.trim_end()
    }

    /// The screen without colours, and without the spaces at the ends of lines.
    pub fn contents(&self) -> String {
        let lines = self.screen.screen().contents();
        let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
        filtered(lines.join("\n").trim_end(), &self.folder)
    }

    /// The colour in which the first such text stands.
    pub fn color_of(&self, text: &str) -> vt100::Color {
        let screen = self.screen.screen();
        let (rows, columns) = screen.size();
        for row in 0..rows.get() {
            let line = screen.contents_between(row, 0, row, columns.get());
            if let Some(at) = line.find(text) {
                let column = u16::try_from(line[..at].chars().count()).unwrap();
                return screen.cell(row, column).unwrap().fgcolor();
            }
        }
        panic!("no {text:?} on the screen:\n{}", self.contents());
    }

    /// Compares the screen with `tests/screens/NAME.txt`; `LARDER_BLESS=1` writes it anew, to be read.
    #[track_caller]
    pub fn is(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(format!("{name}.txt"));
        let screen = self.contents() + "\n";
        if std::env::var_os("LARDER_BLESS").is_some() {
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, screen.as_bytes()).unwrap();
        }
        let committed = files::read_text(&path, 1 << 16).unwrap_or_default();
        assert_eq!(committed, screen, "{name}: renew it with LARDER_BLESS=1 if the change is meant");
    }
}

impl Terminal {
    /// Compares the screen with the code block after `<!-- NAME -->` of a document; `LARDER_BLESS=1` writes it anew.
    #[track_caller]
    pub fn is_block(&self, document: &str, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let committed = files::read_text(&path, 1 << 20).unwrap();
        let (before, rest) = committed.split_once(&format!("<!-- {name} -->\n")).unwrap();
        let (_, after) = rest.split_once(&format!("<!-- /{name} -->\n")).unwrap();
        let block = format!("```text\n{}\n```", self.contents());
        let now = format!("{before}<!-- {name} -->\n{block}\n<!-- /{name} -->\n{after}");
        if std::env::var_os("LARDER_BLESS").is_some() {
            files::write_whole(&path, now.as_bytes()).unwrap();
            return;
        }
        assert_eq!(committed, now, "{document}: renew it with LARDER_BLESS=1 if the change is meant");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.process.kill(Signal::SIGKILL);
        }
    }
}
