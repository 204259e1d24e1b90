# What Terraform has made of main.tf.
larder eval -q --write '
kv::ensure("shop-prod-sessions");
r2::ensure("shop-prod-uploads");
ai_gateway::ensure("shop-prod-main", #{ cache_ttl: 3600, rate_limiting_interval: 60, rate_limiting_limit: 100, rate_limiting_technique: "sliding" });
d1::ensure("shop-prod-db", #{ location: "weur" }).execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER NOT NULL)");
' > before.log 2>&1 || cat before.log
rm -f before.log
