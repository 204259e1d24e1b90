//! Calls about deployed Workers.

use super::wire::Settings;
use crate::http::{Class, Client, CodeMeaning, Endpoint, ReadError};

/// GET `/accounts/{account_id}/workers/scripts/{script_name}/settings`.
pub static SETTINGS: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/workers/scripts/{script_name}/settings",
    permission: "Workers Scripts Read",
    class: Class::Read,
    doing: "read the settings of the Worker",
    meanings: &[
        (10007, CodeMeaning::NotFound),
        (10090, CodeMeaning::NotFound),
        (10092, CodeMeaning::NotFound),
        (10222, CodeMeaning::NotFound),
    ],
};

/// What the Worker of that name is bound to; `None` where none is deployed.
pub async fn settings(client: &Client, name: &str) -> Result<Option<Settings>, ReadError> {
    client.find(SETTINGS.call().path("script_name", name)).await
}
