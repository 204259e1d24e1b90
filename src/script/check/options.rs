//! Finds unknown and missing keys of literal option maps.

use super::{View, qualified};
use crate::events::Site;
use crate::project::did_you_mean;
use crate::script::diagnostics::{CallPart, Diagnostic, DiagnosticKind};
use crate::script::known::OptionKey;
use rhai::{Expr, FnCallExpr};

pub(super) fn check(view: &View, call: &FnCallExpr, at: &Site) -> Vec<Diagnostic> {
    let name = qualified(call);
    let own = view.file.functions.get(&name).is_some_and(|own| own.contains(&call.args.len()));
    let forms = view.known.functions.get(&name).filter(|_| !own).map_or(&[][..], Vec::as_slice);
    let mut best: Option<Vec<Diagnostic>> = None;
    for form in forms.iter().filter(|form| form.takes(call.args.len())) {
        let index = form.params.len();
        let (Some(keys), Some(argument)) = (&form.options, call.args.get(index)) else { return Vec::new() };
        let mut reader = Reader { name: &name, index, at, findings: Vec::new() };
        reader.map(argument, keys, &mut Vec::new());
        // The call has one of the forms; the one it breaks least is the one that was meant.
        if best.as_ref().is_none_or(|best| reader.findings.len() < best.len()) {
            best = Some(reader.findings);
        }
    }
    best.unwrap_or_default()
}

struct Reader<'a> {
    name: &'a str,
    index: usize,
    at: &'a Site,
    findings: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Compares a map that is written out; one in a variable is left to the call itself.
    fn map(&mut self, argument: &Expr, keys: &[OptionKey], path: &mut Vec<String>) {
        let Some(entries) = entries(argument) else { return };
        for (name, value) in &entries {
            path.push(name.clone());
            match keys.iter().find(|key| &key.name == name) {
                None => self.unknown(name, keys, path),
                Some(key) => {
                    if let (Some(keys), Some(value)) = (&key.keys, value) {
                        self.map(value, keys, path);
                    }
                }
            }
            path.pop();
        }
        for key in keys.iter().filter(|key| key.required) {
            // A misspelt key was reported as such already.
            let meant = |name: &str| name == key.name || did_you_mean(name, [key.name.as_str()]).is_some();
            if !entries.iter().any(|(name, _)| meant(name)) {
                self.missing(key, path);
            }
        }
    }

    fn unknown(&mut self, key: &str, keys: &[OptionKey], path: &[String]) {
        let names = || keys.iter().map(|key| key.name.as_str());
        let title = format!("`{}` has no option `{}`", self.name, path.join("."));
        let found = Diagnostic::error(DiagnosticKind::Arguments, self.at.clone(), title)
            .about(CallPart::Key(self.index, path.to_vec()))
            .suggest(key, names());
        self.findings.push(found.note(format!("known options: {}", names().collect::<Vec<_>>().join(", "))));
    }

    fn missing(&mut self, key: &OptionKey, path: &[String]) {
        let whole = path.iter().chain([&key.name]).cloned().collect::<Vec<_>>().join(".");
        let title = format!("`{}` needs the option `{whole}`", self.name);
        let target = if path.is_empty() {
            CallPart::Arg(self.index)
        } else {
            CallPart::Value(self.index, path.to_vec())
        };
        self.findings
            .push(Diagnostic::error(DiagnosticKind::Arguments, self.at.clone(), title).about(target));
    }
}

/// The keys of a literal map, with their values where they are expressions.
fn entries(argument: &Expr) -> Option<Vec<(String, Option<&Expr>)>> {
    match argument {
        Expr::Map(map, _) => {
            Some(map.0.iter().map(|(key, value)| (key.name.to_string(), Some(value))).collect())
        }
        Expr::DynamicConstant(value, _) => {
            let map = value.as_map_ref().ok()?;
            Some(map.keys().map(|key| (key.to_string(), None)).collect())
        }
        _ => None,
    }
}
