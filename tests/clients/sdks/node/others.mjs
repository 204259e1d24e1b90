// Vectorize, AI Gateway, D1, and who asks: every method of the SDK that the local account serves.

import { createHash } from "node:crypto";
import { ACCOUNT, Judge } from "./judge.mjs";

const lines = (vectors) => new TextEncoder().encode(vectors.map((one) => `${JSON.stringify(one)}\n`).join(""));
const ids = (rows) => rows.map((row) => row.id);
const names = (rows) => rows.map((row) => row.name);

export async function vectorize(judge) {
  const { call } = judge;
  const vectors = [
    { id: "a", metadata: { kind: "x" }, namespace: "one", values: [1, 0] },
    { id: "b", values: [0, 1] },
  ];
  const config = { dimensions: 2, metric: "cosine" };
  await call("vectorize.indexes.create", { name: "near", config, description: "two" });
  await call("vectorize.indexes.create", { name: "preset", config: { preset: "openai/text-embedding-ada-002" } });
  await call("vectorize.indexes.get", "near");
  await call("vectorize.indexes.list", names);
  await call("vectorize.indexes.metadataIndex.create", "near", { propertyName: "kind", indexType: "string" });
  await call("vectorize.indexes.metadataIndex.create", "near", { propertyName: "gone", indexType: "boolean" });
  await call("vectorize.indexes.metadataIndex.delete", "near", { propertyName: "gone" });
  await call("vectorize.indexes.metadataIndex.list", "near");
  await call("vectorize.indexes.insert", "near", { body: lines(vectors) });
  judge.same("the vectors", await call("vectorize.indexes.getByIDs", "near", { ids: ["a", "b"] }), vectors);
  const again = lines([{ id: "b", values: [0, 2] }]);
  await call("vectorize.indexes.upsert", "near", { body: again, "unparsable-behavior": "discard" });
  await call("vectorize.indexes.query", "near", { vector: [1, 0], topK: 1, returnMetadata: "all", returnValues: true });
  await call("vectorize.indexes.query", "near", { vector: [0, 1], filter: { kind: "x" } });
  await call("vectorize.indexes.listVectors", "near", { count: 1 });
  await call("vectorize.indexes.listVectors", "near", { count: 1, cursor: "a" });
  await call("vectorize.indexes.deleteByIDs", "near", { ids: ["a"] });
  await call("vectorize.indexes.info", "near", (info) => [info.dimensions, info.vectorCount]);
  await call("vectorize.indexes.delete", "preset");
  await call("vectorize.indexes.create", { name: "near", config });
  await call("vectorize.indexes.create", { name: "odd", config: { ...config, dimensions: 0 } });
  await call("vectorize.indexes.get", "missing");
  await call("vectorize.indexes.query", "near", { vector: [1] });
  await call("vectorize.indexes.upsert", "near", { body: lines([{ id: "short", values: [1] }]) });
}

export async function gateway(judge) {
  const { call } = judge;
  const plain = {
    cache_invalidate_on_update: false,
    cache_ttl: 0,
    collect_logs: true,
    rate_limiting_interval: 0,
    rate_limiting_limit: 0,
  };
  await call("aiGateway.create", { id: "one", ...plain });
  await call("aiGateway.create", { id: "two", ...plain, authentication: true, rate_limiting_technique: "sliding" });
  await call("aiGateway.update", "two", { ...plain, cache_ttl: 60 });
  await call("aiGateway.get", "two");
  await call("aiGateway.create", { id: "three", ...plain }, (made) => made.id);
  await call("aiGateway.list", { per_page: 2 }, ids);
  await call("aiGateway.list", { search: "t" }, ids);
  await call("aiGateway.urls.get", "openai", { gateway_id: "one" });
  for (const kind of ["logs", "datasets", "evaluations"]) await call(`aiGateway.${kind}.list`, "one");
  await call("aiGateway.delete", "three", (gone) => gone.id);
  await call("aiGateway.create", { id: "one", ...plain });
  await call("aiGateway.create", { id: "odd", ...plain, cache_ttl: -1 });
  await call("aiGateway.get", "three");
  await call("aiGateway.delete", "three");
}

export async function d1(judge) {
  const { call } = judge;
  const one = (await call("d1.database.create", { name: "one" })).uuid;
  await call("d1.database.create", { name: "two", jurisdiction: "eu" });
  const auto = { mode: "auto" };
  await call("d1.database.create", { name: "three", primary_location_hint: "apac", read_replication: auto });
  await call("d1.database.get", one);
  await call("d1.database.get", one, { fields: ["name", "version"] });
  await call("d1.database.update", one, { read_replication: { mode: "auto" } });
  await call("d1.database.edit", one, { read_replication: { mode: "disabled" } });
  await call("d1.database.list", { per_page: 10 }, names);
  await call("d1.database.list", { name: "t" }, names);
  const results = (rows) => rows.map((row) => row.results);
  await call("d1.database.query", one, { sql: "CREATE TABLE t (z INTEGER PRIMARY KEY, a TEXT, b REAL, c)" }, results);
  const params = ["7", "grüße 🎉", "0.5", "x"];
  await call("d1.database.query", one, { sql: "INSERT INTO t VALUES (?, ?, ?, ?)", params }, results);
  const batch = [{ sql: "SELECT * FROM t" }, { sql: "SELECT ? AS n", params: ["1"] }];
  await call("d1.database.query", one, { batch }, results);
  await call("d1.database.raw", one, { sql: "SELECT a AS same, c AS same FROM t" }, results);

  const sql = "CREATE TABLE imported (id INTEGER PRIMARY KEY);";
  const etag = createHash("md5").update(sql).digest("hex");
  const begun = await call("d1.database.import", one, { action: "init", etag }, (begun) => begun.type);
  await fetch(begun.upload_url, { method: "PUT", body: sql });
  const ingest = { action: "ingest", etag, filename: begun.filename };
  const done = await call("d1.database.import", one, ingest, (done) => [done.status, done.messages]);
  const poll = { action: "poll", current_bookmark: done.at_bookmark };
  await call("d1.database.import", one, poll, (done) => done.status);
  const exported = await call("d1.database.export", one, { output_format: "polling" }, (done) => done.status);
  console.log("the exported file:", JSON.stringify(await (await fetch(exported.result.signed_url)).text()));

  const before = (await call("d1.database.timeTravel.getBookmark", one)).bookmark;
  await call("d1.database.query", one, { sql: "DELETE FROM t" }, results);
  await call("d1.database.timeTravel.restore", one, { bookmark: before });
  await call("d1.database.query", one, { sql: "SELECT count(*) AS n FROM t" }, results);

  await call("d1.database.create", { name: "one" });
  await call("d1.database.create", { name: "no name" });
  await call("d1.database.get", "0199a2f0-0000-8000-a000-000000000000");
  await call("d1.database.query", one, { sql: "SELECT * FROM missing" });
  await call("d1.database.query", one, { sql: "INSERT INTO t VALUES (7, 'twice', 0, 0)" });
  await call("d1.database.timeTravel.restore", one, { bookmark: "none" });
  await call("d1.database.delete", one);
  await call("d1.database.delete", one);
}

export async function identity(judge) {
  const { call } = judge;
  const group = (rows) => rows.filter((row) => row.name === "D1 Read");
  await call("user.get");
  const token = (await call("user.tokens.verify")).id;
  await call("user.tokens.get", token, (found) => [found.name, found.status]);
  await call("user.tokens.permissionGroups.list", group);
  await call("accounts.list");
  await call("accounts.get");
  await call("accounts.tokens.verify");
  await call("accounts.tokens.get", token, (found) => [found.name, found.status]);
  await call("accounts.tokens.permissionGroups.list", group);
  await call("accounts.tokens.permissionGroups.get", group);
  await call("memberships.list");
  await call("workers.scripts.scriptAndVersionSettings.get", "no-worker");
  await judge.outcome("post /graphql", () => judge.client.post("/graphql", { body: { query: "{ viewer }" } }));
  await call("user.tokens.get", "0".repeat(32));
  await call("accounts.get", { account_id: "f".repeat(32) });
  const stranger = new Judge({ apiToken: "of-nobody-here-0123456789abcdefghijklmn" });
  for (const path of ["user.tokens.verify", "accounts.list", "kv.namespaces.list", "d1.database.list"]) {
    await stranger.call(path);
  }
  console.log("the account:", ACCOUNT);
}
