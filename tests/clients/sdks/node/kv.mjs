// Workers KV: every method of the SDK.

import { BINARY } from "./judge.mjs";

const KEYS = ["plain", "a/b c?d=e&f#g%2F", "grüße/🎉"];

const titles = (rows) => rows.map((row) => row.title).sort();

export default async function kv(judge) {
  const { call } = judge;
  const one = (await call("kv.namespaces.create", { title: "ONE" })).id;
  const two = (await call("kv.namespaces.create", { title: "TWO", jurisdiction: "eu" })).id;
  const three = (await call("kv.namespaces.create", { title: "THREE" })).id;
  await call("kv.namespaces.get", two);
  await call("kv.namespaces.update", one, { title: "FIRST" });
  await call("kv.namespaces.list", titles);
  await call("kv.namespaces.list", { per_page: 1 }, titles);
  await call("kv.namespaces.list", { order: "title", direction: "desc" }, (rows) => rows.map((row) => row.title));
  for (const key of KEYS) {
    await call("kv.namespaces.values.update", key, { namespace_id: one, value: new File([BINARY], "value") });
    judge.same(key, await call("kv.namespaces.values.get", key, { namespace_id: one }), BINARY);
  }
  // Metadata is a part of the form, which the SDK sends as JSON only where it is given as text.
  const metadata = { from: "node", deep: { list: [1, 2.5, null, true] } };
  const described = { namespace_id: one, value: "text", metadata: JSON.stringify(metadata) };
  await call("kv.namespaces.values.update", "described", described);
  judge.same("described", await call("kv.namespaces.metadata.get", "described", { namespace_id: one }), metadata);
  await call("kv.namespaces.metadata.get", "plain", { namespace_id: one });
  await call("kv.namespaces.values.update", "ends", { namespace_id: one, value: "text", expiration_ttl: 600 });
  await call("kv.namespaces.keys.list", one, (rows) => rows.map((row) => [row.name, row.expiration !== undefined]));

  const pairs = Array.from({ length: 25 }, (_, at) => ({ key: `bulk/${10 + at}`, value: `${at}`, metadata: { at } }));
  await call("kv.namespaces.bulkUpdate", two, { body: pairs });
  await call("kv.namespaces.keys.bulkUpdate", two, { body: [{ key: "coded", value: "/wD+", base64: true }] });
  const coded = await call("kv.namespaces.values.get", "coded", { namespace_id: two });
  judge.same("coded", coded, Uint8Array.of(255, 0, 254));
  await call("kv.namespaces.keys.list", two, { prefix: "bulk/", limit: 10 }, (rows) => rows.map((row) => row.name));
  await call("kv.namespaces.bulkGet", two, { keys: ["bulk/12", "missing"] });
  await call("kv.namespaces.keys.bulkGet", two, { keys: ["bulk/12", "missing"], type: "json", withMetadata: true });
  await call("kv.namespaces.bulkDelete", two, { body: ["bulk/10", "missing"] });
  await call("kv.namespaces.keys.bulkDelete", two, { body: ["bulk/11"] });
  await call("kv.namespaces.keys.list", two, (rows) => rows.length);
  await call("kv.namespaces.values.delete", KEYS[1], { namespace_id: one });
  await call("kv.namespaces.values.delete", "never there", { namespace_id: one });
  await call("kv.namespaces.delete", three);

  const missing = "0".repeat(32);
  await call("kv.namespaces.create", { title: "TWO" });
  await call("kv.namespaces.create", { title: "" });
  await call("kv.namespaces.update", one, { title: "TWO" });
  await call("kv.namespaces.get", missing);
  await call("kv.namespaces.get", "no-id");
  await call("kv.namespaces.delete", three);
  await call("kv.namespaces.list", { per_page: 1001 });
  await call("kv.namespaces.values.get", "missing", { namespace_id: one });
  await call("kv.namespaces.metadata.get", "missing", { namespace_id: one });
  await call("kv.namespaces.keys.list", missing);
  await call("kv.namespaces.values.update", "short", { namespace_id: one, value: "text", expiration_ttl: 30 });
  await call("kv.namespaces.bulkUpdate", one, { body: [{ key: "good", value: "v" }, { key: "bad" }] });
  await call("kv.namespaces.bulkGet", one, { keys: [] });
}
