#!/usr/bin/env bash
# Makes what the Worker binds, and puts the ids into the config.
set -euo pipefail
cd "$(dirname "$0")"
for name in SESSIONS CACHE; do
  id=$(npx wrangler kv namespace list | jq -r ".[] | select(.title == \"shop-$name\") | .id")
  if [ -z "$id" ]; then
    id=$(npx wrangler kv namespace create "$name" | grep -oE '[0-9a-f]{32}' | head -n 1)
  fi
  sed -i "s/REPLACE_WITH_$name/$id/" wrangler.toml
done
npx wrangler r2 bucket create shop-uploads || echo "the bucket exists"
if ! npx wrangler d1 list --json | grep -q '"name": *"shop-db"'; then
  npx wrangler d1 create shop-db
fi
uuid=$(npx wrangler d1 list --json | jq -r '.[] | select(.name == "shop-db") | .uuid')
sed -i "s/REPLACE_WITH_DB/$uuid/" wrangler.toml
npx wrangler d1 migrations apply shop-db --remote || echo "no migrations to apply"
