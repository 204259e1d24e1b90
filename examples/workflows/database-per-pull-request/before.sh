#!/usr/bin/env bash
# `open NUMBER` makes a database for a pull request, `close NUMBER` removes it.
set -euo pipefail
cd "$(dirname "$0")"
name="shop-pr-$2"
case "$1" in
  open)
    npx wrangler d1 create "$name" || true
    uuid=$(npx wrangler d1 list --json | jq -r ".[] | select(.name == \"$name\") | .uuid")
    sed -e "s/database_name = .*/database_name = \"$name\"/" -e "s/database_id = .*/database_id = \"$uuid\"/" \
      wrangler.toml > wrangler.preview.toml
    npx wrangler d1 migrations apply "$name" --remote --config wrangler.preview.toml
    ;;
  close)
    npx wrangler d1 delete "$name" --skip-confirmation || true
    ;;
esac
