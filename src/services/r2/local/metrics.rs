//! The storage of the account's buckets by storage class. Objects count as published,
//! since no upload is in progress between two requests (R2-10).

use crate::local::{ErrorReply, Exchange, Reply};
use serde_json::{Value, json};

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (standard, infrequent) = (class(exchange, "Standard")?, class(exchange, "InfrequentAccess")?);
    Ok(Reply::ok(json!({ "standard": standard, "infrequentAccess": infrequent })))
}

fn class(exchange: &Exchange<'_>, name: &str) -> Result<Value, ErrorReply> {
    let sql = "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(sum(length(http_metadata)), 0)
         FROM r2_objects WHERE storage_class = ?1";
    let published = exchange.store().query_row(sql, [name], |row| {
        let number = |at| row.get::<_, i64>(at);
        Ok(json!({ "objects": number(0)?, "payloadSize": number(1)?, "metadataSize": number(2)? }))
    })?;
    let uploaded = json!({ "objects": 0, "payloadSize": 0, "metadataSize": 0 });
    Ok(json!({ "published": published, "uploaded": uploaded }))
}
