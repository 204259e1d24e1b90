//! How the local account answers for beacons.

use larder::local::{ErrorReply, Exchange, LocalService, PermissionGroup, Reply, Resource, Route, View};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};

pub struct Beacons;

impl LocalService for Beacons {
    fn name(&self) -> &'static str {
        "beacon"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const {
            &[
                PermissionGroup::new("be000000000000000000000000000001", "Beacon Read"),
                PermissionGroup::new("be000000000000000000000000000002", "Beacon Write"),
            ]
        }
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE IF NOT EXISTS beacon_beacons (
             id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, color TEXT, flashes INTEGER NOT NULL DEFAULT 0)"
    }

    fn routes(&self) -> Vec<Route> {
        const ALL: &str = "/accounts/{account_id}/signals/beacons";
        const ONE: &str = "/accounts/{account_id}/signals/beacons/{beacon_id}";
        const FLASHES: &str = "/accounts/{account_id}/signals/beacons/{beacon_id}/flashes";
        vec![
            Route::new("GET", ALL, "Beacon Read", list),
            Route::new("POST", ALL, "Beacon Write", create),
            Route::new("POST", FLASHES, "Beacon Write", flash),
            Route::new("PUT", ONE, "Beacon Write", replace),
            Route::new("DELETE", ONE, "Beacon Write", delete),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        let mut statement = view.store.prepare("SELECT id, name FROM beacon_beacons")?;
        let rows = statement.query_map([], |row| {
            Ok(Resource { kind: "beacon", id: row.get(0)?, name: row.get(1)?, jurisdiction: None })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn content(&self, view: &mut View<'_>, beacon: &Resource) -> Result<Value, ErrorReply> {
        let sql = "SELECT color, flashes FROM beacon_beacons WHERE id = ?1";
        let content = view.store.query_row(sql, [&beacon.id], |row| {
            Ok(json!({ "color": row.get::<_, Option<String>>(0)?, "flashes": row.get::<_, i64>(1)? }))
        });
        Ok(content?)
    }
}

fn shown(row: &Row<'_>) -> rusqlite::Result<Value> {
    let [id, name] = [row.get::<_, String>(0)?, row.get(1)?];
    Ok(json!({ "id": id, "name": name, "color": row.get::<_, Option<String>>(2)? }))
}

fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let mut statement =
        exchange.store().prepare("SELECT id, name, color FROM beacon_beacons ORDER BY name")?;
    let rows: Vec<Value> = statement.query_map([], shown)?.collect::<Result<_, _>>()?;
    Ok(Reply::ok(rows))
}

fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = exchange.json().ok_or_else(|| ErrorReply::new(400, 9400, "not JSON"))?;
    let (id, name) = (exchange.view.new_id()?, body["name"].as_str().unwrap_or_default());
    let sql = "INSERT OR IGNORE INTO beacon_beacons (id, name, color) VALUES (?1, ?2, ?3)";
    if exchange.store().execute(sql, params![id, name, body["color"].as_str()])? == 0 {
        return Err(ErrorReply::new(409, 9409, "there is a beacon of that name"));
    }
    Ok(Reply::ok(existing(exchange, &id)?))
}

fn replace(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = exchange.json().ok_or_else(|| ErrorReply::new(400, 9400, "not JSON"))?;
    let id = exchange.parameter("beacon_id").to_owned();
    let sql = "UPDATE beacon_beacons SET color = ?2 WHERE id = ?1";
    exchange.store().execute(sql, params![id, body["color"].as_str()])?;
    Ok(Reply::ok(existing(exchange, &id)?))
}

fn flash(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = exchange.json().ok_or_else(|| ErrorReply::new(400, 9400, "not JSON"))?;
    let id = exchange.parameter("beacon_id").to_owned();
    existing(exchange, &id)?;
    let sql = "UPDATE beacon_beacons SET flashes = flashes + ?2 WHERE id = ?1";
    exchange.store().execute(sql, params![id, body["times"].as_i64()])?;
    Ok(Reply::ok(Value::Null))
}

fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let id = exchange.parameter("beacon_id").to_owned();
    existing(exchange, &id)?;
    exchange.store().execute("DELETE FROM beacon_beacons WHERE id = ?1", [id])?;
    Ok(Reply::ok(Value::Null))
}

fn existing(exchange: &Exchange<'_>, id: &str) -> Result<Value, ErrorReply> {
    let sql = "SELECT id, name, color FROM beacon_beacons WHERE id = ?1";
    let found = exchange.store().query_row(sql, [id], shown).optional()?;
    found.ok_or_else(|| ErrorReply::new(404, 9404, "no such beacon"))
}
