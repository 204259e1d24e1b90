// drizzle-kit's own settings: a database behind D1's HTTP interface.
const { CLOUDFLARE_ACCOUNT_ID: accountId, CLOUDFLARE_API_TOKEN: token, DATABASE_ID: databaseId } = process.env;

export default {
  dialect: "sqlite",
  driver: "d1-http",
  schema: "./schema.ts",
  out: process.env.OUT ?? "./drizzle",
  tablesFilter: process.env.ALL_TABLES ? undefined : ["!d1_migrations", "!larder_migrations"],
  dbCredentials: { accountId, databaseId, token },
};
