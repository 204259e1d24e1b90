// R2: every method of the SDK for buckets, their objects, and what they have beside them.

import { BINARY } from "./judge.mjs";

const names = (found) => found.buckets.map((bucket) => bucket.name);
const keys = (rows) => rows.map((row) => row.key);
const eu = { "cf-r2-jurisdiction": "eu" };
const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";

export default async function r2(judge) {
  const { call } = judge;
  await call("r2.buckets.create", { name: "first" });
  await call("r2.buckets.create", { name: "second", locationHint: "apac", storageClass: "InfrequentAccess" });
  await call("r2.buckets.create", { name: "second", ...eu });
  await call("r2.buckets.get", "second");
  await call("r2.buckets.get", "second", eu);
  await call("r2.buckets.edit", "second", { storage_class: "Standard" });
  await call("r2.buckets.list", names);
  await call("r2.buckets.list", { direction: "desc", name_contains: "s" }, names);
  await call("r2.buckets.list", { per_page: 1, start_after: "first" }, names);
  await call("r2.buckets.list", eu, names);

  const first = { bucket_name: "first" };
  for (const key of ["plain.bin", "deep/ö b?c#d%2F.bin"]) {
    await call("r2.buckets.objects.upload", key, BINARY, first);
    judge.same(key, await call("r2.buckets.objects.get", key, first), BINARY);
  }
  await call("r2.buckets.objects.upload", "rare", "text", { ...first, "cf-r2-storage-class": "InfrequentAccess" });
  await call("r2.buckets.objects.upload", "only/here", "eu", { bucket_name: "second", ...eu });
  await call("r2.buckets.objects.list", "first", { per_page: 1 }, keys);
  await call("r2.buckets.objects.list", "first", { prefix: "deep/" }, keys);
  await call("r2.buckets.objects.list", "first", { delimiter: "/" }, keys);
  await call("r2.buckets.objects.delete", "plain.bin", first);
  await call("r2.buckets.delete", "first");

  await beside(call);
  await call("r2.buckets.metrics.list");

  await call("r2.buckets.create", { name: "first" });
  await call("r2.buckets.create", { name: "No Name" });
  await call("r2.buckets.get", "missing");
  await call("r2.buckets.get", "first", eu);
  await call("r2.buckets.delete", "missing");
  await call("r2.buckets.edit", "first", { storage_class: "Cold" });
  await call("r2.buckets.objects.get", "missing", first);
  await call("r2.buckets.objects.delete", "missing", first);
  await call("r2.buckets.objects.list", "missing");
  await call("r2.buckets.create", { name: "gone" });
  await call("r2.buckets.delete", "gone");
  await call("r2.buckets.list", names);
}

async function beside(call) {
  await call("r2.buckets.cors.get", "first");
  const allowed = { methods: ["GET"], origins: ["https://app.example"], headers: ["x-own"] };
  const cors = { id: "web", allowed, exposeHeaders: ["etag"], maxAgeSeconds: 60 };
  await call("r2.buckets.cors.update", "first", { rules: [cors] });
  await call("r2.buckets.cors.get", "first");
  await call("r2.buckets.cors.delete", "first");
  await call("r2.buckets.lifecycle.get", "first");
  const condition = { type: "Age", maxAge: 86400 };
  const rule = { id: "logs", enabled: true, conditions: { prefix: "logs/" }, deleteObjectsTransition: { condition } };
  await call("r2.buckets.lifecycle.update", "first", { rules: [rule] });
  await call("r2.buckets.lifecycle.get", "first");
  await call("r2.buckets.locks.get", "first");
  const lock = { id: "kept", enabled: true, prefix: "kept/", condition: { type: "Indefinite" } };
  await call("r2.buckets.locks.update", "first", { rules: [lock] });
  await call("r2.buckets.locks.get", "first");
  await call("r2.buckets.domains.managed.list", "first");
  await call("r2.buckets.domains.managed.update", "first", { enabled: true });
  const domain = { domain: "files.example", enabled: true, zoneId, minTLS: "1.2" };
  await call("r2.buckets.domains.custom.create", "first", domain);
  await call("r2.buckets.domains.custom.get", "files.example", { bucket_name: "first" });
  await call("r2.buckets.domains.custom.update", "files.example", { bucket_name: "first", enabled: false });
  await call("r2.buckets.domains.custom.list", "first");
  await call("r2.buckets.domains.custom.delete", "files.example", { bucket_name: "first" });
  await call("r2.buckets.domains.custom.get", "files.example", { bucket_name: "first" });
  const events = "r2.buckets.eventNotifications";
  await call(`${events}.update`, zoneId, { bucket_name: "first", rules: [{ actions: ["PutObject"], prefix: "in/" }] });
  await call(`${events}.get`, zoneId, { bucket_name: "first" });
  await call(`${events}.list`, "first");
  await call(`${events}.delete`, zoneId, { bucket_name: "first" });
  await call(`${events}.list`, "first");
  await call("r2.buckets.sippy.get", "first");
  const source = { provider: "gcs", bucket: "old", clientEmail: "a@b.example", privateKey: "K" };
  const destination = { provider: "r2", accessKeyId: "B", secretAccessKey: "T" };
  await call("r2.buckets.sippy.update", "first", { source, destination });
  await call("r2.buckets.sippy.get", "first");
  await call("r2.buckets.sippy.delete", "first");
}
