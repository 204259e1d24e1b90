resource "cloudflare_workers_kv_namespace" "sessions" {
  account_id = var.account_id
  title      = "shop-prod-sessions"
}

resource "cloudflare_r2_bucket" "uploads" {
  account_id = var.account_id
  name       = "shop-prod-uploads"
}

resource "cloudflare_ai_gateway" "main" {
  account_id                 = var.account_id
  id                         = "shop-prod-main"
  cache_invalidate_on_update = true
  cache_ttl                  = 3600
  collect_logs               = true
  rate_limiting_interval     = 60
  rate_limiting_limit        = 100
  rate_limiting_technique    = "sliding"
}

resource "cloudflare_d1_database" "db" {
  account_id            = var.account_id
  name                  = "shop-prod-db"
  primary_location_hint = "weur"
}
