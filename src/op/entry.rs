//! The entry of an op: one constant from which registration, checks, docs, plans and permissions are derived.

use super::context::Context;
use super::failure::Failure;
use super::start::StartedOp;
use super::target::HandleOrId;
use super::ty::Ty;
use super::value::Value;
use crate::http::Endpoint;
use std::sync::Arc;

/// What an op does to the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    Read,
    /// Converges; the op computes by itself what a plan shows.
    Ensure,
    /// Writes data, whatever is there; a plan lists it and does not run it.
    Write,
    /// Removes; the op computes by itself what a plan shows.
    Delete,
    Local,
}

/// What a call gives back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReturnShape {
    /// A handle, at once.
    Handle(&'static str),
    /// A finished handle or `()`.
    Found(&'static str),
    /// A list of finished handles.
    Handles(&'static str),
    /// Plain data of that type.
    Data(&'static str),
    /// A handle without properties, at once: something was written to or removed from that kind.
    Written(&'static str),
}

/// The type of a handle without properties, which only marks an op as done.
pub const WRITTEN: &str = "Written";

impl Value {
    /// Whether it says no more than that an op is done.
    pub fn is_marker(&self) -> bool {
        matches!(self, Value::Handle(pending) if pending.kind == WRITTEN)
    }
}

impl ReturnShape {
    /// Whether the script waits for it.
    pub fn waits(self) -> bool {
        !matches!(self, ReturnShape::Handle(_) | ReturnShape::Written(_))
    }

    /// As written in docs.
    pub fn name(self) -> String {
        match self {
            ReturnShape::Handle(kind) => kind.to_owned(),
            ReturnShape::Found(kind) => format!("{kind} or ()"),
            ReturnShape::Handles(kind) => format!("array of {kind}"),
            ReturnShape::Data(name) => name.to_owned(),
            ReturnShape::Written(_) => WRITTEN.to_owned(),
        }
    }

    /// The type of the handle that a script gets.
    pub fn handle(self) -> &'static str {
        match self {
            ReturnShape::Handle(kind) | ReturnShape::Found(kind) | ReturnShape::Handles(kind) => kind,
            ReturnShape::Written(_) | ReturnShape::Data(_) => WRITTEN,
        }
    }

    /// The kind of its resource, if declared.
    pub fn kind(self) -> Option<&'static str> {
        match self {
            ReturnShape::Handle(kind)
            | ReturnShape::Found(kind)
            | ReturnShape::Handles(kind)
            | ReturnShape::Written(kind) => Some(kind),
            ReturnShape::Data(_) => None,
        }
    }
}

/// The documentation of an op.
#[derive(Debug)]
pub struct Doc {
    pub summary: &'static str,
    /// Name and meaning of each parameter, in order; options document themselves.
    pub params: &'static [(&'static str, &'static str)],
    /// A recipe; tests run it on an empty local account.
    pub example: &'static str,
    /// What the example's last expression gives, as `to_debug` shows it.
    pub result: &'static str,
}

/// The documentation of the handles of a type.
#[derive(Debug)]
pub struct HandleDoc {
    /// The type: `KvNamespace`.
    pub kind: &'static str,
    /// Name, type and meaning of each property; of a resource, beside the options of its `ensure`.
    pub properties: &'static [(&'static str, &'static str, &'static str)],
}

pub struct Op {
    /// The module: `kv`.
    pub service: &'static str,
    /// The function: `ensure`.
    pub name: &'static str,
    /// `Some("KvNamespace")`: a method of that handle, and `kv::name(handle or id, ..)`.
    pub receiver: Option<&'static str>,
    pub effect: Effect,
    pub shape: ReturnShape,
    /// What it may call.
    pub endpoints: &'static [&'static Endpoint],
    pub doc: Doc,
    pub run: &'static dyn RunOp,
}

impl Op {
    /// `kv::ensure`, or `KvNamespace.put` for a method.
    pub fn title(&self) -> String {
        match self.receiver {
            Some(receiver) => format!("{receiver}.{}", self.name),
            None => self.path(),
        }
    }

    /// Whether a run that only asks what a recipe names leaves it out: it writes, and names nothing.
    pub fn is_left_out(&self) -> bool {
        match self.effect {
            Effect::Read | Effect::Local => false,
            Effect::Ensure => self.receiver.is_some() || self.is_of_any_path(),
            Effect::Write | Effect::Delete => true,
        }
    }

    /// Whether it is about a path of the API that a recipe writes, and about no resource of a service.
    fn is_of_any_path(&self) -> bool {
        self.service == "cf"
    }

    /// Whether what it sends stands in its arguments and in no field that a plan lists.
    pub(super) fn sends_arguments(&self) -> bool {
        match self.effect {
            Effect::Write => true,
            Effect::Ensure => matches!(self.shape, ReturnShape::Written(_)),
            Effect::Read | Effect::Delete | Effect::Local => false,
        }
    }

    /// `kv::ensure`.
    pub fn path(&self) -> String {
        format!("{}::{}", self.service, self.name)
    }
}

/// What the synchronous half is given beside its arguments.
pub struct Call {
    pub context: Arc<Context>,
    pub op: &'static Op,
    /// What a method was called on.
    pub receiver: Option<HandleOrId>,
    /// The logical name of what it is about, where the project's names give it.
    pub logical: Option<String>,
}

/// The halves of an op behind one erased type.
pub trait RunOp: Sync {
    /// The types of its parameters, without receiver and options.
    fn types(&self) -> &'static [Ty];
    /// Whether it takes an option map: to ask for the schema makes one.
    fn takes_options(&self) -> bool;
    /// The JSON Schema of its option map, if it takes one.
    fn options(&self) -> Option<schemars::Schema>;
    fn start(&self, call: Call, args: Vec<Value>) -> Result<StartedOp, Failure>;
}
