// What an app asks its database by Prisma's generated client, one line for each.

import { adapter } from "./adapter.mjs";
import { PrismaClient } from "./generated/client.ts";

const prisma = new PrismaClient({ adapter });
const plain = (_key: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);

async function ask(what: string, query: () => Promise<unknown>) {
  try {
    console.log(what, JSON.stringify(await query(), plain));
  } catch (error) {
    console.log(what, "failed:", error.code, error.message.split("\n").at(-1));
  }
}

const at = new Date("2026-01-02T03:04:05.678Z");
const big = 9007199254740991n;
const ada = { email: "ada", big, price: 1.5, flag: true, at };
await ask("create", () => prisma.user.create({ data: ada }));
await ask("nested", () =>
  prisma.user.create({
    data: { email: "bob", at, posts: { create: [{ title: "one" }, { title: "two" }] } },
    include: { posts: true },
  }),
);
await ask("many", () => prisma.user.createMany({ data: [{ email: "eve", at }, { email: "joe", at, price: 2 }] }));
await ask("same", () => prisma.user.create({ data: { email: "eve" } }));
await ask("bytes", () => prisma.user.create({ data: { email: "raw", data: new Uint8Array([0, 255]) } }));
await ask("find", () =>
  prisma.user.findMany({ where: { flag: true, at: { lt: new Date("2027-01-01") }, big }, select: { email: true } }),
);
await ask("include", () => prisma.user.findUnique({ where: { email: "bob" }, select: { posts: { orderBy: { title: "desc" } } } }));
await ask("update", () => prisma.user.update({ where: { email: "eve" }, data: { big: { increment: 2 } } }));
await ask("upsert", () => prisma.user.upsert({ where: { email: "zoe" }, create: { email: "zoe", at }, update: {} }));
await ask("count", () => prisma.user.count());
await ask("sum", () => prisma.user.aggregate({ _sum: { price: true }, _max: { email: true } }));
await ask("group", () => prisma.post.groupBy({ by: ["authorId"], _count: true }));
await ask("raw", () => prisma.$queryRaw`SELECT email, typeof(at) AS at, typeof(big) AS big FROM User WHERE id = ${1}`);
await ask("execute", () => prisma.$executeRaw`UPDATE Post SET title = ${"new"} WHERE authorId = ${2}`);
await ask("missing", () => prisma.user.delete({ where: { id: 99 } }));
await ask("stray", () => prisma.post.create({ data: { title: "x", authorId: 99 } }));
// More values than D1 binds: the client asks several times.
const ids = Array.from({ length: 250 }, (_, id) => id);
await ask("in", async () => (await prisma.user.findMany({ where: { id: { in: ids } } })).length);
// D1 has no transactions over HTTP: what came first stays.
await ask("half", () =>
  prisma.$transaction([
    prisma.post.create({ data: { title: "stays", authorId: 1 } }),
    prisma.user.create({ data: { email: "ada" } }),
  ]),
);
await ask("delete", () => prisma.user.delete({ where: { email: "bob" }, select: { id: true } }));
await ask("posts", () => prisma.post.findMany({ select: { title: true, authorId: true } }));
await prisma.$disconnect();
