use super::*;

/// What the beginning of a text may stand for, and how long that is there.
fn all(text: &str) -> Vec<(Vec<u8>, usize)> {
    let mut found = Vec::new();
    readings(text.as_bytes(), 0, &mut |reading| found.push((reading.bytes().to_vec(), reading.length)));
    found
}

/// `others` are the readings beside the character itself, which comes last.
#[track_caller]
fn check(cases: &[(&str, &[(&str, usize)])]) {
    for (text, others) in cases {
        let itself = (text.as_bytes()[..1].to_vec(), 1);
        let expected: Vec<_> = others
            .iter()
            .map(|(letters, length)| (letters.as_bytes().to_vec(), *length))
            .chain([itself])
            .collect();
        assert_eq!(all(text), expected, "{text}");
    }
}

#[test]
fn percent_signs() {
    check(&[
        ("a", &[]),
        ("%2F", &[("/", 3), ("/", 3)]),
        ("%2", &[]),
        ("%2G", &[]),
        ("%+2", &[]),
        ("%252F", &[("/", 5), ("%", 3), ("%", 3)]),
        ("%25", &[("%", 3), ("%", 3)]),
        ("%262F", &[("&", 3), ("&", 3)]),
        ("%u002F", &[("/", 6)]),
        ("%v002F", &[]),
        ("%uD83D%uDE00", &[("😀", 12)]),
        ("%uD83D", &[]),
        ("%uD83D%xDE00", &[]),
        ("%uD83D%u0041", &[]),
    ]);
    assert_eq!(all("%E4"), [(vec![0xe4], 3), ("ä".into(), 3), (b"%".to_vec(), 1)]);
}

#[test]
fn entities_of_html_once_and_twice() {
    check(&[
        ("&", &[]),
        ("&amp;", &[("&", 5)]),
        ("&amp", &[]),
        ("&lt;", &[("<", 4)]),
        ("&gt;", &[(">", 4)]),
        ("&quot;", &[("\"", 6)]),
        ("&apos;", &[("'", 6)]),
        ("&nbsp;", &[("\u{a0}", 6)]),
        ("&sol;", &[("/", 5)]),
        ("&plus;", &[("+", 6)]),
        ("&amp;lt;", &[("<", 8), ("&", 5)]),
        ("&#38;", &[("&", 5)]),
        ("&#38x", &[("&", 4)]),
        ("&#x26;", &[("&", 6)]),
        ("&#X26;", &[("&", 6)]),
        ("&#xg;", &[]),
        ("&#;", &[]),
        ("&amp;#38;", &[("&", 9), ("&", 5)]),
        ("&amp;#x26;", &[("&", 10), ("&", 5)]),
        ("&#x0000026;", &[("&", 11)]),
        // Seven digits are read.
        ("&#x00000026;", &[("\u{2}", 10)]),
        ("&#128512;", &[("😀", 9)]),
    ]);
}

#[test]
fn backslashes() {
    check(&[
        (r"\", &[]),
        (r"\n", &[("\n", 2)]),
        (r"\r", &[("\r", 2)]),
        (r"\t", &[("\t", 2)]),
        (r"\b", &[("\u{8}", 2)]),
        (r"\f", &[("\u{c}", 2)]),
        (r"\v", &[("\u{b}", 2)]),
        (r"\a", &[("\u{7}", 2)]),
        (r"\e", &[("\u{1b}", 2)]),
        (r"\q", &[]),
        (r"\/", &[("/", 2)]),
        (r"\\n", &[("\\", 2), ("\n", 3)]),
        (r"\\\n", &[("\\", 2), ("\n", 4)]),
        (r#"\\\\""#, &[("\\", 4), ("\\", 2), ("\"", 5)]),
        (r"\\\\\\\\\", &[("\\", 8), ("\\", 4), ("\\", 2), ("\\", 9)]),
        (r"\x2f", &[("/", 4), ("/", 4)]),
        (r"\x2", &[]),
        (r"\057", &[("/", 4)]),
        (r"\176", &[("~", 4)]),
        (r"\477", &[]),
        (r"\389", &[]),
        (r"\3", &[]),
    ]);
    assert_eq!(all(r"\xe4"), [(vec![0xe4], 4), ("ä".into(), 4), (b"\\".to_vec(), 1)]);
}

#[test]
fn characters_by_their_number() {
    check(&[
        (r"\u002f", &[("/", 6)]),
        (r"\u002", &[]),
        (r"\ud83d\ude00", &[("😀", 12)]),
        (r"\\ud83d\\ude00", &[("\\", 2), ("😀", 14)]),
        (r"\ud83d\xde00", &[]),
        (r"\ud83d", &[]),
        (r"\u{2f}", &[("/", 6)]),
        (r"\\u{2f}", &[("\\", 2), ("/", 7)]),
        (r"\u{1f600}", &[("😀", 9)]),
        (r"\u{00002f}", &[("/", 10)]),
        (r"\u{000002f}", &[]),
        (r"\u{}", &[]),
        (r"\u{2f", &[]),
        (r"\U0001f600", &[("😀", 10)]),
        (r"\\U0001f600", &[("\\", 2), ("😀", 11)]),
        (r"\U0001f60", &[]),
        (r"\U1000002f", &[]),
    ]);
}

#[test]
fn blanks_mail_and_quotes() {
    check(&[
        ("+", &[(" ", 1)]),
        ("=2F", &[("/", 3)]),
        ("=2", &[]),
        (r"'\''", &[("'", 4)]),
        (r#"'"'"'"#, &[("'", 5)]),
        ("''", &[("'", 2)]),
        ("'", &[]),
        ("\"\"", &[("\"", 2)]),
        ("\"\"a", &[("\"", 2)]),
        ("\"", &[]),
    ]);
}

#[test]
fn only_what_may_be_something_else_is_a_mark() {
    let marks: Vec<u8> = (0..=255).filter(|byte| is_mark(*byte)).collect();
    assert_eq!(String::from_utf8(marks).unwrap(), "\"%&'+=\\");
}

#[test]
fn a_break_of_lines_is_as_long_as_its_blanks_and_its_writing() {
    for (text, at, length) in [
        ("ab", 1, 0),
        ("a b", 1, 0),
        ("ab\n  c", 2, 3),
        ("\r\n\tc", 0, 3),
        ("\n\n \t c", 0, 5),
        (r"\r\nc", 0, 4),
        ("%0D%0A c", 0, 7),
        ("&#10;c", 0, 5),
        ("\n", 0, 1),
        ("\n", 1, 0),
    ] {
        assert_eq!(fold(text.as_bytes(), at), length, "{text:?}");
    }
}
