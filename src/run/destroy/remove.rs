//! Deletes resources, last named first, and reports those that stay at their source lines.
//!
//! **Invariant:** one that can't be deleted keeps no other from being deleted.

use super::named_resource::{Disposition, NamedResource};
use crate::events::{Action, Event, OpFinished, OpStarted, Status};
use crate::op::{Call, CallOrigin, Context, Scheduler};
use crate::reconcile::{self, DataPolicy};
use std::sync::Arc;
use tokio::runtime::Handle;

/// What is to be done.
pub struct Removal<'a> {
    /// In the order of the recipe.
    pub named: &'a [NamedResource],
    /// Steps that were left out.
    pub skipped: &'a [String],
}

impl Removal<'_> {
    /// Tells what would be deleted.
    pub fn preview(&self, context: &Arc<Context>, runtime: &Handle) {
        self.each(context, runtime, |scheduler, named| {
            let finished = match &named.disposition {
                Disposition::Goes { id, content } => {
                    let mut finished = finished(Action::Delete, Status::Planned);
                    finished.resource_id = Some(id.clone());
                    finished.notes = content.iter().map(|content| format!("holds {content}")).collect();
                    finished
                }
                disposition => settled(disposition),
            };
            scheduler.tell(named.op(), finished);
        });
    }

    pub fn run(&self, context: &Arc<Context>, runtime: &Handle, data: DataPolicy) {
        self.each(context, runtime, |scheduler, named| {
            let Disposition::Goes { content, .. } = &named.disposition else {
                return scheduler.tell(named.op(), settled(&named.disposition));
            };
            let op = &named.service.removal.op;
            let call = Call { context: context.clone(), op, receiver: None, logical: None };
            let data = if content.is_some() { data } else { DataPolicy::Kept };
            let arguments = reconcile::Removal::arguments(&named.key, data);
            let OpStarted { at, logical, shared, .. } = named.op.clone();
            // Its failure is in the report.
            if let Ok(pending) = scheduler.start(
                op,
                call,
                arguments,
                CallOrigin { at, logical, shared, holds: content.clone() },
            ) {
                let _ = pending.wait();
            }
        });
    }

    /// Comes to everything, last first, each in its step.
    fn each(
        &self,
        context: &Arc<Context>,
        runtime: &Handle,
        mut tell: impl FnMut(&Arc<Scheduler>, &NamedResource),
    ) {
        let scheduler = Scheduler::new(context.clone(), runtime.clone());
        let mut left = self.named.iter().rev().peekable();
        while let Some(named) = left.next() {
            let step = named.step.0;
            if step != 0 {
                scheduler.open_step(&named.step.1, scheduler.next_group());
            }
            tell(&scheduler, named);
            while let Some(next) = left.next_if(|next| next.step.0 == step) {
                tell(&scheduler, next);
            }
            if let Some(frame) = scheduler.close_step() {
                scheduler.join(frame, false);
            }
        }
        scheduler.join(scheduler.take_root(), false);
        for name in self.skipped {
            context.events.emit(Event::StepSkipped { name: name.clone() });
        }
    }
}

impl NamedResource {
    fn op(&self) -> OpStarted {
        let holds = match &self.disposition {
            Disposition::Goes { content, .. } => content.clone(),
            Disposition::Gone | Disposition::Stays(_) => None,
        };
        OpStarted { op: "destroy".to_owned(), holds, ..self.op.clone() }
    }
}

/// How one ends that is not deleted.
fn settled(disposition: &Disposition) -> OpFinished {
    match disposition {
        Disposition::Stays(why) => {
            let mut finished = finished(Action::Delete, Status::Skipped);
            finished.error = Some(why.clone());
            finished
        }
        Disposition::Gone | Disposition::Goes { .. } => {
            let mut finished = finished(Action::None, Status::Done);
            finished.notes = vec!["already gone".to_owned()];
            finished
        }
    }
}

fn finished(action: Action, status: Status) -> OpFinished {
    OpFinished { action, status, ..OpFinished::unchanged(0) }
}
