//! Parses `multipart/form-data` bodies in memory. The maintained parsers are asynchronous, and a handler runs
//! inside a synchronous transaction.

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    pub name: String,
    /// As sent.
    pub body: &'a [u8],
}

/// The parts of a form in order; `None` when the content type is not a form's, or the body breaks off.
pub fn parts<'a>(content_type: Option<&str>, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (kind, parameters) = content_type?.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&delimiter.as_bytes()[2..])?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = position(rest, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&rest[..head_end]).ok()?;
        rest = &rest[head_end + 4..];
        let end = position(rest, delimiter.as_bytes())?;
        found.push(Part { name: name(head)?, body: &rest[..end] });
        rest = &rest[end + delimiter.len()..];
    }
    Some(found)
}

fn name(head: &str) -> Option<String> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(header, _)| header.eq_ignore_ascii_case("content-disposition"))
        .and_then(|(_, value)| parameter(value, "name"))
}

fn parameter(text: &str, wanted: &str) -> Option<String> {
    text.split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--b1\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nhel\r\nlo\r\n--b1\r\n\
        content-disposition: form-data; name=\"metadata\"; filename=\"m\"\r\nContent-Type: application/json\r\n\r\n\
        {\"m\":1}\r\n--b1--\r\n";

    #[test]
    fn parts_keep_their_bytes() {
        let found = parts(Some("multipart/form-data; boundary=b1"), FORM).unwrap();
        assert_eq!(found[0], Part { name: "value".into(), body: b"hel\r\nlo" });
        assert_eq!(found[1], Part { name: "metadata".into(), body: b"{\"m\":1}" });
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_no_form_or_breaks_off_is_none() {
        assert_eq!(parts(Some("application/json"), FORM), None);
        assert_eq!(parts(None, FORM), None);
        assert_eq!(parts(Some("multipart/form-data; boundary=b2"), FORM), None);
        for end in 0..FORM.len() - 4 {
            assert_eq!(parts(Some("multipart/form-data; boundary=b1"), &FORM[..end]), None, "{end}");
        }
    }
}
