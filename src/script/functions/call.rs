//! A call of a built-in function: its typed arguments, and how errors refer to them.

use super::Function;
use crate::op::{Failure, OptionMap, read_options};
use crate::reconcile::Placeholders;
use crate::script::convert::value_of;
use crate::script::diagnostics::{CallPart, Raised, Thrown};
use crate::script::engine::limits::TEXT_BYTES_MAX;
use crate::script::handle::{ScriptSecret, made_from};
use crate::script::host::{Host, Outcome};
use crate::script::lex::{self, LineColumn};
use crate::secret::Secret;
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext};
use std::sync::Arc;

pub(super) struct Call<'a> {
    pub(super) host: &'a Arc<Host>,
    pub(super) context: &'a NativeCallContext<'a>,
    function: &'static Function,
    args: Vec<Dynamic>,
}

impl<'a> Call<'a> {
    /// A call whose arguments have the types of its form.
    pub(super) fn checked(
        function: &'static Function,
        params: &'static [&'static str],
        host: &'a Arc<Host>,
        context: &'a NativeCallContext<'a>,
        args: &[&mut Dynamic],
    ) -> Outcome<Self> {
        let args = args.iter().map(|arg| arg.flatten_clone()).collect();
        let call = Call { host, context, function, args };
        for (index, (param, arg)) in params.iter().zip(&call.args).enumerate() {
            let (name, kind) = param.split_once(": ").unwrap_or((param, "any"));
            if !kind.split(" or ").any(|kind| fits(kind, arg)) {
                let found = value_of(arg).type_name();
                return Err(
                    call.refuse(index, format!("`{name}` must be {}, not {found}", with_article(kind)))
                );
            }
        }
        Ok(call)
    }

    /// The name of the function, as it is called.
    pub(super) fn name(&self) -> &'static str {
        self.function.builtin.name
    }

    /// How many arguments there are.
    pub(super) fn count(&self) -> usize {
        self.args.len()
    }

    pub(super) fn any(&self, index: usize) -> Dynamic {
        self.args.get(index).cloned().unwrap_or_default()
    }

    /// A text, whatever a plan has made up of it.
    pub(super) fn text(&self, index: usize) -> String {
        let any = self.any(index);
        any.as_char().map_or_else(|_| any.into_string().unwrap_or_default(), |one| one.to_string())
    }

    /// A text that is looked into: one in which a plan has made something up ends the plan here.
    pub(super) fn known(&self, index: usize) -> Outcome<String> {
        let text = self.text(index);
        if self.host.scheduler().context().extension::<Placeholders>().stands_in(&text) {
            let failure = Failure::not_known(format!("what `{}` gives", self.name()));
            return Err(self.raise(failure, CallPart::Call));
        }
        Ok(text)
    }

    /// A whole number.
    pub(super) fn int(&self, index: usize) -> i64 {
        self.any(index).as_int().unwrap_or_default()
    }

    /// An array.
    pub(super) fn list(&self, index: usize) -> Array {
        self.any(index).into_array().unwrap_or_default()
    }

    /// A map; `None` where the argument is no map.
    pub(super) fn map(&self, index: usize) -> Option<Map> {
        self.any(index).try_cast::<Map>()
    }

    /// A closure, or the name of a function as a value.
    pub(super) fn closure(&self, index: usize) -> Outcome<FnPtr> {
        let closure = self.any(index).try_cast::<FnPtr>();
        closure.ok_or_else(|| self.raise(Failure::Bug("no closure".to_owned()), CallPart::Call))
    }

    /// Options; the defaults where there is no such argument.
    pub(super) fn options<T: OptionMap + Default>(&self, index: usize) -> Outcome<T> {
        let Some(map) = self.args.get(index) else { return Ok(T::default()) };
        read_options(&value_of(map)).map_err(|error| {
            let failure = Failure::Option { index: self.shown(index).unwrap_or(index), error };
            let raised = Raised::of_call(failure, 0, self.host.site(self.context));
            Thrown::raise(raised, self.context.call_position())
        })
    }

    /// What `make` gives for a text, which is looked into; what it gives for a secret is a secret.
    pub(super) fn text_or_secret(
        &self,
        index: usize,
        make: impl FnOnce(&str) -> Outcome<String>,
    ) -> Outcome<Dynamic> {
        match self.any(index).try_cast::<ScriptSecret>() {
            Some(secret) => Ok(self.secret(make(secret.0.expose())?)),
            None => self.sized(make(&self.known(index)?)?),
        }
    }

    /// A text as a secret.
    pub(super) fn secret(&self, text: String) -> Dynamic {
        let secret = Secret::new(text);
        self.host.redactor.register(&secret);
        Dynamic::from(ScriptSecret(secret))
    }

    /// A text, if it is not too large.
    pub(super) fn sized(&self, text: String) -> Outcome<Dynamic> {
        if text.len() > TEXT_BYTES_MAX { Err(self.too_large()) } else { Ok(text.into()) }
    }

    /// The result is a text that is too large.
    pub(super) fn too_large(&self) -> Box<EvalAltResult> {
        let what = String::from("Length of string");
        Box::new(EvalAltResult::ErrorDataTooLarge(what, self.context.call_position()))
    }

    /// The argument is not one that the function takes.
    pub(super) fn refuse(&self, index: usize, message: impl Into<String>) -> Box<EvalAltResult> {
        self.refuse_inside(index, &[], message, None)
    }

    /// The same, with a way out.
    pub(super) fn refuse_with_hint(
        &self,
        index: usize,
        message: impl Into<String>,
        hint: &str,
    ) -> Box<EvalAltResult> {
        self.refuse_inside(index, &[], message, Some(hint))
    }

    /// The same of a value inside the argument.
    pub(super) fn refuse_inside(
        &self,
        index: usize,
        path: &[String],
        message: impl Into<String>,
        hint: Option<&str>,
    ) -> Box<EvalAltResult> {
        let message = format!("`{}`: {}", self.name(), message.into());
        let failure = match hint {
            Some(hint) => Failure::refused_with_hint("argument", message, hint),
            None => Failure::refused("argument", message),
        };
        let target = match self.shown(index) {
            Some(index) if path.is_empty() => CallPart::Arg(index),
            Some(index) => CallPart::Value(index, path.to_vec()),
            None => CallPart::Call,
        };
        self.raise(failure, target)
    }

    /// The argument, as a part of the call.
    pub(super) fn target(&self, index: usize) -> CallPart {
        self.shown(index).map_or(CallPart::Call, CallPart::Arg)
    }

    /// A failure of the call.
    pub(super) fn raise(&self, failure: Failure, target: CallPart) -> Box<EvalAltResult> {
        let raised = Raised::of_call(failure, 0, self.host.site(self.context)).about(target);
        Thrown::raise(raised, self.context.call_position())
    }

    /// Which argument in the brackets it is; `None` for what a method is called on.
    fn shown(&self, index: usize) -> Option<usize> {
        if self.is_method() { index.checked_sub(1) } else { Some(index) }
    }

    /// Whether it is written `value.name(..)`.
    fn is_method(&self) -> bool {
        let at = self.host.site(self.context);
        let text = self.host.sources.get().and_then(|sources| sources.get(&at.file));
        let Some(text) = text.filter(|_| at.line > 0) else { return false };
        let offset = lex::offset(&text, LineColumn { line: at.line, column: at.column });
        text[..offset].trim_end().ends_with('.')
    }
}

/// Whether a value is of the type that an entry names so.
fn fits(kind: &str, value: &Dynamic) -> bool {
    match kind {
        "any" => true,
        "string" => {
            value.is_char() || value.as_immutable_string_ref().is_ok_and(|text| made_from(&text).is_none())
        }
        "secret" => value.is::<ScriptSecret>(),
        "int" => value.is_int(),
        "array" => value.is_array(),
        "map" => value.is_map(),
        "closure" => value.is_fnptr(),
        _ => false,
    }
}

/// `a string`, `an array or map`.
fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
