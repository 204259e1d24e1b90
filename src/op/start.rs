//! What the synchronous half of an op passes to its asynchronous half.

use super::failure::Failure;
use super::key::Key;
use super::target::HandleOrId;
use super::value::{Pending, Value};
use crate::events::{Action, Change, Evidence, Foreseen};
use crate::http::Scope;
use serde_json::Value as Json;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

/// What must be over before an op runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpOrder {
    /// The last op on its key.
    Key,
    /// All ops of its service.
    Service,
    /// All ops; and it before all that follow.
    Alone,
}

impl OpOrder {
    /// The scope of an op with that number.
    pub(super) fn scope(self, op: u64) -> Arc<Scope> {
        match self {
            OpOrder::Alone => Scope::alone(op),
            OpOrder::Key | OpOrder::Service => Scope::of(op),
        }
    }
}

/// The asynchronous half; it is given the values of what it needs, in order.
pub type OpWork =
    Box<dyn FnOnce(Vec<Value>) -> Pin<Box<dyn Future<Output = Result<OpResult, Failure>> + Send>> + Send>;

/// What a write comes to in a dry run, without being sent: it is remembered, and this is what the script sees of it. `None`
/// where it can't be, and nothing more can be known of the resource's data.
pub type DryRunPlay = Box<
    dyn FnOnce(Vec<Value>) -> Pin<Box<dyn Future<Output = Result<Option<OpResult>, Failure>> + Send>> + Send,
>;

/// A synchronous half is over when this exists.
#[allow(clippy::struct_excessive_bools)] // Each is a switch of its own.
pub struct StartedOp {
    /// What it is about.
    pub key: Key,
    /// When its turn is.
    pub order: OpOrder,
    /// Handles whose values it needs.
    pub needs: Vec<Arc<Pending>>,
    /// For `ensure`: its options, by which two calls are the same.
    pub options: Option<Json>,
    /// The file of the project that it writes, by its real path.
    pub writes: Option<PathBuf>,
    /// What a plan shows for a raw write, which is not compared with the account.
    pub planned: Vec<String>,
    /// A plan does not read the content of its receiver.
    pub is_blind: bool,
    /// Distinguishes a raw write from others on the same resource; contains no written value.
    pub subject: Option<String>,
    /// Among steps that run together, it begins when every `ensure` of all of them has succeeded.
    pub is_after_group: bool,
    /// In a dry run, it reads what is remembered of the resource and knows by itself what can't be known.
    pub is_remembering: bool,
    /// What it compares, ops of any service may write: in a dry run it can't be judged once anything is planned.
    pub is_of_services: bool,
    /// What a write does in a dry run in place of its work.
    pub play: Option<DryRunPlay>,
    pub work: OpWork,
}

impl StartedOp {
    /// An op on `key` that runs in the key's order.
    pub fn new<F>(key: Key, work: impl FnOnce(Vec<Value>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<OpResult, Failure>> + Send + 'static,
    {
        StartedOp {
            key,
            order: OpOrder::Key,
            needs: Vec::new(),
            options: None,
            writes: None,
            planned: Vec::new(),
            is_blind: false,
            is_after_group: false,
            subject: None,
            is_remembering: false,
            is_of_services: false,
            play: None,
            work: Box::new(move |have| Box::pin(work(have))),
        }
    }

    /// The same for a raw write that `subject` distinguishes from others.
    pub fn about(self, subject: impl Into<String>) -> Self {
        StartedOp { subject: Some(subject.into()), ..self }
    }

    /// In a dry run, what this write would do is remembered.
    pub fn playing<F>(mut self, play: impl FnOnce(Vec<Value>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<Option<OpResult>, Failure>> + Send + 'static,
    {
        self.play = Some(Box::new(move |have| Box::pin(play(have))));
        self
    }

    /// The same, after every `ensure` of the steps that run together.
    pub fn after_group(mut self) -> Self {
        self.is_after_group = true;
        self
    }

    /// In a dry run, it reads what is remembered.
    pub fn remembering(mut self) -> Self {
        self.is_remembering = true;
        self
    }

    /// An op that does nothing, and of which nothing is known.
    pub(super) fn left_out(service: &'static str, receiver: Option<&HandleOrId>) -> Self {
        let key = match receiver {
            Some(HandleOrId::Handle(pending)) => pending.key.clone(),
            Some(HandleOrId::Id(id)) => Key::new(service, id.as_str()),
            None => Key::new(service, ""),
        };
        StartedOp::new(key, move |_| async move { Ok(OpResult::not_known()) })
    }

    /// An op on a receiver: a handle is waited for and its key's order kept; a raw id runs alone.
    pub fn on<F>(
        service: &'static str,
        receiver: HandleOrId,
        work: impl FnOnce(Value) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<OpResult, Failure>> + Send + 'static,
    {
        match receiver {
            HandleOrId::Handle(pending) => {
                let key = pending.key.clone();
                let mut started = StartedOp::new(key, move |mut have: Vec<Value>| work(have.swap_remove(0)));
                started.needs = vec![pending];
                started
            }
            HandleOrId::Id(id) => {
                let live = Value::from(serde_json::json!({ "id": id, "name": id }));
                let mut started = StartedOp::new(Key::new(service, id), move |_| work(live));
                started.order = OpOrder::Alone;
                started
            }
        }
    }
}

/// What the asynchronous half gives.
#[derive(Debug, Default)]
pub struct OpResult {
    /// What the script sees.
    pub value: Value,
    /// What was or would be done.
    pub action: Option<Action>,
    /// What a done write rests on.
    pub evidence: Option<Evidence>,
    /// Fields that were or would be changed.
    pub changes: Vec<Change>,
    /// Migration files that were or would be applied.
    pub migrations: Vec<String>,
    pub notes: Vec<String>,
    /// Further details for a plan.
    pub foreseen: Foreseen,
    /// In a dry run: what it would do is remembered, so that what comes after can be judged.
    pub is_played: bool,
}

impl OpResult {
    pub fn unchanged(value: Value) -> Self {
        OpResult { value, ..OpResult::default() }
    }

    /// The same for a write that a saved plan identifies by this digest.
    pub(super) fn of_contents(mut self, contents: Option<String>) -> Self {
        self.foreseen.contents = contents;
        self
    }

    /// The result is known only after applying.
    pub fn not_known() -> Self {
        OpResult { value: Value::NotKnown, ..OpResult::default() }
    }

    /// Something was written, as the server answered.
    pub fn written(value: Value, action: Action) -> Self {
        OpResult { value, action: Some(action), evidence: Some(Evidence::Response), ..OpResult::default() }
    }
}
