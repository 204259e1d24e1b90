//! Logs of a gateway, and datasets and evaluations of them. No request passes a gateway of a local account, so
//! every list is empty.

use super::gateways::{existing, page};
use crate::local::{ErrorReply, Exchange, Reply};
use serde_json::Value;

pub(super) fn none(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let page = page(exchange)?;
    existing(exchange)?;
    let (rows, info) = page.cut(Vec::<Value>::new());
    Ok(Reply::ok_list(rows, info))
}
