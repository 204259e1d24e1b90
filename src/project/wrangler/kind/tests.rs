//! Reading and writing the bindings that services declare.

use super::{BindingForm, BindingKinds, Entries};
use crate::project::wrangler::Format::{Json, Toml};
use crate::project::wrangler::tests::diff;
use crate::project::wrangler::{IdEdit, WranglerFile, write_ids};
use std::path::Path;

#[test]
fn a_list_is_foreign_until_a_service_has_it() {
    const fn form(path: &'static [&'static str]) -> BindingForm {
        let (name_field, id_field) = (Some("queue"), Some("id"));
        BindingForm {
            path,
            entries: Entries::List,
            name_field,
            id_field,
            fields: &[],
            described_in: None,
            needs: None,
            deployed: None,
        }
    }
    const QUEUES: &BindingForm = &form(&["queues", "producers"]);
    const HYPERDRIVE: &BindingForm = &form(&["hyperdrive"]);
    let text = r#"{
      "queues": { "producers": [{ "binding": "Q", "queue": "jobs" }] },
      "hyperdrive": [{ "binding": "H", "id": "u" }],
      "pipelines": [{ "binding": "P" }],
    }"#;
    let read = |kinds: BindingKinds| {
        let file = WranglerFile::parse(Path::new("wrangler.json"), "wrangler.json", text, &kinds).unwrap();
        let worker = file.worker(None).unwrap();
        let bound = worker.bindings.iter().map(|one| (one.kind.as_str(), one.kind.is_provisioned()));
        let others: Vec<String> = worker.others.iter().map(|one| one.what.clone()).collect();
        (bound.collect::<Vec<_>>(), others)
    };
    assert_eq!(
        read(BindingKinds::new([])),
        (vec![("queue", false)], vec!["hyperdrive".to_owned(), "pipelines".to_owned()])
    );
    let services = [("queues", QUEUES), ("hyperdrive", HYPERDRIVE)];
    let ours = vec![("queues", true), ("hyperdrive", true)];
    assert_eq!(read(BindingKinds::new(services)), (ours, vec!["pipelines".to_owned()]));
}

#[test]
fn a_kind_of_which_a_worker_has_one_is_a_table() {
    const MAIL: &BindingForm = &BindingForm {
        path: &["post", "mail"],
        entries: Entries::One,
        name_field: Some("box"),
        id_field: Some("id"),
        fields: &[],
        described_in: None,
        needs: None,
        deployed: None,
    };
    let kinds = BindingKinds::new([("mail", MAIL)]);
    let kind = kinds.of_service("mail").unwrap();
    let edit =
        |binding: &str| IdEdit { kind, binding: binding.into(), field: "id".into(), value: "u".into() };
    let cases = [
        ("wrangler.toml", Toml, "[post.mail]\nbinding = \"M\" # mine\nbox = \"b\"\n", "+id = \"u\"\n"),
        (
            "wrangler.toml",
            Toml,
            "post.mail = { binding = \"M\", box = \"b\" }\n",
            "-post.mail = { binding = \"M\", box = \"b\" }\n+post.mail = { binding = \"M\", box = \"b\", id = \"u\" }\n",
        ),
        (
            "wrangler.json",
            Json,
            "{ \"post\": { \"mail\": { \"binding\": \"M\", \"box\": \"b\" } } }",
            "-{ \"post\": { \"mail\": { \"binding\": \"M\", \"box\": \"b\" } } }\n+{ \"post\": { \"mail\": { \"binding\": \"M\", \"box\": \"b\", \"id\": \"u\" } } }\n",
        ),
    ];
    for (name, format, text, expected) in cases {
        let worker = WranglerFile::parse(Path::new(name), name, text, &kinds).unwrap().worker(None).unwrap();
        let [bound] = &worker.bindings[..] else { panic!("{:?}", worker.bindings) };
        assert_eq!(
            (bound.binding.as_str(), bound.name.as_deref(), bound.id.as_deref()),
            ("M", Some("b"), None)
        );
        assert_eq!(diff(text, format, None, &[edit("M")]), expected);
        let refused = write_ids(text, format, None, &[edit("OTHER")]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`id` of the binding `OTHER` could not be written into the wrangler config"
        );
    }
    for (text, format) in [("", Toml), ("{}", Json)] {
        let name = if format == Toml { "wrangler.toml" } else { "wrangler.json" };
        let written = write_ids(text, format, None, &[edit("M")]).unwrap();
        let worker =
            WranglerFile::parse(Path::new(name), name, &written, &kinds).unwrap().worker(None).unwrap();
        assert_eq!(worker.bindings[0].id.as_deref(), Some("u"), "{written}");
    }
    let list = "[[post.mail]]\nbinding = \"M\"\n";
    let file = WranglerFile::parse(Path::new("wrangler.toml"), "wrangler.toml", list, &kinds).unwrap();
    let wrong = file.worker(None).unwrap_err();
    assert!(wrong.to_string().starts_with("error: `post.mail` must be a table, found a list"), "{wrong}");
}
