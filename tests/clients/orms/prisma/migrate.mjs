// Prisma's schema engine on the adapter. The CLI has it as a program that npm does not carry; this is the same engine for
// WebAssembly, with one command of the CLI as its argument.

import { readFile, readdir } from "node:fs/promises";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg";
import { adapter } from "./adapter.mjs";

const wasm = new URL("schema_engine_bg.wasm", import.meta.resolve("@prisma/schema-engine-wasm"));
const { instance } = await WebAssembly.instantiate(await readFile(wasm), { "./schema_engine_bg.js": engine });
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const path = "schema.prisma";
const schema = { files: [{ path, content: await readFile(path, "utf8") }] };
// What `tables.external` of the CLI's configuration says: the tables that are not the schema's.
const external = process.argv.includes("--all-tables") ? [] : ["d1_migrations", "larder_migrations"];
const filters = { externalTables: external, externalEnums: [] };
const all = { schema, filters, force: process.argv.includes("--force"), exitCode: null };
const opened = bindMigrationAwareSqlAdapterFactory(adapter);
const prisma = await engine.SchemaEngine.new({ datamodels: [[path, schema.files[0].content]] }, () => {}, opened);

/** The migrations, as the CLI reads them from their folder. */
async function migrations() {
  const names = (await readdir("migrations").catch(() => [])).filter((name) => !name.includes(".")).sort();
  const read = async (name) => {
    const value = await readFile(`migrations/${name}/migration.sql`, "utf8");
    return { path: name, migrationFile: { path: "migration.sql", content: { tag: "ok", value } } };
  };
  return {
    baseDir: `${process.cwd()}/migrations`,
    lockfile: { path: "migration_lock.toml", content: 'provider = "sqlite"\n' },
    migrationDirectories: await Promise.all(names.map(read)),
    shadowDbInitScript: "",
  };
}

const commands = {
  push: () => prisma.schemaPush(all),
  diff: async () => {
    const from = process.argv.includes("--from-migrations") ? { tag: "migrations", ...(await migrations()) } : { tag: "empty" };
    const to = { tag: "schemaDatamodel", ...schema };
    return (await prisma.diff({ ...all, from, to, script: true, shadowDatabaseUrl: null })).stdout;
  },
  deploy: async () => prisma.applyMigrations({ ...all, migrationsList: await migrations() }),
  dev: async () => prisma.devDiagnostic({ ...all, migrationsList: await migrations() }),
  status: async () =>
    prisma.diagnoseMigrationHistory({ ...all, migrationsList: await migrations(), optInToShadowDatabase: false }),
  pull: async () => {
    const found = await prisma.introspect({ ...all, baseDirectoryPath: ".", compositeTypeDepth: -1, namespaces: null });
    return found.schema.files[0].content;
  },
  // The engine finds out that its table is missing by an error that the adapter for HTTP garbles: the table is made first.
  ledger: async () => {
    const database = await adapter.connect();
    await database.executeScript(`CREATE TABLE "_prisma_migrations" (
      "id" TEXT PRIMARY KEY NOT NULL,
      "checksum" TEXT NOT NULL,
      "finished_at" DATETIME,
      "migration_name" TEXT NOT NULL,
      "logs" TEXT,
      "rolled_back_at" DATETIME,
      "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
      "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0
    )`);
  },
};

let code = 0;
try {
  const result = await commands[process.argv[2]]();
  if (result !== undefined) console.log(typeof result === "string" ? result : JSON.stringify(result));
} catch (error) {
  console.log(`failed: ${error.message.split("\n")[0]}`);
  code = 1;
}
// A push that has nothing to do leaves a timer of a minute behind.
process.exit(code);
