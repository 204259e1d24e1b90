// What an app does with its storage, by the driver for KV over HTTP. BASE puts all keys below a prefix.

import { createStorage } from "unstorage";
import cloudflare from "unstorage/drivers/cloudflare-kv-http";

const { BASE: base, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN, CLOUDFLARE_BASE_URL, NAMESPACE } = process.env;
const driver = cloudflare({
  accountId: CLOUDFLARE_ACCOUNT_ID,
  apiToken: CLOUDFLARE_API_TOKEN,
  apiURL: new URL(CLOUDFLARE_BASE_URL).origin,
  namespaceId: NAMESPACE,
  base,
});
const storage = createStorage({ driver });
const print = (what, value) => console.log(what, JSON.stringify(value));

if (process.argv[2] === "fill") {
  await storage.setItem("users:1", { name: "Ada", tags: ["a", "b"] });
  await storage.setItem("users:2/deep e%ü?#", "text");
  await storage.setItem("short", 7, { ttl: 10 });
  await storage.setItem("long", "x", { ttl: 7200 });
  await storage.setItemRaw("bytes", new Uint8Array([0, 255, 1]));
  await storage.setItem("gone", "soon");
  await storage.removeItem("gone");
  print("get", [await storage.getItem("users:1"), await storage.getItem("short"), await storage.getItem("gone")]);
  print("escaped", await storage.getItem("users:2/deep e%ü?#"));
  print("raw", [...new Uint8Array(await (await storage.getItemRaw("bytes")).slice(0))]);
  print("has", [await storage.hasItem("users:1"), await storage.hasItem("gone")]);
  print("keys", await storage.getKeys());
  print("keys of users", await storage.getKeys("users"));
  print("items", await storage.getItems(["users:1", "long"]));
} else {
  for (const key of ["bytes", "long", "short"]) await storage.removeItem(key);
  print("all but users", await storage.getKeys());
  await storage.clear();
  print("nothing", await storage.getKeys());
  await storage.clear();
}
