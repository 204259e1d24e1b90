//! Decides whether a resource may be deleted with the given flags.

use super::named_resource::{Disposition, NamedResource};
use crate::events::Problem;
use crate::op::Guard;
use crate::reconcile::DataPolicy;
use crate::system::flag;

/// Why nothing may go, if so; `is_heard` where there is a yes already or somebody to ask.
pub fn refusal(named: &[NamedResource], guard: &Guard, data: DataPolicy, is_heard: bool) -> Option<Problem> {
    // What could not be looked at can't be asked about.
    let unseen = named.iter().find_map(|named| match &named.disposition {
        Disposition::Stays(why) if !matches!(why.kind.as_str(), "shared" | "unclaimed" | "doubtful") => {
            Some((named, why))
        }
        _ => None,
    });
    if let Some((named, why)) = unseen {
        let message =
            format!("nothing was deleted: `{}` could not be looked at: {}", named.key.name, why.message);
        return Some(Problem { message, ..why.clone() });
    }
    let goes: Vec<&NamedResource> = named.iter().filter(|named| named.goes()).collect();
    if goes.is_empty() {
        return None;
    }
    let (mut why, mut flags) = (Vec::new(), Vec::new());
    if let Guard::Closed { environment } = guard {
        why.push(("protected", format!("`{environment}` is protected")));
        flags.push(flag("--confirm", environment));
    }
    let holds =
        |named: &&&NamedResource| matches!(named.disposition, Disposition::Goes { content: Some(_), .. });
    let full: Vec<String> = goes.iter().filter(holds).map(|named| format!("`{}`", named.key.name)).collect();
    if !full.is_empty() && data == DataPolicy::Kept {
        let verb = if full.len() == 1 { "holds" } else { "hold" };
        why.push(("data", format!("{} {verb} data", full.join(", "))));
        flags.push("--with-data".to_owned());
    }
    if !is_heard {
        why.push(("unasked", "there is nobody to ask".to_owned()));
        flags.push("--yes".to_owned());
    }
    let (kind, _) = why.first()?;
    let reasons: Vec<&str> = why.iter().map(|(_, reason)| reason.as_str()).collect();
    let message = format!("nothing was deleted: {}", reasons.join("; "));
    Some(Problem::new(kind, message).with_hint(format!("`{}`", flags.join(" "))))
}
