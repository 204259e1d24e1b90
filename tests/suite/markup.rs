//! A report file as the program that opens it sees it: elements, attributes and text, read by a parser of XML.
//!
//! The page is read by it, too: it closes every element but `meta` and quotes every attribute, so that the rules of HTML
//! and of XML find the same in it.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// An element.
#[derive(Debug)]
pub struct Node {
    pub depth: usize,
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// What stands in it, without what stands in its children.
    pub text: String,
}

/// The elements of a file in order; a file that is not well-formed fails the test.
#[track_caller]
pub fn parsed(text: &str) -> Vec<Node> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let said = match reader.read_event().unwrap() {
            Event::Start(start) => {
                nodes.push(node(&start, open.len()));
                if nodes.last().unwrap().name != "meta" {
                    open.push(nodes.len() - 1);
                }
                continue;
            }
            Event::Empty(start) => {
                nodes.push(node(&start, open.len()));
                continue;
            }
            Event::End(end) => {
                let opened = open.pop().unwrap();
                assert_eq!(nodes[opened].name.as_bytes(), end.name().as_ref());
                continue;
            }
            Event::Text(text) => text.decode().unwrap().into_owned(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(c) => c.to_string(),
                None => resolve_predefined_entity(&reference.decode().unwrap()).unwrap().to_owned(),
            },
            Event::Decl(_) | Event::DocType(_) => {
                assert!(nodes.is_empty());
                continue;
            }
            Event::Eof => break,
            other => panic!("{other:?}"),
        };
        match open.last() {
            Some(at) => nodes[*at].text += &said,
            None => assert_eq!(said.trim(), "", "text outside every element"),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    nodes
}

fn node(start: &BytesStart, depth: usize) -> Node {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        (
            text(attribute.key.as_ref()),
            attribute.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned(),
        )
    });
    Node { depth, name: text(start.name().as_ref()), attributes: attributes.collect(), text: String::new() }
}

#[test]
fn what_is_no_markup_is_read_as_text_and_what_is_one_as_an_element() {
    let nodes = parsed("<!doctype html>\n<a b=\"x &lt;y&gt; &#39;\"><meta c=\"\">1 &amp; <i>2</i>3</a>\n");
    let names: Vec<(&str, usize, &str)> =
        nodes.iter().map(|node| (node.name.as_str(), node.depth, node.text.as_str())).collect();
    assert_eq!(names, [("a", 0, "1 & 3"), ("meta", 1, ""), ("i", 1, "2")]);
    assert_eq!(nodes[0].attributes, [("b".to_owned(), "x <y> '".to_owned())]);
    for wrong in ["<a><b></a>", "<a>", "<a>&x;</a>", "<a b=c></a>"] {
        assert!(std::panic::catch_unwind(|| parsed(wrong)).is_err(), "{wrong}");
    }
}
