//! How the local account answers AI Gateway (AIG-1, AIG-2).
//!
//! **Invariant:** a PUT replaces every setting; what it leaves out goes back to its default.

mod fields;
mod gateways;
mod logs;
mod settings;

use crate::local::{ErrorReply, LocalService, PermissionGroup, Resource, Route, View};
use serde_json::Value;

/// The AI Gateway service of a local account.
pub struct AiGateway;

const READ: &str = "AI Gateway Read";
const WRITE: &str = "AI Gateway Write";

impl LocalService for AiGateway {
    fn name(&self) -> &'static str {
        "ai_gateway"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("4dc8917b4b40457d88d3035d5dadb054", "AI Gateway Read"),
                PermissionGroup::new("6c8a3737f07f46369c1ea1f22138daaf", "AI Gateway Write"),
                PermissionGroup::new("644535f4ed854494a59cb289d634b257", "AI Gateway Run"),
            ]
        }
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE IF NOT EXISTS ai_gateway_gateways (
             id TEXT PRIMARY KEY, internal_id TEXT NOT NULL, settings TEXT NOT NULL,
             created_at TEXT NOT NULL, modified_at TEXT NOT NULL) WITHOUT ROWID;"
    }

    fn routes(&self) -> Vec<Route> {
        const LIST: &str = "/accounts/{account_id}/ai-gateway/gateways";
        const ONE: &str = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}";
        const URL: &str = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/url/{provider}";
        const LOGS: &str = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs";
        const DATASETS: &str = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/datasets";
        const EVALUATIONS: &str = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/evaluations";
        vec![
            Route::new("GET", LIST, READ, gateways::list),
            Route::new("POST", LIST, WRITE, gateways::create),
            Route::new("GET", ONE, READ, gateways::get),
            Route::new("PUT", ONE, WRITE, gateways::replace),
            Route::new("DELETE", ONE, WRITE, gateways::delete),
            Route::new("GET", URL, READ, gateways::url),
            Route::new("GET", LOGS, READ, logs::none),
            Route::new("GET", DATASETS, READ, logs::none),
            Route::new("GET", EVALUATIONS, READ, logs::none),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        let mut statement = view.store.prepare("SELECT id FROM ai_gateway_gateways")?;
        let rows = statement.query_map([], |row| {
            let id: String = row.get(0)?;
            Ok(Resource { kind: "gateway", name: id.clone(), id, jurisdiction: None })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn content(&self, view: &mut View<'_>, gateway: &Resource) -> Result<Value, ErrorReply> {
        let sql = "SELECT settings FROM ai_gateway_gateways WHERE id = ?1";
        let settings: String = view.store.query_row(sql, [&gateway.id], |row| row.get(0))?;
        Ok(serde_json::from_str(&settings).unwrap_or_default())
    }
}

/// An input that the service refuses, with where in the request it stands.
fn invalid(part: &str, field: &str, message: impl Into<String>) -> ErrorReply {
    ErrorReply::new(400, 7001, message).with("path", serde_json::json!([part, field]))
}

#[cfg(test)]
mod tests;
