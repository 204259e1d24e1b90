#!/bin/sh
# What the project of the benchmark asks for, as a job calls wrangler: what exists already is an error that the job ignores.
# `wrangler-job.sh WRANGLER`, in a folder with `wrangler.jsonc`, `names` and `migrations`.
wrangler=$1
while read -r kind name; do
  case $kind in
    kv) "$wrangler" kv namespace create "$name" || echo "$name exists" ;;
    r2) "$wrangler" r2 bucket create "$name" || echo "$name exists" ;;
    vectorize) "$wrangler" vectorize create "$name" --dimensions 768 --metric cosine || echo "$name exists" ;;
    # wrangler has no command for it.
    ai_gateway)
      curl --silent --header "authorization: Bearer $CLOUDFLARE_API_TOKEN" --json \
        "{\"id\":\"$name\",\"cache_ttl\":3600,\"cache_invalidate_on_update\":false,\"collect_logs\":true,\"rate_limiting_interval\":0,\"rate_limiting_limit\":0,\"rate_limiting_technique\":\"fixed\"}" \
        "$CLOUDFLARE_API_BASE_URL/accounts/$CLOUDFLARE_ACCOUNT_ID/ai-gateway/gateways" || echo "$name exists"
      ;;
    d1) "$wrangler" d1 create "$name" || echo "$name exists" ;;
  esac
done <names
exec "$wrangler" d1 migrations apply DB --remote
