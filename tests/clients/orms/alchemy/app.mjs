// One of each resource that Alchemy has of KV, R2, D1, Vectorize and AI Gateway; a Worker is none of them.
// STATE names where Alchemy keeps its state (else in files), CHANGED=1 another wish for what may be changed, and WITHOUT
// what is left out.

import alchemy from "alchemy";
import * as cloudflare from "alchemy/cloudflare";
import { D1StateStore, R2RestStateStore } from "alchemy/state";

const changed = process.env.CHANGED === "1";
const without = (process.env.WITHOUT ?? "").split(" ");
const stores = { r2: (scope) => new R2RestStateStore(scope), d1: (scope) => new D1StateStore(scope) };
const app = await alchemy("shop", { stateStore: stores[process.env.STATE] });

await cloudflare.KVNamespace("cache", {
  title: changed ? "shop-sessions" : "shop-cache",
  values: [
    { key: "plain", value: "text" },
    { key: "rich", value: { n: 2 }, metadata: { by: "alchemy" }, expirationTtl: 3600 },
  ],
});

const media = await cloudflare.R2Bucket("media", {
  name: "shop-media",
  empty: true,
  devDomain: changed,
  domains: [{ domain: "media.shop.example", zone: "023e105f4ecef8ad9ca31a8372d0c353", minTLS: changed ? "1.3" : "1.2" }],
  locationHint: "weur",
  cors: [{ allowed: { origins: ["https://shop.example"], methods: ["GET"] } }],
  lifecycle: [{ id: "old", deleteObjectsTransition: { condition: { type: "Age", maxAge: changed ? 172800 : 86400 } } }],
  lock: [{ id: "legal", prefix: "legal/", condition: { type: "Age", maxAgeSeconds: 60 } }],
});
await cloudflare.R2Object("readme", { bucket: media, key: "docs/readme.txt", content: changed ? "two" : "one" });
const files = await cloudflare.R2Bucket("files", {
  name: "shop-files",
  empty: true,
  jurisdiction: "eu",
  storageClass: "InfrequentAccess",
});
if (!(await files.head("a b"))) await files.put("a b", "y");
const keys = (await files.list()).objects.map((one) => one.key);
console.log("objects:", keys.join(), await (await files.get("a b")).text(), await files.get("none"));

const db = await cloudflare.D1Database("db", {
  name: "shop-db",
  migrationsDir: "migrations",
  importFiles: without.includes("seed") ? [] : ["seed.sql"],
  primaryLocationHint: "weur",
  readReplication: { mode: changed ? "auto" : "disabled" },
});

if (!without.includes("copy")) await cloudflare.D1Database("copy", { name: "shop-copy", clone: db });
if (!without.includes("search")) {
  const index = await cloudflare.VectorizeIndex("search", { name: "shop-search", dimensions: 3, metric: "cosine" });
  const byKind = { index, propertyName: "kind", indexType: "string" };
  if (!without.includes("by-kind")) await cloudflare.VectorizeMetadataIndex("by-kind", byKind);
}
await cloudflare.AiGateway("ai", { gatewayName: "shop-ai", cacheTtl: changed ? 600 : 300 });
await app.finalize();
