//! Completion, hints, and "is this entry finished?".

use super::commands::COMMANDS;
use super::exploration::Exploration;
use crate::op::Value;
use crate::script::convert::value_of;
use crate::script::docs;
use crate::script::known::Known;
use crate::script::lex;
use crate::services::Services;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Gives the names that a service has in the account.
type Names = Box<dyn Fn(&str) -> Vec<String>>;

/// What the line editor asks.
pub struct Prompt {
    services: Services,
    known: Known,
    names: Names,
    /// Asked once per service.
    live: RefCell<BTreeMap<String, Vec<String>>>,
    /// The variables, with what can follow their dot.
    variables: RefCell<Vec<(String, Vec<String>)>>,
    /// An entry that is not finished yet.
    open: RefCell<String>,
}

impl Prompt {
    /// Over what an exploration can call and has.
    pub fn of(exploration: &Exploration<'_>) -> Self {
        let (services, known) = exploration.callable();
        Prompt::new(services, known, exploration.names())
    }

    /// Over what can be called; `names` lists what a service has.
    pub fn new(services: Services, known: Known, names: Names) -> Self {
        let (live, variables, open) = (RefCell::default(), RefCell::default(), RefCell::default());
        Prompt { services, known, names, live, variables, open }
    }

    /// What was begun and never finished when the input ended.
    pub fn unfinished(&self) -> Option<String> {
        Some(self.open.take()).filter(|text| !text.is_empty())
    }

    /// Notes the variables after an entry; what the account has may have changed.
    pub fn note(&self, variables: &[(String, rhai::Dynamic)]) {
        let members = |value: &rhai::Dynamic| match value_of(value) {
            Value::Handle(pending) => {
                let mut members: Vec<String> = self
                    .services
                    .ops()
                    .filter(|op| op.receiver == Some(pending.kind))
                    .map(|op| format!("{}(", op.name))
                    .collect();
                if let Some(Ok(Value::Map(map))) = pending.peek() {
                    members.extend(map.keys().cloned());
                }
                members
            }
            Value::Map(map) => map.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let noted = variables.iter().map(|(name, value)| (name.clone(), members(value)));
        *self.variables.borrow_mut() = noted.collect();
        self.live.borrow_mut().clear();
    }

    /// Where the completed word begins, and what it can become.
    pub fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        if let Some(typed) = line.strip_prefix(':').filter(|rest| !rest.contains(' ')) {
            let words = COMMANDS.iter().map(|command| command.name);
            let fitting = words.filter(|word| word.starts_with(typed)).map(|word| format!(":{word}"));
            return (0, fitting.collect());
        }
        if let Some((begin, service)) = open_name(line) {
            let mut live = self.live.borrow_mut();
            let names = live.entry(service.to_owned()).or_insert_with(|| (self.names)(service));
            return (begin, names.iter().filter(|name| name.starts_with(&line[begin..])).cloned().collect());
        }
        let is_part = |character: char| character.is_ascii_alphanumeric() || "_:.".contains(character);
        let begin = line.rfind(|character| !is_part(character)).map_or(0, |at| at + 1);
        let word = &line[begin..];
        if let Some((variable, typed)) = word.rsplit_once('.') {
            let variables = self.variables.borrow();
            let members =
                variables.iter().find(|(name, _)| name == variable).map(|(_, members)| members.as_slice());
            let fitting =
                members.unwrap_or_default().iter().filter(|member| member.starts_with(typed)).cloned();
            return (begin + variable.len() + 1, fitting.collect());
        }
        let mut found = BTreeSet::new();
        for name in self.known.functions.keys().filter(|name| name.starts_with(word)) {
            // First the modules, then what is in one.
            match name[word.len()..].find("::") {
                Some(at) => found.insert(name[..word.len() + at + 2].to_owned()),
                None => found.insert(format!("{name}(")),
            };
        }
        found.extend(self.known.constants.iter().filter(|name| name.starts_with(word)).cloned());
        let variables = self.variables.borrow();
        found.extend(variables.iter().map(|(name, _)| name.clone()).filter(|name| name.starts_with(word)));
        (begin, found.into_iter().collect())
    }
}

/// The service whose name is being typed: `kv::find("SES` gives `kv`.
fn open_name(line: &str) -> Option<(usize, &str)> {
    let quote = line.rfind('"')?;
    if line[..quote].matches('"').count() % 2 == 1 {
        return None;
    }
    let call = line[..quote].strip_suffix('(')?;
    let (rest, function) = call.rsplit_once("::")?;
    let service =
        rest.rsplit(|character: char| !character.is_ascii_alphanumeric() && character != '_').next()?;
    ["find", "ensure", "delete"].contains(&function).then_some((quote + 1, service))
}

impl Completer for Prompt {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let (begin, found) = self.candidates(&line[..at]);
        Ok((begin, found.into_iter().map(|text| Pair { display: text.clone(), replacement: text }).collect()))
    }
}

impl Hinter for Prompt {
    type Hint = String;

    /// What follows an open bracket: the parameters.
    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        let call = line[..at].strip_suffix('(')?;
        let is_part = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
        let name = &call[call.rfind(|character| !is_part(character)).map_or(0, |found| found + 1)..];
        let op = self.services.ops().find(|op| op.path() == name)?;
        let signature = docs::signature(op);
        Some(signature.split_once('(')?.1.to_owned())
    }
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext) -> Result<ValidationResult> {
        let input = context.input();
        let open = !input.trim_start().starts_with(':') && lex::incomplete(input);
        self.open.replace(if open { input.to_owned() } else { String::new() });
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Highlighter for Prompt {}
impl Helper for Prompt {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::known::Form;

    fn prompt() -> Prompt {
        let mut known = Known::default();
        for name in ["kv::ensure", "kv::find", "kv::list", "log"] {
            known.define(name, vec![Form::default()]);
        }
        known.constants.insert("config::kv".into());
        Prompt::new(
            Services::default(),
            known,
            Box::new(|service| vec![format!("{service}-one"), "other".into()]),
        )
    }

    #[test]
    fn modules_functions_names_members_and_commands() {
        let prompt = prompt();
        let map = rhai::Map::from([("alpha".into(), 1.into()), ("beta".into(), 2.into())]);
        prompt.note(&[("mine".into(), map.into())]);
        let of = |line: &str| prompt.candidates(line);
        assert_eq!(of("k"), (0, vec!["kv::".into()]));
        assert_eq!(of("let a = kv::e"), (8, vec!["kv::ensure(".into()]));
        assert_eq!(of("config::"), (0, vec!["config::kv".into()]));
        assert_eq!(of("kv::find(\"kv"), (10, vec!["kv-one".into()]));
        assert_eq!(of("mine.a"), (5, vec!["alpha".into()]));
        assert_eq!(of("m"), (0, vec!["mine".into()]));
        assert_eq!(of(":un"), (0, vec![":unlock".into()]));
    }
}
