CREATE TABLE "Post" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "authorId" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL DEFAULT '',
    CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT 'none',
    "role" TEXT NOT NULL DEFAULT 'user'
);
CREATE TABLE "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
);
INSERT INTO "_prisma_migrations" VALUES('5ce844b0-dcf2-4c11-86da-1f04fb31ae0c','2d0b5da2cbe56eccad1c763598c515ad3fdcf69fe4528eb5a578efbf8d3dc68a','2026-11-28T13:32:18.588+00:00','20260101000000_init',NULL,NULL,'2026-11-28T13:32:18.572+00:00',1);
INSERT INTO "_prisma_migrations" VALUES('0a928572-eef0-4e24-a3c9-25458fe036cb','9c8bb49aa493c944b1e588dfa9296b00f8a5c883ec429ff11f685d9076b9129b','2026-11-28T13:32:18.603+00:00','20260102000000_more',NULL,NULL,'2026-11-28T13:32:18.590+00:00',1);
INSERT INTO "_prisma_migrations" VALUES('985f5ba7-d975-415b-a691-4ad86f70e957','231ee90b820b13e17d1df89564e620230b3056412c4868c67ed6eced5bbb4bdd','2026-11-28T13:32:18.612+00:00','20260103000000_redefine',NULL,NULL,'2026-11-28T13:32:18.604+00:00',1);
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
INSERT INTO "sqlite_sequence" VALUES('Post',0);
INSERT INTO "sqlite_sequence" VALUES('User',0);
