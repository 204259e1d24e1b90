import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "../build.js";

async function folder(context) {
  const path = await mkdtemp(join(tmpdir(), "pages-"));
  context.after(() => rm(path, { recursive: true }));
  return pathToFileURL(`${path}/dist/`);
}

test("what is built holds every file that the page takes", async (context) => {
  const to = await folder(context);
  await build(to, "https://api.example");
  await build(to, "https://api.example"); // over what is there
  assert.deepEqual((await readdir(to)).sort(), ["config.js", "index.html", "jobs.js", "page.js"]);
  const text = (name) => readFile(new URL(name, to), "utf8");
  assert.equal(await text("config.js"), 'export const api = "https://api.example";\n');
  const taken = `${await text("index.html")}${await text("page.js")}`.matchAll(/(?:src=|from )"(?:\.\/)?([a-z.]+)"/g);
  assert.deepEqual(Array.from(taken, (found) => found[1]).sort(), ["config.js", "jobs.js", "page.js"]);
});

test("an address that is none is refused before anything is written", async (context) => {
  const to = await folder(context);
  for (const address of [undefined, "", "api.example", "http://api.example", "https://api.example/path", 'https://a";x']) {
    await assert.rejects(build(to, address), /^Error: API_URL is no address such as/);
  }
  await assert.rejects(readdir(to), { code: "ENOENT" });
});
