//! An account in this process that is asked without a socket.

use crate::http::{InProcess, RawAnswer, Transport, Trouble, TroubleKind, WireRequest};
use crate::local::{Account, BASE_PATH, Request};
use form_urlencoded::Serializer;
use std::sync::Arc;

/// Carries requests to it.
pub fn transport(account: Account) -> Arc<dyn Transport> {
    Arc::new(InProcess(move |request: WireRequest| {
        if request.link.is_some() {
            return Err(Trouble::new(TroubleKind::Withheld, "an account in memory gives no links"));
        }
        let reply = account.answer(&local_request(request));
        Ok(RawAnswer { status: reply.status, headers: reply.headers, body: reply.body })
    }))
}

fn local_request(request: WireRequest) -> Request {
    let query = Serializer::new(String::new()).extend_pairs(&request.query).finish();
    Request {
        method: request.endpoint.method.to_owned(),
        path: format!("{BASE_PATH}{}", request.path),
        query,
        headers: request.headers,
        body: request.body,
        file: None,
    }
}
