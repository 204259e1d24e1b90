//! A recipe that is laid out is the same recipe, to a reader of comments and to the engine, and is laid out.

use larder::script::format::format;
use larder::script::lex::{self, TokenKind};
use larder::system::{Environment, files};
use proptest::prelude::*;
use regex::Regex;
use std::path::{Path, PathBuf};

/// The tokens and what stands in texts between them; at the end of a comment nobody sees a blank.
fn told(source: &str) -> Vec<String> {
    let mut told = Vec::new();
    let (mut depth, mut end) = (0usize, 0);
    for token in lex::tokens(source) {
        if depth > 0 {
            told.push(source[end..token.span.start].to_owned());
        }
        depth = match token.kind {
            TokenKind::TextStart => depth + 1,
            TokenKind::TextEnd => depth.saturating_sub(1),
            _ => depth,
        };
        end = token.span.end;
        let text = token.text(source);
        told.push(if token.kind == TokenKind::Comment { text.trim_end() } else { text }.to_owned());
    }
    told
}

fn laid_out(source: &str) -> String {
    let laid = format(source);
    assert_eq!(told(&laid), told(source.strip_prefix('\u{feff}').unwrap_or(source)), "{source}");
    assert_eq!(format(&laid), laid, "{source}");
    laid
}

/// What the engine makes of a text, without the places.
fn parsed(source: &str) -> Option<String> {
    let mut engine = rhai::Engine::new_raw();
    engine.set_optimization_level(rhai::OptimizationLevel::None).set_max_expr_depths(0, 0);
    let tree = format!("{:?}", engine.compile(source).ok()?);
    // Closures are called after their places, and stand in the order of a hash.
    let tree = Regex::new(r"\b\d+:\d+\b|anon\$[0-9a-f]+").unwrap().replace_all(&tree, "").into_owned();
    let tree = Regex::new(r", (\([^()]*\): \[)")
        .unwrap()
        .replace_all(tree.trim_end_matches(" }"), "\n$1")
        .into_owned();
    let mut functions: Vec<&str> = tree.split('\n').collect();
    functions[1..].sort_unstable();
    Some(functions.concat())
}

#[test]
fn a_recipe_is_laid_out_and_nothing_else_changes() {
    for (source, expected) in [
        ("", ""),
        ("\n \n\t", ""),
        ("\u{feff}\n\nlet a = 1; \t\n\n\n\nlet b = 2;", "let a = 1;\n\nlet b = 2;\n"),
        (
            "step(\"a\", || {\n  // why \nlet x = [\n1,   // kept\n];\n});",
            "step(\"a\", || {\n    // why\n    let x = [\n        1,   // kept\n    ];\n});\n",
        ),
        (
            "let y =\nx\n.map(|one| {\none })\n.len();",
            "let y =\n    x\n    .map(|one| {\n        one })\n    .len();\n",
        ),
        ("let t = `\n  a ${ x\n }\n   b`;\n", "let t = `\n  a ${ x\n }\n   b`;\n"),
        ("/* a\n  b */\r\nf(\r\n1)", "/* a\n  b */\nf(\n    1)\n"),
        ("  let a = \"b\n", "  let a = \"b\n"),
        ("  /* a\n", "  /* a\n"),
    ] {
        assert_eq!(laid_out(source), expected, "{source:?}");
    }
}

/// Every recipe of the repository, and those in the folder that `LARDER_SCRIPTS` names.
#[test]
fn every_script_is_the_same_to_the_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let more = Environment::of_process().get("LARDER_SCRIPTS").map(PathBuf::from);
    let folders = ["recipes", "stdlib", "examples", "docs", "tests"].map(|name| root.join(name));
    let mut seen = 0;
    for folder in folders.into_iter().chain(more) {
        let scripts = files::walk(&folder).unwrap();
        for path in scripts.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rhai")) {
            let text = files::read_text(&folder.join(path), 1 << 20).unwrap();
            let laid = laid_out(&text);
            assert_eq!(parsed(&laid), parsed(&text), "{}", path.display());
            seen += usize::from(parsed(&text).is_some());
        }
    }
    assert!(seen > 15, "{seen}");
}

proptest! {
    #[test]
    fn no_text_loses_anything(text in r#"([a-z1]|[ \n\t]|[(){}\[\]]|#\{|`|\$\{|"|'|//|/\*|\*/|[.,;=+|&]|=>|\|\|){0,40}"#) {
        let laid = laid_out(&text);
        prop_assert_eq!(parsed(&laid), parsed(&text));
    }
}
