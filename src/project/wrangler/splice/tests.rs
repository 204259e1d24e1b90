use crate::project::fixture::kind;
use crate::project::wrangler::Format::{Json, Toml};
use crate::project::wrangler::{IdEdit, write_ids};

#[test]
fn bytes_around_a_field_stay_whatever_they_are() {
    let id = [IdEdit { kind: kind("kv"), binding: "A".into(), field: "id".into(), value: "n".into() }];
    for (before, after) in [
        // No final line break.
        ("[[kv_namespaces]]\nbinding = \"A\"\nid = \"o\"", "[[kv_namespaces]]\nbinding = \"A\"\nid = \"n\""),
        ("[[kv_namespaces]]\nbinding = \"A\"", "[[kv_namespaces]]\nbinding = \"A\"\nid = \"n\""),
        ("[[kv_namespaces]]\r\nbinding = \"A\"", "[[kv_namespaces]]\r\nbinding = \"A\"\r\nid = \"n\""),
        // Line breaks of both kinds, in any order.
        (
            "x = 1\r\n[[kv_namespaces]]\nid = \"o\"\r\nbinding = \"A\"\n\r\n",
            "x = 1\r\n[[kv_namespaces]]\nid = \"n\"\r\nbinding = \"A\"\n\r\n",
        ),
        (
            "x = 1\n[[kv_namespaces]]\nbinding = \"A\"\r\ny = 2\n",
            "x = 1\n[[kv_namespaces]]\nbinding = \"A\"\r\ny = 2\nid = \"n\"\n",
        ),
        // Indented, aligned, commented.
        (
            "  [[kv_namespaces]]\n\t  binding  =  'A'  # \"id\"\n# id = \"x\"\n",
            "  [[kv_namespaces]]\n\t  binding  =  'A'  # \"id\"\n\t  id = \"n\"\n# id = \"x\"\n",
        ),
        (
            "[[kv_namespaces]]\nbinding = \"A\"\n\tid\t=\t'o'\t# o\n",
            "[[kv_namespaces]]\nbinding = \"A\"\n\tid\t=\t\"n\"\t# o\n",
        ),
        // Lists of inline tables.
        (
            "kv_namespaces=[{binding=\"A\"},{binding=\"B\",id=\"o\"}]",
            "kv_namespaces=[{binding=\"A\", id = \"n\"},{binding=\"B\",id=\"o\"}]",
        ),
        (
            "kv_namespaces = [\r\n  { binding = \"A\" , id = \"o\" } , # a\n]",
            "kv_namespaces = [\r\n  { binding = \"A\" , id = \"n\" } , # a\n]",
        ),
        (
            "[[kv_namespaces]]\nbinding = \"A\"\n[kv_namespaces.more]\nx = 1\n",
            "[[kv_namespaces]]\nbinding = \"A\"\nid = \"n\"\n[kv_namespaces.more]\nx = 1\n",
        ),
        (
            "[[kv_namespaces]]\nmore.x = 1\nbinding = \"A\"\n",
            "[[kv_namespaces]]\nmore.x = 1\nbinding = \"A\"\nid = \"n\"\n",
        ),
    ] {
        assert_eq!(write_ids(before, Toml, None, &id).unwrap(), after, "{before:?}");
        let marked = write_ids(&format!("\u{feff}{before}"), Toml, None, &id).unwrap();
        assert_eq!(marked, format!("\u{feff}{after}"));
    }
    for (before, after) in [
        (
            "{\"kv_namespaces\":[{\"binding\":\"A\"}]}",
            "{\"kv_namespaces\":[{\"binding\":\"A\", \"id\": \"n\"}]}",
        ),
        (
            "{\"kv_namespaces\":[{\"id\":null,\"binding\":\"A\"}]}",
            "{\"kv_namespaces\":[{\"id\":\"n\",\"binding\":\"A\"}]}",
        ),
        (
            "{\r\n\"kv_namespaces\": [\n\t{\r\n\t\t\"binding\": \"A\" // a, b\n\t}\r\n]\n}",
            "{\r\n\"kv_namespaces\": [\n\t{\r\n\t\t\"binding\": \"A\", // a, b\n\t\t\"id\": \"n\"\n\t}\r\n]\n}",
        ),
        (
            "{\"kv_namespaces\": [\n  {\n    \"binding\": \"A\" /* , */, // b\r\n  },\n]}",
            "{\"kv_namespaces\": [\n  {\n    \"binding\": \"A\" /* , */, // b\r\n    \"id\": \"n\",\r\n  },\n]}",
        ),
        (
            "{\"kv_namespaces\": [ {\n  \"binding\": \"A\" } ]}",
            "{\"kv_namespaces\": [ {\n  \"binding\": \"A\", \"id\": \"n\" } ]}",
        ),
        (
            "{\"kv_namespaces\": [{ \"binding\": \"A\", }]}",
            "{\"kv_namespaces\": [{ \"binding\": \"A\", \"id\": \"n\", }]}",
        ),
    ] {
        assert_eq!(write_ids(before, Json, None, &id).unwrap(), after, "{before:?}");
    }
}
