//! `docs/editors.md` is true: what it has editors read can be read, and the server that it has them start answers.

use super::super::project::{PLAIN, Project};
use super::super::source_tree::read;
use super::Client;
use serde_json::{Value as Json, json};

/// The blocks of one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let page = read("docs/editors.md");
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_setting_can_be_read_and_names_the_server() {
    let json: Vec<Json> = blocks("json").iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(json[0]["glspc.server.command"], "larder");
    assert_eq!(json[0]["glspc.server.commandArguments"], json!(["lsp"]));
    let toml: Vec<toml::Table> = blocks("toml").iter().map(|text| text.parse().unwrap()).collect();
    let helix = &toml[0]["language-server"]["larder"];
    assert_eq!((helix["command"].as_str(), helix["args"][0].as_str()), (Some("larder"), Some("lsp")));
    assert!(toml[1]["language_servers"]["larder"]["languages"].as_array().unwrap().len() == 2);
    assert_eq!(blocks("lua").len(), 1);
    assert!(blocks("lua")[0].contains("cmd = { \"larder\", \"lsp\" }"));
}

#[test]
fn the_server_can_what_the_page_says() {
    let project = Project::new(PLAIN);
    let client = Client::of(&project);
    let can = client.server["capabilities"].as_object().unwrap();
    let mut can: Vec<&str> = can.keys().map(String::as_str).collect();
    can.sort_unstable();
    assert_eq!(
        can,
        [
            "completionProvider",
            "definitionProvider",
            "documentFormattingProvider",
            "documentSymbolProvider",
            "hoverProvider",
            "positionEncoding",
            "signatureHelpProvider",
            "textDocumentSync",
            "workspace",
        ]
    );
    assert_eq!(client.end(), (Some(0), String::new()));
}
