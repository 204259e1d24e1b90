//! The page at `/`: the content of the account and its latest requests, as one document that loads nothing else.
//!
//! **Invariant:** everything that came from a request is escaped.

use super::account::Account;
use super::history::RecordedExchange;
use super::reply::{ErrorReply, Reply};
use std::fmt::Write as _;

/// Requests shown, the latest first.
const REQUESTS_SHOWN: usize = 100;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #8884}\
    td{font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere}:root{color-scheme:light dark}";

pub(super) fn show(account: &Account) -> Reply {
    let html = document(account).unwrap_or_else(|failure| {
        format!("<!doctype html><title>Larder local</title><p>{}", escaped(&format!("{:?}", failure.errors)))
    });
    Reply::raw(200, "text/html; charset=utf-8", html)
        .with_header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
        .with_header("cache-control", "no-store")
}

fn document(account: &Account) -> Result<String, ErrorReply> {
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Larder local</title><style>{STYLE}</style>\
         <h1>Local account</h1><p>{}</p><h2>Resources</h2><table><tr><th>Service<th>Kind<th>Name<th>Id",
        escaped(account.id())
    );
    for (service, resource) in account.resources()? {
        let place = resource.jurisdiction.map(|place| format!(" ({place})")).unwrap_or_default();
        let name = escaped(&format!("{}{place}", resource.name));
        let _ = write!(
            html,
            "<tr><td>{service}<td>{}<td>{name}<td>{}",
            escaped(resource.kind),
            escaped(&resource.id)
        );
    }
    html.push_str(
        "</table><h2>Latest requests</h2><table><tr><th>#<th>Request<th>Status<th>Code<th>Changed<th>ms",
    );
    for entry in account.history().iter().rev().take(REQUESTS_SHOWN) {
        html.push_str(&row(entry));
    }
    html.push_str("</table></html>\n");
    Ok(html)
}

fn row(entry: &RecordedExchange) -> String {
    let query = if entry.query.is_empty() { String::new() } else { format!("?{}", entry.query) };
    let request = escaped(&format!("{} {}{query}", entry.method, entry.path));
    let status = entry.status.map_or_else(|| "…".to_owned(), |status| status.to_string());
    let code = entry.code.map(|code| code.to_string()).unwrap_or_default();
    let changed = if entry.changed { "yes" } else { "" };
    let ms = entry
        .answered
        .map(|at| at.saturating_sub(entry.received).as_millis().to_string())
        .unwrap_or_default();
    format!("<tr><td>{}<td>{request}<td>{status}<td>{code}<td>{changed}<td>{ms}", entry.sequence)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_a_request_is_escaped() {
        assert_eq!(escaped("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
    }
}
