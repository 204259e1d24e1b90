//! Evaluates one expression against the account.

use super::interrupt::Interrupt;
use super::{RecipeRun, Selected, Session, Workspace, exit};
use crate::events::{Event, Recorder, Sink, Tee};
use crate::op::{Guard, Mode, Value};
use crate::reconcile::Placeholders;
use crate::report::Exit;
use crate::script::host::Bound;
use crate::script::lex;
use crate::script::run::Recipe;
use crate::script::show;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The result of an expression.
pub struct Evaluated {
    pub performed: RecipeRun,
    pub events: Vec<Event>,
    /// Its value, as it may be seen.
    pub value: Option<Value>,
    pub exit: Exit,
}

/// The context of an expression: an account, or why there is none, which is reported if one is needed.
pub struct EvalContext<'a> {
    session: Session<'a>,
    missing: Option<MissingAccount>,
}

/// Why there is no account.
struct MissingAccount {
    error: anyhow::Error,
    /// Whether a request was to be sent.
    asked: Arc<AtomicBool>,
}

impl<'a> EvalContext<'a> {
    /// Opens it; nothing is sent.
    pub fn open(
        place: &'a Workspace,
        selected: Option<&'a Selected>,
        root: &'a Path,
        interrupt: Interrupt,
    ) -> anyhow::Result<Self> {
        let error = match Session::open(place, selected, root, interrupt.clone()) {
            Ok(session) => return Ok(EvalContext { session, missing: None }),
            Err(error) if place.is_local() => return Err(error),
            Err(error) => error,
        };
        let asked = Arc::new(AtomicBool::new(false));
        let session = Session::unreachable(place, selected, root, interrupt, asked.clone())?;
        Ok(EvalContext { session, missing: Some(MissingAccount { error, asked }) })
    }

    /// The account's id, if there is one.
    pub fn account(&self) -> Option<&str> {
        self.missing.is_none().then_some(self.session.target.account.as_str())
    }

    /// Evaluates an expression; `events` gets what happens.
    pub fn eval(
        self,
        mode: Mode,
        guard: Guard,
        expression: String,
        events: Arc<dyn Sink>,
    ) -> anyhow::Result<Evaluated> {
        let EvalContext { session, missing } = self;
        let names_account = names_module(&expression, &["account"]);
        let recorder = Arc::new(Recorder::default());
        let events = Arc::new(Tee(vec![recorder.clone(), events]));
        let context = session.context(mode, events, session.info(guard))?;
        let placeholders = context.extension::<Placeholders>();
        let recipe = Recipe { name: "<eval>".to_owned(), text: expression };
        let performed = session.perform(session.setting(context, Bound::default()), &recipe);
        if let Some(MissingAccount { error, asked }) = missing
            && (names_account || asked.load(Ordering::SeqCst))
        {
            return Err(error);
        }
        let events = recorder.events();
        let value = performed.ran.value.as_ref();
        let value = value.map(|value| show::shown(value, &|text| placeholders.hide(text)));
        let exit = exit::of_performed(&performed, &events);
        Ok(Evaluated { performed, events, value, exit })
    }
}

/// Whether an expression asks for what only an environment of the project gives: names, settings, variables.
pub fn rests_on_environment(expression: &str) -> bool {
    let tokens = lex::code(expression);
    let is_call = |pair: &[lex::Token]| pair[0].is(expression, "name") && pair[1].is(expression, "(");
    tokens.windows(2).any(is_call)
        || names_module(expression, &["config", "env", "process", "secret", "wrangler"])
}

fn names_module(expression: &str, modules: &[&str]) -> bool {
    let tokens = lex::code(expression);
    let names = |pair: &[lex::Token]| {
        pair[1].is(expression, "::") && modules.iter().any(|module| pair[0].is(expression, module))
    };
    tokens.windows(2).any(names)
}
