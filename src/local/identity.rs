//! The routes about users, accounts, memberships and tokens, and the analytics query that `wrangler` sends for its
//! `info` commands.

// An `Handler` may fail; some of these never do.
#![allow(clippy::unnecessary_wraps)]

use super::credentials::{Caller, EMAIL};
use super::exchange::{Exchange, View};
use super::ids::sha256_hex;
use super::permissions::PermissionGroup;
use super::reply::{ErrorReply, Reply};
use super::route::{Access, Handler, Refusal, Route, RouteHandler};
use super::service::{LocalService, Resource};
use serde_json::{Value, json};

const ACCOUNT_NAME: &str = "Larder local";
const USER_ID: &str = "10ca1000000000000000000000000000";

/// Answers to a token nobody issued (API-6, API-16).
const INVALID_TOKEN: Refusal = Refusal { status: 401, code: 1000, message: "Invalid API Token" };
const MISSING_TOKEN: Refusal = Refusal { status: 401, code: 1001, message: "Missing or invalid API Token" };
const INVALID_ACCESS_TOKEN: Refusal = Refusal { status: 403, code: 9109, message: "Invalid access token" };
/// `/memberships` has its own way to refuse a token that may not ask.
const MEMBERSHIPS: Refusal =
    Refusal { status: 400, code: 9106, message: "Authentication failed (status: 400)" };

/// The account itself, as a service without resources.
pub(super) struct Identity;

impl LocalService for Identity {
    fn name(&self) -> &'static str {
        "account"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                // The ids of the last three are not verified; their names are what routes go by.
                PermissionGroup::new("c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read"),
                PermissionGroup::new("1af1fa2adc104452b74a9a3364202f20", "Account Settings Write"),
                PermissionGroup::new("eb56a6953c034b9d97dd838155666f06", "Account API Tokens Read"),
                PermissionGroup::new("5bc3f8b21c554832afc660159ab75fa4", "Account API Tokens Write"),
                PermissionGroup::new("8acbe5bb0d54464ab867149d7f7cf8ac", "User Details Read"),
                PermissionGroup::new("3518d0f75557482e952c6762d3e64903", "Memberships Read"),
                PermissionGroup::new("0cc3a61731504c89b99ec1be78b77aa0", "API Tokens Read"),
            ]
        }
    }

    fn routes(&self) -> Vec<Route> {
        let get = |path, permission, unknown, forbidden, answer: Handler| Route {
            method: "GET",
            path,
            access: Access::Token { permission, unknown, forbidden },
            answer: RouteHandler::Transaction(answer),
            takes_file: false,
        };
        let (token, denied) = (INVALID_ACCESS_TOKEN, Refusal::UNAUTHORIZED);
        let account = Refusal::AUTHENTICATION;
        vec![
            get("/user/tokens/verify", None, INVALID_TOKEN, denied, verify),
            get("/accounts/{account_id}/tokens/verify", None, MISSING_TOKEN, account, verify),
            get("/user/tokens/permission_groups", Some("API Tokens Read"), token, denied, permission_groups),
            Route::new(
                "GET",
                "/accounts/{account_id}/tokens/permission_groups",
                "Account API Tokens Read",
                permission_groups,
            ),
            get("/user/tokens/{token_id}", Some("API Tokens Read"), token, denied, own_token),
            Route::new(
                "GET",
                "/accounts/{account_id}/tokens/{token_id}",
                "Account API Tokens Read",
                own_token,
            ),
            get("/user", Some("User Details Read"), token, denied, user),
            get("/accounts", None, token, denied, accounts),
            Route::new("GET", "/accounts/{account_id}", "Account Settings Read", account_details),
            get("/memberships", Some("Memberships Read"), token, MEMBERSHIPS, memberships),
            Route {
                method: "POST",
                path: "/graphql",
                access: Access::Token { permission: None, unknown: account, forbidden: account },
                answer: RouteHandler::Transaction(analytics),
                takes_file: false,
            },
        ]
    }

    fn resources(&self, _: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        Ok(Vec::new())
    }

    fn content(&self, _: &mut View<'_>, _: &Resource) -> Result<Value, ErrorReply> {
        Ok(Value::Null)
    }
}

fn caller<'a>(exchange: &Exchange<'a>) -> Result<&'a Caller, ErrorReply> {
    exchange.caller.ok_or_else(|| INVALID_TOKEN.into())
}

fn verify(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Ok(Reply::ok(json!({"id": caller(exchange)?.id, "status": "active"})))
}

fn permission_groups(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let groups = exchange.view.groups.iter().copied();
    let groups = groups.filter(|group| asks_for(exchange, &[("name", group.name), ("scope", group.scope())]));
    Ok(Reply::ok(groups.map(group_json).collect::<Vec<_>>()))
}

fn group_json(group: PermissionGroup) -> Value {
    json!({"id": group.id, "name": group.name, "scopes": [group.scope()]})
}

fn own_token(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let caller = caller(exchange)?;
    if exchange.parameter("token_id") != caller.id {
        return Err(ErrorReply::new(404, 1003, "Invalid API Token"));
    }
    let groups: Vec<Value> = caller.permissions.iter().copied().map(group_json).collect();
    let resource = format!("com.cloudflare.api.account.{}", exchange.view.account_id);
    let policy_id = &sha256_hex(caller.id.as_bytes())[..32];
    Ok(Reply::ok(json!({
        "id": caller.id, "name": caller.name, "status": "active",
        "policies": [
            {"id": policy_id, "effect": "allow", "permission_groups": groups, "resources": {resource: "*"}},
        ],
    })))
}

fn user(_: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Ok(Reply::ok(json!({"id": USER_ID, "email": EMAIL, "username": "larder"})))
}

fn account_json(exchange: &Exchange<'_>) -> Value {
    json!({"id": exchange.view.account_id, "name": ACCOUNT_NAME, "type": "standard"})
}

fn account_details(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Ok(Reply::ok(account_json(exchange)))
}

fn accounts(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let account = account_json(exchange);
    single_row(exchange, account, &[("name", ACCOUNT_NAME)])
}

fn memberships(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (account, roles) = (account_json(exchange), ["Super Administrator"]);
    let row = json!({"id": USER_ID, "account": account, "roles": roles, "status": "accepted"});
    single_row(
        exchange,
        row,
        &[("account.name", ACCOUNT_NAME), ("name", ACCOUNT_NAME), ("status", "accepted")],
    )
}

/// A list of the one row that there is, or of none where the query asks for others.
fn single_row(exchange: &Exchange<'_>, row: Value, of_row: &[(&str, &str)]) -> Result<Reply, ErrorReply> {
    let bounds = super::PageBounds { default: 20, min: 1, max: 1000 };
    let page =
        super::Page::of(exchange, bounds).map_err(|error| ErrorReply::new(400, 1003, error.to_string()))?;
    let rows = if asks_for(exchange, of_row) { vec![row] } else { Vec::new() };
    let (rows, info) = page.cut(rows);
    Ok(Reply::ok_list(rows, info))
}

/// Whether each of these parameters, where the query has it, is what a row has. That the whole value counts is assumed.
fn asks_for(exchange: &Exchange<'_>, of_row: &[(&str, &str)]) -> bool {
    of_row.iter().all(|(parameter, value)| exchange.query(parameter).is_none_or(|wanted| wanted == *value))
}

/// No analytics are kept: the groups that `wrangler d1 info` and `r2 bucket info` ask for are empty (WR-3).
fn analytics(_: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let groups = json!({"r2StorageAdaptiveGroups": [], "d1AnalyticsAdaptiveGroups": []});
    Ok(Reply::json(200, &json!({"data": {"viewer": {"accounts": [groups]}}, "errors": null})))
}
