// What the project of the benchmark asks for, with Cloudflare's SDK for TypeScript: looks, creates what is missing, applies
// what the ledger does not have. `node sdk.mjs sequence|parallel`, in a folder with `resources.json` and `migrations`.

import Cloudflare from "cloudflare";
import { readFileSync, readdirSync } from "node:fs";

const client = new Cloudflare({ maxRetries: 0 });
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;
const wanted = JSON.parse(readFileSync("resources.json", "utf8"));
const isParallel = process.argv[2] === "parallel";

// As many at a time as Larder sends.
const TOGETHER_MAX = 32;

async function each(items, act) {
  if (!isParallel) {
    for (const item of items) await act(item);
    return;
  }
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: TOGETHER_MAX }, worker));
}

async function all(listing) {
  const found = [];
  for await (const one of listing) found.push(one);
  return found;
}

async function kv() {
  if (wanted.kv.length === 0) return;
  const listed = await all(client.kv.namespaces.list({ account_id, per_page: 1000 }));
  const there = new Set(listed.map((one) => one.title));
  const missing = wanted.kv.filter((title) => !there.has(title));
  await each(missing, (title) => client.kv.namespaces.create({ account_id, title }));
}

async function r2() {
  if (wanted.r2.length === 0) return;
  const { buckets } = await client.r2.buckets.list({ account_id, per_page: 1000 });
  const there = new Set((buckets ?? []).map((one) => one.name));
  const missing = wanted.r2.filter((name) => !there.has(name));
  await each(missing, (name) => client.r2.buckets.create({ account_id, name }));
}

async function vectorize() {
  if (wanted.vectorize.length === 0) return;
  const listed = await all(client.vectorize.indexes.list({ account_id }));
  const there = new Set(listed.map((one) => one.name));
  const missing = wanted.vectorize.filter(({ name }) => !there.has(name));
  await each(missing, ({ name, config }) => client.vectorize.indexes.create({ account_id, name, config }));
}

async function gateways() {
  if (wanted.ai_gateway.length === 0) return;
  const listed = await all(client.aiGateway.list({ account_id }));
  const there = new Set(listed.map((one) => one.id));
  const missing = wanted.ai_gateway.filter(({ id }) => !there.has(id));
  await each(missing, (settings) => client.aiGateway.create({ account_id, ...settings }));
}

async function query(database, sql) {
  const answers = await all(client.d1.database.query(database, { account_id, sql }));
  return answers.at(-1)?.results ?? [];
}

async function d1() {
  if (wanted.d1.length === 0) return;
  const listed = await all(client.d1.database.list({ account_id }));
  await each(wanted.d1, async (name) => {
    const found = listed.find((one) => one.name === name);
    const { uuid } = found ?? (await client.d1.database.create({ account_id, name }));
    await query(
      uuid,
      "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    );
    const rows = await query(uuid, "SELECT name FROM d1_migrations ORDER BY id");
    const applied = new Set(rows.map((row) => row.name));
    const files = readdirSync("migrations").filter((file) => file.endsWith(".sql")).sort();
    for (const file of files.filter((file) => !applied.has(file))) {
      const sql = readFileSync(`migrations/${file}`, "utf8");
      await query(uuid, `${sql}\nINSERT INTO d1_migrations (name) VALUES ('${file}')`);
    }
  });
}

await each([kv, r2, vectorize, gateways, d1], (part) => part());
