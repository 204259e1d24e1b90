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
