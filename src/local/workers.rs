//! The routes of Workers. A local account has none, and answers as Cloudflare does in that case (WR-14).

use super::exchange::{Exchange, View};
use super::permissions::PermissionGroup;
use super::reply::{ErrorReply, Reply};
use super::route::Route;
use super::service::{LocalService, Resource};
use serde_json::Value;

/// Workers, as a service without resources.
pub(super) struct Workers;

impl LocalService for Workers {
    fn name(&self) -> &'static str {
        "workers"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("1a71c399035b4950a1bd1466bbe4f420", "Workers Scripts Read"),
                PermissionGroup::new("e086da7e2179491d91ee5f35b3ca210a", "Workers Scripts Write"),
            ]
        }
    }

    fn routes(&self) -> Vec<Route> {
        let path = "/accounts/{account_id}/workers/scripts/{script_name}/settings";
        vec![Route::new("GET", path, "Workers Scripts Read", missing)]
    }

    fn resources(&self, _: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        Ok(Vec::new())
    }

    fn content(&self, _: &mut View<'_>, _: &Resource) -> Result<Value, ErrorReply> {
        Ok(Value::Null)
    }
}

fn missing(_: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Err(ErrorReply::new(404, 10007, "This Worker does not exist on your account."))
}
