// Copies `public` to `dist` and tells the page where the Worker is: `API_URL`, an address without a path.

import { cp, rm, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

export async function build(to, address) {
  if (!/^https:\/\/[a-z0-9.-]+$/.test(address ?? "")) {
    throw new Error("API_URL is no address such as https://jobmatch-ai.example.workers.dev");
  }
  await rm(to, { recursive: true, force: true });
  await cp(new URL("public/", import.meta.url), to, { recursive: true });
  await writeFile(new URL("config.js", to), `export const api = ${JSON.stringify(address)};\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await build(new URL("dist/", import.meta.url), process.env.API_URL).catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
