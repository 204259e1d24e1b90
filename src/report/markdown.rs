//! A page of Markdown in the columns of a terminal: headings, text, lists, code and tables, in plain characters.
//!
//! Headings and table headers are bold where the terminal takes that. Pictures and comments are left out. Code is never broken.

mod table;

use super::text_style::{BOLD, paint};
use crate::escape::wrap::wrapped;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use table::Table;

/// Code stands behind so many blanks.
const CODE_INDENT: usize = 4;

/// A page as it is printed.
#[derive(Default)]
pub struct Printed {
    pub text: String,
    /// Where its links lead, in order, each once.
    pub links: Vec<String>,
}

/// The page, in lines of at most so many columns where its words allow that.
pub fn printed(page: &str, columns: usize) -> Printed {
    let mut writer = Writer { columns, ..Writer::default() };
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        writer.take(event);
    }
    writer.printed
}

#[derive(Default)]
struct Writer {
    columns: usize,
    printed: Printed,
    /// Text that is not printed yet: of a paragraph, a heading, an item or a cell.
    inline: String,
    /// What stands before the next line, as the mark of an item.
    mark: Option<String>,
    /// The number of the next item of each list that is open, where it has numbers.
    lists: Vec<Option<u64>>,
    /// The columns that the marks of open items take.
    indents: Vec<usize>,
    table: Option<Table>,
    code: Option<String>,
    is_in_picture: bool,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None if self.is_in_picture => {}
                None => self.inline.push_str(&text),
            },
            Event::Code(code) => self.inline = format!("{}`{code}`", self.inline),
            Event::SoftBreak => self.inline.push(' '),
            Event::HardBreak => self.inline.push('\n'),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph if self.mark.is_none() => self.gap(),
            Tag::Heading { .. } => self.gap(),
            Tag::CodeBlock(_) => {
                self.flush();
                self.gap();
                self.code = Some(String::new());
            }
            Tag::Table(_) => {
                self.gap();
                self.table = Some(Table::default());
            }
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Strong => self.inline = format!("{}{}", self.inline, BOLD.render()),
            Tag::Link { dest_url, .. } if !self.printed.links.iter().any(|link| **link == *dest_url) => {
                self.printed.links.push(dest_url.to_string());
            }
            Tag::Image { .. } => self.is_in_picture = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::Item => {
                self.flush();
                self.indents.pop();
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(table) = &mut self.table {
                    table.add(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.printed.text.push_str(&table.drawn(self.columns));
                }
            }
            TagEnd::Strong => self.inline = format!("{}{}", self.inline, BOLD.render_reset()),
            TagEnd::Image => self.is_in_picture = false,
            _ => {}
        }
    }

    /// One blank line between two blocks.
    fn gap(&mut self) {
        let text = &mut self.printed.text;
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
    }

    fn item(&mut self) {
        self.flush();
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        };
        let indent = self.indent();
        self.indents.push(mark.len());
        self.mark = Some(format!("{:indent$}{mark}", ""));
    }

    /// The columns that the open items take.
    fn indent(&self) -> usize {
        self.indents.iter().sum()
    }

    fn flush(&mut self) {
        if self.inline.is_empty() {
            return;
        }
        let inline = std::mem::take(&mut self.inline);
        let indent = self.indent();
        let before = self.mark.take().unwrap_or_else(|| " ".repeat(indent));
        let lines = wrapped(&inline, self.columns, indent, indent);
        self.printed.text = format!("{}{before}{lines}\n", self.printed.text);
    }

    fn heading(&mut self, level: HeadingLevel) {
        let title = std::mem::take(&mut self.inline);
        let line = match level {
            HeadingLevel::H1 => "=".repeat(table::width(&title)) + "\n",
            HeadingLevel::H2 => "-".repeat(table::width(&title)) + "\n",
            _ => String::new(),
        };
        self.printed.text = format!("{}{}\n{line}", self.printed.text, paint(BOLD, &title));
    }

    fn code_block(&mut self) {
        let indent = self.indent() + CODE_INDENT;
        for line in self.code.take().unwrap_or_default().lines() {
            let line = format!("{:indent$}{line}", "");
            self.printed.text.push_str(line.trim_end());
            self.printed.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(page: &str, columns: usize) -> String {
        anstream::adapter::strip_str(&printed(page, columns).text).to_string()
    }

    #[test]
    fn a_page_is_laid_out_in_its_columns() {
        let page = "# Plans\n\nEvery run is **planned** before\nit writes, with `larder plan`.\n\n## What it shows\n\n\
                    - `+` create, and more than fits into one line of it\n- two\n\n1. a\n2. b\n   - inner\n\n\
                    <!-- mark -->\n```sh\nlarder plan -e dev --local --out a-very-long-name.json\n```\n\n![x](y.png)\n";
        let expected = "\
Plans
=====

Every run is planned before it
writes, with `larder plan`.

What it shows
-------------

- `+` create, and more than fits
  into one line of it
- two

1. a
2. b
   - inner

    larder plan -e dev --local --out a-very-long-name.json
";
        assert_eq!(plain(page, 32).trim_end(), expected.trim_end());
    }

    #[test]
    fn links_are_told_apart_from_their_words() {
        let printed = printed("See [plans](plans.md), [again](plans.md) and [it](https://a.test/).", 80);
        assert_eq!(printed.text, "See plans, again and it.\n");
        assert_eq!(printed.links, ["plans.md", "https://a.test/"]);
    }

    #[test]
    fn a_table_fits_or_becomes_records() {
        let page = "| code | meaning |\n|---|---|\n| 0 | everything asked was done |\n| 1 | failed |\n";
        let wide = "code  meaning\n0     everything asked was done\n1     failed\n";
        assert_eq!(plain(page, 40), wide);
        let narrow = "code  meaning\n0     everything\n      asked was\n      done\n1     failed\n";
        assert_eq!(plain(page, 16), narrow);
        let records =
            "code: 0\n  meaning:\n    `everything asked`\n    was done\ncode: 1\n  meaning: failed\n";
        let page = page.replace("everything asked", "`everything asked`");
        assert_eq!(plain(&page, 20), records);
    }
}
