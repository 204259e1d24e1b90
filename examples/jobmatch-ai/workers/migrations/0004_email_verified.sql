-- The column that the code expected and the database did not have.
ALTER TABLE users ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0;
