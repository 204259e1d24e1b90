// The CLI's own engine opens no D1; what needs a database goes by the adapter (`migrate.mjs`).
export default { schema: "schema.prisma" };
