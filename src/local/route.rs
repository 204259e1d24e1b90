//! A route: method, path pattern, access rule, and handler.

use super::deferred::DeferredWork;
use super::exchange::Exchange;
use super::reply::{ErrorReply, Reply};

/// Answers one request inside its transaction; a `ErrorReply` rolls the transaction back.
pub type Handler = fn(&mut Exchange<'_>) -> Result<Reply, ErrorReply>;

/// Answers one request with work that is done after its transaction.
pub type DeferredHandler = fn(&mut Exchange<'_>) -> Result<DeferredWork, ErrorReply>;

#[derive(Clone, Copy, Debug)]
pub enum RouteHandler {
    /// All of it inside the transaction.
    Transaction(Handler),
    /// Work after it, while other requests are answered.
    Apart(DeferredHandler),
}

/// How a route says no to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    pub code: i64,
    pub message: &'static str,
}

impl Refusal {
    /// The usual one of account routes (API-6).
    pub const AUTHENTICATION: Refusal = Refusal { status: 403, code: 10000, message: "Authentication error" };
    /// The usual one of user routes (API-6).
    pub const UNAUTHORIZED: Refusal =
        Refusal { status: 403, code: 9109, message: "Unauthorized to access requested resource" };
}

impl From<Refusal> for ErrorReply {
    fn from(refusal: Refusal) -> Self {
        ErrorReply::new(refusal.status, refusal.code, refusal.message)
    }
}

/// Who may use a route.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Anybody who knows the path: an upload or download link.
    Public,
    /// The holder of a token.
    Token {
        /// A permission group's name; `None`: any known token will do. `X Write` covers `X Read`.
        permission: Option<&'static str>,
        /// The answer to a token nobody issued.
        unknown: Refusal,
        /// The answer to a known token without the permission, or to another account's id.
        forbidden: Refusal,
    },
}

impl Access {
    fn of(permission: &'static str) -> Self {
        let (unknown, forbidden) = (Refusal::AUTHENTICATION, Refusal::AUTHENTICATION);
        Access::Token { permission: Some(permission), unknown, forbidden }
    }
}

/// One route below `/client/v4`.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Upper-case.
    pub method: &'static str,
    /// `/accounts/{account_id}/r2/buckets/{name}`; a last `{*key}` takes the rest of the path.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    pub answer: RouteHandler,
    /// The body is a file, which need not be in memory.
    pub takes_file: bool,
}

impl Route {
    /// A route that needs `permission`, with the usual refusals of account routes.
    pub fn new(method: &'static str, path: &'static str, permission: &'static str, answer: Handler) -> Self {
        Route {
            method,
            path,
            access: Access::of(permission),
            answer: RouteHandler::Transaction(answer),
            takes_file: false,
        }
    }

    /// The same for one that answers with work after its transaction.
    pub fn apart(
        method: &'static str,
        path: &'static str,
        permission: &'static str,
        answer: DeferredHandler,
    ) -> Self {
        Route {
            method,
            path,
            access: Access::of(permission),
            answer: RouteHandler::Apart(answer),
            takes_file: false,
        }
    }

    /// A route that asks for no credentials.
    pub fn public(method: &'static str, path: &'static str, answer: Handler) -> Self {
        Route {
            method,
            path,
            access: Access::Public,
            answer: RouteHandler::Transaction(answer),
            takes_file: false,
        }
    }

    /// A route that takes a file from anybody who knows the path.
    pub fn upload(method: &'static str, path: &'static str, answer: DeferredHandler) -> Self {
        Route { method, path, access: Access::Public, answer: RouteHandler::Apart(answer), takes_file: true }
    }

    /// The same route with another answer to a known token that may not use it.
    #[must_use]
    pub fn forbidding(mut self, refusal: Refusal) -> Self {
        if let Access::Token { forbidden, .. } = &mut self.access {
            *forbidden = refusal;
        }
        self
    }
}
