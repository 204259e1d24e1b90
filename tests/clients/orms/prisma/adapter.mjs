// Prisma's adapter for D1 over HTTP, on the database that DATABASE_ID names.

import { PrismaD1 } from "@prisma/adapter-d1";

export const adapter = new PrismaD1({
  CLOUDFLARE_ACCOUNT_ID: process.env.CLOUDFLARE_ACCOUNT_ID,
  CLOUDFLARE_D1_TOKEN: process.env.CLOUDFLARE_API_TOKEN,
  CLOUDFLARE_DATABASE_ID: process.env.DATABASE_ID,
});
