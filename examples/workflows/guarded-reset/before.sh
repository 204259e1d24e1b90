#!/usr/bin/env bash
# Drops every table of a database and begins anew; never in production.
set -euo pipefail
cd "$(dirname "$0")"
env="$1"
if [ "$env" = production ]; then
  echo "not in production" >&2
  exit 1
fi
read -r -p "Reset shop-$env-db? Type the name of the environment: " answer
[ "$answer" = "$env" ] || exit 1
for table in $(npx wrangler d1 execute "shop-$env-db" --remote --json \
  --command "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'" |
  jq -r '.[0].results[].name'); do
  npx wrangler d1 execute "shop-$env-db" --remote --yes --command "DROP TABLE \"$table\""
done
npx wrangler d1 migrations apply "shop-$env-db" --remote
npx wrangler d1 execute "shop-$env-db" --remote --yes --file seed.sql
