CREATE TABLE d1_migrations (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      applied_at TEXT NOT NULL
    );
INSERT INTO "d1_migrations" VALUES('00001','0001_init.sql','2026-11-28 13:30:56');
INSERT INTO "d1_migrations" VALUES('00002','0002_posts.sql','2026-11-28 13:30:56');
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title TEXT NOT NULL
);
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE
);
INSERT INTO "users" VALUES(1,'ada@example.org');
CREATE INDEX posts_by_user ON posts (user_id);
INSERT INTO "sqlite_sequence" VALUES('users',1);
