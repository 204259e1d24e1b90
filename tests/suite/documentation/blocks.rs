//! The code blocks of a page, with the marks that stand before them.

/// A fenced block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// The line after its closing fence.
    pub end: usize,
    /// What stands behind the fence.
    pub language: String,
    pub text: String,
    /// The comments right before it, `<!-- like this -->`.
    pub marks: Vec<String>,
    /// The line of text above it.
    pub above: String,
    /// Whether nothing but blank lines stands between the block before and this one.
    pub follows: bool,
}

/// All of them, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut open, mut marks, mut follows) = (None::<Block>, Vec::new(), false);
    let mut above = "";
    for (number, line) in page.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        if let Some(block) = &mut open {
            if line.trim() == "```" {
                block.end = number + 1;
                found.extend(open.take());
                follows = true;
            } else {
                block.text += line;
                block.text.push('\n');
            }
        } else if let Some(language) = line.trim_start().strip_prefix("```") {
            let (language, marks) = (language.to_owned(), std::mem::take(&mut marks));
            let above = above.to_owned();
            open = Some(Block { line: number, language, marks, above, follows, ..Block::default() });
        } else if let Some(mark) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            marks.push(mark.to_owned());
            follows = false;
        } else if !line.is_empty() {
            marks.clear();
            (above, follows) = (line, false);
        }
    }
    assert!(open.is_none(), "a block without an end: {open:?}");
    found
}

#[test]
fn blocks_have_their_marks_and_know_what_they_follow() {
    let page = "text\n<!-- file a.toml -->\n```toml\na = 1\n```\n\n```sh\nls\n```\nmore\n```text\nx\n```\n";
    let found = blocks(page);
    let seen: Vec<_> = found.iter().map(|one| (one.line, one.end, &*one.language, one.follows)).collect();
    assert_eq!(seen, [(3, 6, "toml", false), (7, 10, "sh", true), (11, 14, "text", false)]);
    assert_eq!((&*found[0].marks, &*found[0].text), (&["file a.toml".to_owned()][..], "a = 1\n"));
    assert_eq!(found[1].marks, Vec::<String>::new());
}
