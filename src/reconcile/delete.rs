//! `delete`: a missing resource is no error, a protected environment requires a confirmation, and a lost response is
//! followed by a probe.

use super::foresee::observed;
use super::inventory::Inventory;
use super::lookup::look;
use super::resource::Resource;
use crate::events::{Action, Cost, Evidence, Foreseen};
use crate::http::Outcome;
use crate::op::{Context, Failure, Intent, Key, Mode, OpResult, Value};

/// The whole procedure for one resource.
pub async fn delete<R: Resource>(context: &Context, key: &Key) -> Result<OpResult, Failure> {
    let inventory = context.extension::<Inventory<R>>();
    let found = inventory.find(context, key).await.map_err(|error| Failure::of_read(&key.name, error))?;
    let Some(live) = found else {
        return Ok(OpResult { notes: vec!["already gone".into()], ..OpResult::default() });
    };
    // `larder destroy` confirms as a whole, and only asks the recipe what it names.
    if context.mode != Mode::Destroy {
        context.run.guard.check(&format!("delete `{}`", key.name))?;
    }
    let mut done = OpResult { action: Some(Action::Delete), value: Value::Unit, ..OpResult::default() };
    let observed = observed::<R>(&live);
    if context.mode == Mode::Apply {
        let id = Some(R::id(&live));
        context.allow(&Intent { id, observed: &observed, ..Intent::to(Action::Delete) })?;
        let sent = R::delete(&context.client, key, &live).await;
        context.client.has_removed(R::CREATE, &[R::id(&live), R::name(&live)]);
        match sent {
            Outcome::Applied(()) => done.evidence = Some(Evidence::Response),
            Outcome::Rejected(error) if error.is_gone() => {
                if error.follows_loss {
                    // It was there when it was listed, and an answer was lost since.
                    done.evidence = Some(Evidence::Probe);
                } else {
                    done.action = None;
                    done.notes.push("already gone".into());
                }
            }
            Outcome::Rejected(error) => return Err(Failure::rejected(&key.name, error)),
            Outcome::NotSent(trouble) => return Err(Failure::of_trouble(&key.name, trouble)),
            Outcome::Unknown(trouble) => match look::<R>(&context.client, key).await {
                Ok(None) => done.evidence = Some(Evidence::Probe),
                Ok(Some(_)) | Err(_) => {
                    return Err(Failure::Unknown {
                        resource: key.name.clone(),
                        why: trouble.detail,
                        check: "run again: what is gone is left alone".into(),
                    });
                }
            },
        }
    } else {
        done.foreseen = Foreseen { observed, cost: Cost::writes(1), ..Foreseen::default() };
        done.value = Value::from(serde_json::json!({ "id": R::id(&live) }));
    }
    inventory.note(key, None);
    Ok(done)
}
