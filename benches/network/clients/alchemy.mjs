// What the project of the benchmark asks for, as a program of Alchemy: `node alchemy.mjs --adopt`, in a folder with
// `resources.json` and `migrations`. What exists is adopted; state is kept in `.alchemy` of that folder.

import alchemy from "alchemy";
import { AiGateway, D1Database, KVNamespace, R2Bucket, VectorizeIndex } from "alchemy/cloudflare";
import { readFileSync } from "node:fs";

const wanted = JSON.parse(readFileSync("resources.json", "utf8"));
const app = await alchemy("shop", { stage: "dev" });

await Promise.all([
  ...wanted.kv.map((title) => KVNamespace(`kv-${title}`, { title })),
  ...wanted.r2.map((name) => R2Bucket(`r2-${name}`, { name })),
  ...wanted.vectorize.map(({ name, config }) => VectorizeIndex(`vectorize-${name}`, { name, ...config })),
  ...wanted.ai_gateway.map(({ id, cache_ttl }) => AiGateway(`gateway-${id}`, { gatewayName: id, cacheTtl: cache_ttl })),
  ...wanted.d1.map((name) => D1Database(`d1-${name}`, { name, migrationsDir: "./migrations" })),
]);

await app.finalize();
