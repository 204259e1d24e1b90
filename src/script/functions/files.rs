//! Files of the project: as text, lines, JSON, TOML and CSV.
//!
//! **Invariant:** reads only regular files below the project's folder, links followed, and each once, whatever becomes of
//! it while the command runs.
//! **Invariant:** what was read is among the sources of the run, and so among the inputs of a plan.

use super::Function;
use super::call::Call;
use super::json::{self, Unreadable};
use super::tables;
use crate::events::Site;
use crate::op::{Context, Failure, Mode, OptionMap, Pending};
use crate::project::private_files::is_kept_apart;
use crate::project::similar_path;
use crate::script::builtins::Builtin;
use crate::script::diagnostics::{CallPart, Diagnostic, Raised, Thrown};
use crate::script::engine::limits::TEXT_BYTES_MAX;
use crate::script::host::Outcome;
use crate::system::{RootError, files, plain};
use rhai::Dynamic;
use schemars::JsonSchema;
use serde::Deserialize;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        builtin: Builtin {
            name: "file::text",
            forms: &[&["path: string"]],
            summary: "The text of a file below the project's folder, of at most 1 MiB.",
        },
        example: r#"file::text("data/hello.txt")"#,
        result: r#""Hello\nthere\n""#,
        run: |call| Ok(File::read(call)?.text.as_ref().into()),
    },
    Function {
        builtin: Builtin {
            name: "file::lines",
            forms: &[&["path: string"]],
            summary: "The lines of a file, without their ends.",
        },
        example: r#"file::lines("data/hello.txt")"#,
        result: r#"["Hello", "there"]"#,
        run: lines,
    },
    Function {
        builtin: Builtin {
            name: "file::json",
            forms: &[&["path: string"]],
            summary: "The value of a JSON file; null is `()`.",
        },
        example: r#"file::json("data/tenants.json").tenants[0].name"#,
        result: r#""acme""#,
        run: |call| File::read(call)?.value(call, json::value),
    },
    Function {
        builtin: Builtin {
            name: "file::toml",
            forms: &[&["path: string"]],
            summary: "The map of a TOML file; dates and times are strings.",
        },
        example: r#"file::toml("data/limits.toml").limits"#,
        result: r#"#{"keys": 100, "since": "2026-01-01"}"#,
        run: |call| File::read(call)?.value(call, tables::toml),
    },
    Function {
        builtin: Builtin {
            name: "file::csv",
            forms: &[&["path: string"], &["path: string", "options: map"]],
            summary: "A map of strings for each row of a CSV file, by the names in its first row; `#{ separator: \";\" }` where no commas separate.",
        },
        example: r#"file::csv("data/prices.csv")"#,
        result: r#"[#{"price": "10", "sku": "A-1"}, #{"price": "25", "sku": "B-2"}]"#,
        run: csv,
    },
];

/// Options of `file::csv`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct CsvOptions {
    /// What stands between two fields: one character; a comma when left out.
    separator: Option<String>,
}

impl OptionMap for CsvOptions {}

fn lines(call: &Call) -> Outcome<Dynamic> {
    let file = File::read(call)?;
    Ok(Dynamic::from_array(file.text.lines().map(|line| line.to_owned().into()).collect()))
}

fn csv(call: &Call) -> Outcome<Dynamic> {
    let options: CsvOptions = call.options(1)?;
    let separator = options.separator.as_deref().unwrap_or(",");
    let [byte] = separator.as_bytes() else {
        return Err(call.refuse(1, "`separator` must be one character of ASCII"));
    };
    File::read(call)?.value(call, |text| tables::csv(text, *byte))
}

/// A file that was read.
struct File {
    /// From the project's folder.
    name: String,
    text: Arc<str>,
}

impl File {
    /// Reads the file that the first argument names; one that this run writes, after that.
    fn read(call: &Call) -> Outcome<File> {
        let path = call.known(0)?;
        let refuse = |failure: Failure| call.raise(failure.before_asking(), call.target(0));
        let context = call.host.scheduler().context().clone();
        let texts = &call.host.facts.texts;
        let writer = writer(&context, &path);
        if let Some(writer) = &writer {
            if context.mode != Mode::Apply {
                let what = format!("`{path}`, which this run writes at {},", writer.at);
                return Err(call.raise(Failure::not_known(what), call.target(0)));
            }
            call.host.wait(writer, call.context)?;
        }
        let folder = context.root.path();
        let real = context.root.resolve(&path).map_err(|error| refuse(unresolved(&path, error, folder)))?;
        let Ok(below) = real.strip_prefix(folder) else { return Err(refuse(outside(&path))) };
        if is_kept_apart(below) {
            let message = format!("`{path}` is not for recipes: it holds secrets, or is a tool's own");
            let hint = "`--env-file` gives the variables of such a file to the run, and `secret::env(..)` reads them";
            return Err(refuse(Failure::refused_with_hint(KIND, message, hint)));
        }
        if writer.is_some() {
            texts.forget(&real);
        }
        let read = || {
            let text = files::read_text(&real, TEXT_BYTES_MAX as u64)?;
            Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        };
        let text = texts.once(&real, read).map_err(|error| refuse(unreadable(&path, &error)))?;
        // As it is written, where that is the same file: a link that leads elsewhere tomorrow is another input.
        let written = plain(Path::new(&path));
        let is_same = files::canonical(&folder.join(&written)).is_ok_and(|same| same == real);
        let name = if is_same { written.display().to_string() } else { below.display().to_string() };
        if let Some(sources) = call.host.sources.get() {
            sources.add(&name, &text);
        }
        Ok(File { name, text })
    }

    /// The value of its text; what is wrong in it stands there.
    fn value(&self, call: &Call, read: impl FnOnce(&str) -> Result<Dynamic, Unreadable>) -> Outcome<Dynamic> {
        read(&self.text).map_err(|Unreadable { message, place }| {
            let failure = Failure::refused(KIND, format!("`{}`: {message}", self.name)).before_asking();
            let Some((line, column)) = place else { return call.raise(failure, call.target(0)) };
            let called = call.host.site(call.context);
            let at = Site { file: self.name.clone(), line, column };
            let raised = Raised::of_call(failure, 0, at).about(CallPart::Call);
            let raised = raised.note(format!("`{}` reads it at {called}", call.name()));
            Thrown::raise(raised, call.context.call_position())
        })
    }
}

/// The kind of these failures.
const KIND: &str = "file";

/// The op of this run that writes the file.
fn writer(context: &Context, path: &str) -> Option<Arc<Pending>> {
    // What is written replaces a link, and does not follow it.
    let paths = [context.root.place(path), context.root.resolve(path)];
    paths.into_iter().flatten().find_map(|path| context.files.writer(&path))
}

fn outside(path: &str) -> Failure {
    let message = format!("`{path}` leads out of the project");
    Failure::refused_with_hint(KIND, message, "a recipe reads files below the project's folder")
}

/// Why a path leads to no file of the project.
fn unresolved(path: &str, error: RootError, folder: &Path) -> Failure {
    match error {
        RootError::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            missing(path, folder)
        }
        RootError::Unreadable { source, .. } => unreadable(path, &source),
        _ => outside(path),
    }
}

/// The error of `check` for a missing file, in the words of the call.
pub(in crate::script) fn missing_file(path: &str, folder: &Path, at: Site, target: CallPart) -> Diagnostic {
    Raised::of_call(missing(path, folder), 0, at.clone()).about(target).diagnostic(at)
}

fn missing(path: &str, folder: &Path) -> Failure {
    let hint = match similar_path::file(folder, &plain(Path::new(path)).display().to_string(), "") {
        Some(near) => format!("did you mean `{near}`?"),
        None => "the path is read from the project's folder".to_owned(),
    };
    Failure::refused_with_hint(KIND, format!("there is no file `{path}`"), hint)
}

fn unreadable(path: &str, error: &io::Error) -> Failure {
    let message = format!("can't read `{path}`: {error}");
    match error.kind() {
        io::ErrorKind::FileTooLarge => Failure::refused_with_hint(
            KIND,
            message,
            "large content goes by file path (`load`, `migrate`), not through values of a recipe",
        ),
        _ => Failure::refused(KIND, message),
    }
}
