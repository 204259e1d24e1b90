//! The paths that ops of services read or write.

use crate::services::SERVICES;

/// Whether a path below the account is that of an endpoint of a service, or lies above one: what a recipe writes there, the
/// functions of that service may read.
pub(super) fn is_of_service(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let endpoints = SERVICES.iter().flat_map(|service| service.ops).flat_map(|op| op.endpoints);
    endpoints.filter_map(|endpoint| endpoint.path.strip_prefix("/accounts/{account_id}/")).any(|template| {
        let template: Vec<&str> = template.split('/').collect();
        let fits = |(given, want): (&&str, &&str)| want.starts_with('{') || given == want;
        segments.len() <= template.len() && segments.iter().zip(&template).all(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_services_read_is_known_by_its_path() {
        for path in [
            "/r2/buckets",
            "/r2",
            "/r2/buckets/logs",
            "/storage/kv/namespaces/0/values/k",
            "/storage/kv/namespaces/0/bulk",
            "/d1/database/0/query",
            "/ai-gateway/gateways/g",
        ] {
            assert!(is_of_service(path), "{path}");
        }
        for path in
            ["/queues", "/r2/buckets/logs/lifecycle", "/r2/buckets/logs/cors", "/d1/database/0/x", "/r3"]
        {
            assert!(!is_of_service(path), "{path}");
        }
    }
}
