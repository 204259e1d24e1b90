//! Keys and values of a namespace, put by one tool and read by the other.

use super::order::{alike, end, names};
use crate::project::Project;
use crate::ran::Part;

const CONFIG: &str = "{ \"name\": \"shop\", \"kv_namespaces\": [{ \"binding\": \"CACHE\" }] }";
const PROJECT: &str = "app = \"shop\"\nrecipe = \"entries\"\n[environments.top]\nwrangler_env = \"\"\n";

fn project(recipe: &str) -> Project {
    Project::empty()
        .file("wrangler.jsonc", CONFIG)
        .file("larder.toml", &format!("wrangler = \"wrangler.jsonc\"\n{PROJECT}"))
        .file("recipes/entries.rhai", recipe)
        .file(
            "bulk.json",
            r#"[{ "key": "a/b c", "value": "x" }, { "key": "limits", "value": "5", "metadata": { "by": "ci" }, "expiration_ttl": 3600 }]"#,
        )
        .env("LARDER_ENV", "top")
        .served()
}

/// `ensure_entries` compares values, and leaves metadata and expiration as they are.
#[test]
fn entries_with_metadata_and_expiration() {
    let _part = Part::begin("both tools: entries");
    let ensure = "let ns = kv::ensure(\"shop-cache\");\nns.ensure_entries(#{ \"a/b c\": \"x\", limits: \"5\" });\n\
                  let limits = ns.keys().find(|key| key.name == \"limits\");\n\
                  if limits.metadata.by != \"ci\" { fail(`metadata: ${limits}`); }\n\
                  if limits.expiration <= 0 { fail(`expiration: ${limits}`); }\n";
    let put = "let ns = kv::ensure(\"shop-cache\");\n\
               ns.put_all(#{ \"a/b c\": \"x\", limits: #{ value: \"5\", ttl: 3600, metadata: #{ by: \"ci\" } } });\n";
    let by_larder = project(ensure).file("recipes/put.rhai", put);
    let end = alike(vec![
        end(
            &project(ensure),
            "
            0 wrangler kv namespace create shop-cache --binding CACHE
            0 wrangler kv bulk put --binding CACHE --remote bulk.json
            0 larder run
            ",
        ),
        end(
            &project(ensure),
            "
            0 wrangler kv namespace create shop-cache --binding CACHE
            0 wrangler kv key put --binding CACHE --remote 'a/b c' x
            0 wrangler kv key put --binding CACHE --remote limits 4 --ttl 3600 --metadata '{\"by\":\"ci\"}'
            0 larder run | 1 updated
            ",
        ),
        end(
            &by_larder,
            "
            0 larder run put
            0 larder ids --write --yes --recipe put
            0 wrangler kv key get --binding CACHE --remote --text 'a/b c' | x
            0 wrangler kv key list --binding CACHE --remote | \"by\": \"ci\"
            0 larder run
            ",
        ),
    ]);
    assert_eq!(names(&end), ["kv shop-cache"]);
}

/// What wrangler has deleted or changed is put back, and nothing else is touched.
#[test]
fn entries_that_wrangler_changes() {
    let _part = Part::begin("both tools: entries that change");
    let project = project("kv::ensure(\"shop-cache\").ensure_entries(#{ one: \"1\", two: \"2\" });\n");
    let end = alike(vec![end(
        &project,
        "
        0 larder run
        0 larder ids --write --yes
        0 wrangler kv key put --binding CACHE --remote three 3
        0 wrangler kv key delete --binding CACHE --remote two
        0 larder run | 1 updated
        0 wrangler kv key get --binding CACHE --remote --text two | 2
        ",
    )]);
    assert_eq!(end[0].2.to_string().matches("\"three\"").count(), 1, "{}", end[0].2);
}
