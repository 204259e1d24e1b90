import assert from "node:assert/strict";
import { test } from "node:test";
import worker from "../src/index.js";

// What a Worker sees of a database and a namespace; a test of Larder runs the statements on the migrated schema.
function account({ rows = [], fails = false } = {}) {
  const kept = new Map();
  const asked = [];
  const result = async (value) => {
    if (fails) throw new Error("D1_ERROR");
    return value;
  };
  const prepare = (sql) => {
    asked.push(sql);
    return { first: () => result(rows[0] ?? null), all: () => result({ results: rows }) };
  };
  const namespace = {
    get: async (key, type) => (kept.has(key) ? (assert.equal(type, "json"), JSON.parse(kept.get(key))) : null),
    put: async (key, value, options) => {
      assert.ok(options.expirationTtl >= 60);
      kept.set(key, value);
    },
  };
  return { env: { DB: { prepare }, JOB_ANALYSIS_CACHE: namespace }, asked };
}

const get = (env, path, method = "GET") => worker.fetch(new Request(`https://api.example${path}`, { method }), env);

test("health says how many migrations the database has", async () => {
  const { env } = account({ rows: [{ migrations: 6 }] });
  const response = await get(env, "/health");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { ok: true, migrations: 6 });
});

test("a database that does not answer is told without its words", async (context) => {
  context.mock.method(console, "error", () => {});
  for (const path of ["/health", "/jobs"]) {
    const response = await get(account({ fails: true }).env, path);
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { error: "the database does not answer" });
  }
});

test("jobs are read once and kept", async () => {
  const rows = [{ id: "1", title: "Baker", location: null, salary_min: null, salary_max: null, application_count: 0 }];
  const { env, asked } = account({ rows });
  for (let time = 0; time < 2; time += 1) {
    const response = await get(env, "/jobs");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.deepEqual(await response.json(), rows);
  }
  assert.equal(asked.length, 1);
});

test("that there are no jobs is kept, too", async () => {
  const { env, asked } = account();
  await get(env, "/jobs");
  assert.deepEqual(await (await get(env, "/jobs")).json(), []);
  assert.equal(asked.length, 1);
});

test("nothing else is answered", async () => {
  const { env, asked } = account();
  assert.equal((await get(env, "/")).status, 404);
  assert.equal((await get(env, "/toString")).status, 404);
  assert.equal((await get(env, "/jobs", "POST")).status, 405);
  assert.deepEqual(asked, []);
});
