//! How a session with an editor begins, goes on whatever comes, and ends.

use super::super::project::{PLAIN, Project};
use super::{Client, file};
use serde_json::{Value as Json, json};

/// A mistake in its only line.
const WRONG: &str = "kv::ensure(\"A\", #{ jurisdictoin: \"eu\" });\n";

#[test]
fn a_session_shows_what_is_wrong_until_it_is_mended_or_closed() {
    let project = Project::new(PLAIN).recipe("");
    let mut client = Client::of(&project);
    assert_eq!(client.server["serverInfo"]["name"], "larder");
    assert_eq!(client.server["capabilities"]["positionEncoding"], "utf-16");
    let main = file(&project, "recipes/main.rhai");
    client.open(&main, WRONG);
    let shown = client.shown(&main, Some(1));
    assert_eq!(
        shown,
        [json!({
            "range": { "start": { "line": 0, "character": 19 }, "end": { "line": 0, "character": 31 } },
            "severity": 1,
            "code": "arguments",
            "source": "larder",
            "message": "`kv::ensure` has no option `jurisdictoin`\nnote: known options: jurisdiction\nhelp: did you mean `jurisdiction`?",
        })]
    );
    client.replace(&main, 2, "kv::ensure(\"A\");\n");
    assert_eq!(client.shown(&main, Some(2)), [] as [Json; 0]);
    client.replace(&main, 3, WRONG);
    assert_eq!(client.shown(&main, Some(3)), shown);
    client.close(&main);
    assert_eq!(client.shown(&main, None), [] as [Json; 0]);
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn the_end_of_a_session_is_told_by_the_exit_code() {
    let project = Project::new(PLAIN);
    assert_eq!(Client::of(&project).ended().0, Some(1));
    let mut client = Client::of(&project);
    client.tell("exit", &Json::Null);
    assert_eq!(client.ended().0, Some(1));
    assert_eq!(Client::start(&project).ended().0, Some(1));
    let mut client = Client::of(&project);
    client.ask("shutdown", &Json::Null);
    let id = client.begin("textDocument/hover", &json!({}));
    assert_eq!(client.answer(id)["error"]["code"], -32600);
    assert_eq!(client.ended().0, Some(0));
}

#[test]
fn what_can_not_be_understood_ends_nothing() {
    let project = Project::new(PLAIN);
    let mut client = Client::start(&project);
    let early = client.begin("textDocument/hover", &json!({}));
    assert_eq!(client.answer(early)["error"]["code"], -32002);
    client.ask("initialize", &json!({ "capabilities": 3, "processId": [] }));
    client.tell("initialized", &Json::Null);
    client.send_raw(b"no JSON");
    assert_eq!(client.wait(|message| message["id"].is_null())["error"]["code"], -32700);
    client.send(&json!([1, 2]));
    assert_eq!(client.wait(|message| message["id"].is_null())["error"]["code"], -32700);
    let id = client.begin("larder/unknown", &json!({}));
    assert_eq!(client.answer(id)["error"]["code"], -32601);
    client.tell("$/unknown", &json!({}));
    client.tell("textDocument/didOpen", &json!({ "textDocument": 1 }));
    client.tell("textDocument/didChange", &json!({ "textDocument": { "uri": "file:///nowhere", "version": 1 }, "contentChanges": [{ "text": "" }] }));
    assert_eq!(client.end(), (Some(0), String::new()));
}

#[test]
fn half_a_pair_of_utf_16_is_an_unknown_character() {
    let project = Project::new(PLAIN).recipe("");
    let mut client = Client::of(&project);
    let main = file(&project, "recipes/main.rhai");
    let text = r#"let a = \"\ud83d\"; b"#;
    let open = format!(
        r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"{main}","languageId":"rhai","version":1,"text":"{text}"}}}}}}"#
    );
    client.send_raw(open.as_bytes());
    let shown = client.shown(&main, Some(1));
    assert_eq!(shown[0]["range"]["start"]["character"], 13, "{shown:?}");
    assert_eq!(client.end(), (Some(0), String::new()));
}
