INSERT OR IGNORE INTO users (email) VALUES ('seed@shop.example');
