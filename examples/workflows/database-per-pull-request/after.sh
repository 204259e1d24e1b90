#!/usr/bin/env bash
# `open NUMBER` makes a database for a pull request, `close NUMBER` removes it.
set -euo pipefail
cd "$(dirname "$0")"
branch="branch=pr-$2"
case "$1" in
  open)
    larder run -e preview --set "$branch"
    larder ids -e preview --set "$branch" --out wrangler.preview.toml --yes
    ;;
  close)
    larder destroy -e preview --set "$branch" --with-data --yes
    ;;
esac
