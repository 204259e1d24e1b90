//! The hint of each failure.

use super::Failure;
use crate::events::Change;
use crate::http::{Class, CodeMeaning, TransportErrorKind};
use crate::op::access::way_out;
use crate::op::option_error::{Mismatch, OptionError};

impl Failure {
    pub fn hint(&self) -> Option<String> {
        match self {
            Failure::Rejected { hint: Some(hint), .. } | Failure::Findings { hint, .. } => Some(hint.clone()),
            Failure::Rejected { error, .. } if error.is_denied() => Some(way_out(error)),
            Failure::Rejected { error, .. }
                if error.endpoint.class == Class::Ensure && error.meaning() == Some(CodeMeaning::Exists) => Some(
                "it is there, and no list or read shows it: run again in a minute; if that stays so, give the token the permission to read it"
                    .into(),
            ),
            Failure::Rejected { error, .. } => error.way_out().map(str::to_owned),
            Failure::Twice { key, first, .. } if *key != **first => Some(
                "pass the handle of the first call on, or give one of the two another name: in a run, a name is in one jurisdiction"
                    .into(),
            ),
            Failure::Conflict { changes, .. } => Some(format!(
                "ask for what is there, {}, or choose another name: Larder never deletes to get its way",
                as_there(changes)
            )),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::OtherAccount => Some(
                "the account is `account_id` of the environment or `CLOUDFLARE_ACCOUNT_ID`: take credentials made for it"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Connect => Some(
                "nothing was sent: check the network and, where there is a proxy, `HTTPS_PROXY`, and run again"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Issuer => Some(
                "nothing was sent: where it is your company's proxy or your own server that answers, name its authority's file in `SSL_CERT_FILE` or `NODE_EXTRA_CA_CERTS`; else try another network"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Certificate => Some(
                "nothing was sent: check the clock of this machine and the host of `CLOUDFLARE_API_BASE_URL`, or try another network"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Intermediary => Some(
                "something on the way to the API answers in its place, or refuses requests from here: try another network"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Throttled => Some(
                "the request limit is one for all of the account's tokens and the dashboard: run again later"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Busy => Some(
                "the service is busy and has not begun it: run again in a moment, which goes on where this one stopped"
                    .into(),
            ),
            Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Late => Some(
                "run again, which goes on where this one stopped, or give it more time with `--deadline`"
                    .into(),
            ),
            Failure::Gone { .. } => Some(
                "what the recipe names after this line was not looked at, and stays: let it name all it has before it reads"
                    .into(),
            ),
            Failure::Unknown { check, .. } => Some(check.clone()),
            Failure::Refused { hint, .. } => hint.clone(),
            Failure::Statement { path, .. } => {
                Some(format!("nothing of `{path}` was applied; correct it and run again"))
            }
            Failure::Partly { cause, .. } | Failure::Unseen { cause } => cause.hint(),
            Failure::Option {
                error: OptionError { mismatch: Mismatch::UnknownKey { known, .. }, .. },
                ..
            } => Some(format!("known options: {}", known.join(", "))),
            _ => None,
        }
    }
}

/// The options that what is there has: with them, or without those that it does not have.
fn as_there(changes: &[Change]) -> String {
    let is_absent = |change: &&Change| {
        change.from.is_null() || change.field == "/jurisdiction" && change.from == "default"
    };
    let (without, with): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(is_absent);
    let field = |change: &Change| format!("`{}`", change.field.trim_start_matches('/'));
    let with: Vec<String> = with.iter().map(|change| format!("{} {}", field(change), change.from)).collect();
    let without: Vec<String> = without.iter().map(|change| field(change)).collect();
    let parts = [("with", with), ("without", without)];
    let parts = parts.iter().filter(|(_, fields)| !fields.is_empty());
    parts.map(|(word, fields)| format!("{word} {}", fields.join(", "))).collect::<Vec<_>>().join(" and ")
}
