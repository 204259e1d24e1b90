# What provision.sh leaves in an account, wrangler's ledger of migrations among it.
larder eval -q --write '
kv::ensure("SESSIONS").put("session-1", "of a customer");
kv::ensure("CACHE");
r2::ensure("shop-uploads");
vectorize::ensure("shop-docs", #{ dimensions: 768, metric: "cosine" });
let db = d1::ensure("shop-db");
db.execute("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)");
db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER NOT NULL)");
db.execute("INSERT INTO d1_migrations (name) VALUES (\"0001_orders.sql\")");
db.execute("INSERT INTO orders (total) VALUES (5), (7)");
' > before.log 2>&1 || cat before.log
rm -f before.log
