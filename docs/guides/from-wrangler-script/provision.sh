#!/usr/bin/env bash
for name in SESSIONS CACHE; do
  npx wrangler kv namespace create "$name" || echo "exists"
  id=$(npx wrangler kv namespace list | jq -r ".[] | select(.title == \"$name\") | .id")
  sed -i "s/REPLACE_WITH_$name/$id/" wrangler.toml
done
npx wrangler r2 bucket create shop-uploads || echo "exists"
npx wrangler vectorize create shop-docs --dimensions=768 --metric=cosine || echo "exists"
npx wrangler d1 create shop-db || echo "exists"
uuid=$(npx wrangler d1 list --json | jq -r '.[] | select(.name == "shop-db") | .uuid')
sed -i "s/REPLACE_WITH_DB/$uuid/" wrangler.toml
npx wrangler d1 migrations apply shop-db --remote || echo "nothing to apply"
npx wrangler deploy
