//! Shows requests and responses as lines of text, with a mark at each line that a filter changed.
//!
//! For display only; `http_wasm_testkit::recorded` does the comparison.

use http_wasm_model::exchange::{Headers, Request, Response};

/// The longest body that is shown whole.
const MAX_BODY: usize = 72;

/// The request line, the headers, and the body.
#[must_use]
pub(crate) fn request(request: &Request) -> Vec<String> {
    let mut lines = vec![format!("{} {} {}", request.method, request.uri, request.version)];
    rest(&request.headers, &request.body, &request.trailers, &mut lines);
    lines
}

/// The status, the headers, and the body.
#[must_use]
pub(crate) fn response(response: &Response) -> Vec<String> {
    let status = http::StatusCode::from_u16(response.status).ok();
    let reason = status.and_then(|status| status.canonical_reason()).unwrap_or_default();
    let mut lines = vec![format!("{} {reason}", response.status).trim_end().to_owned()];
    rest(&response.headers, &response.body, &response.trailers, &mut lines);
    lines
}

fn rest(headers: &Headers, bytes: &[u8], trailers: &Headers, lines: &mut Vec<String>) {
    let header = |(name, value): (&str, &[u8])| format!("{name}: {}", value.escape_ascii());
    // Clients and servers add the right length; only a wrong one is worth showing.
    let length = bytes.len().to_string();
    let is_wrong = |pair: &(&str, &[u8])| *pair != ("content-length", length.as_bytes());
    lines.extend(headers.iter().filter(is_wrong).map(header));
    if !bytes.is_empty() {
        lines.push(body(bytes));
    }
    lines.extend(trailers.iter().map(|pair| format!("{} (trailer)", header(pair))));
}

fn body(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= MAX_BODY && !text.chars().any(char::is_control) => {
            format!("\"{text}\"")
        }
        _ => format!("({} bytes)", bytes.len()),
    }
}

/// The lines of `after`, marked `+` when they are not in `before`, and the removed lines of `before`,
/// marked `-`: above the line that replaces them, or else at the end.
#[must_use]
pub(crate) fn changes(before: &[String], after: &[String]) -> Vec<(char, String)> {
    let mut marked = Vec::new();
    let mut old: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    for line in after {
        if before.contains(line) {
            marked.push((' ', line.clone()));
            continue;
        }
        for gone in old.extract_if(.., |gone| subject(gone) == subject(line)) {
            marked.push(('-', gone.clone()));
        }
        marked.push(('+', line.clone()));
    }
    marked.extend(old.into_iter().map(|gone| ('-', gone.clone())));
    marked
}

/// The part of the message that a line shows: a header, the body, or the first line.
fn subject(line: &str) -> &str {
    match line.split_once(": ") {
        _ if line.starts_with(['"', '(']) => "\"",
        Some((name, _)) => name,
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_like_http() {
        let shown = request(&Request {
            method: "POST".into(),
            uri: "/a?b".into(),
            headers: [("host", "example.test"), ("accept", "a\nb")].into_iter().collect(),
            body: b"text".to_vec(),
            ..Request::default()
        });
        assert_eq!(
            shown,
            ["POST /a?b HTTP/1.1", r"accept: a\nb", "host: example.test", "\"text\""]
        );
    }

    #[test]
    fn long_and_binary_bodies_are_counted() {
        for bytes in [vec![b'a'; 100], b"a\0b".to_vec(), vec![0xff; 3]] {
            let count = bytes.len();
            let shown = response(&Response { body: bytes, ..Response::default() });
            assert_eq!(shown, ["200 OK".to_owned(), format!("({count} bytes)")]);
        }
        assert_eq!(response(&Response::with_status(799)), ["799"]);
    }

    #[test]
    fn a_length_is_shown_only_when_it_is_wrong() {
        let shown = |length: &str| {
            response(&Response {
                headers: [("content-length", length)].into_iter().collect(),
                body: b"12345".to_vec(),
                ..Response::default()
            })
        };
        assert_eq!(shown("5"), ["200 OK", "\"12345\""]);
        assert_eq!(shown("6"), ["200 OK", "content-length: 6", "\"12345\""]);
    }

    #[test]
    fn added_and_removed_lines_are_marked() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let before = lines("GET /host/a HTTP/1.1\na: 1\ngone: x\nz: 1\n\"old: 1\"");
        let after = lines("GET /a HTTP/1.1\na: 1\nnew: y\nz: 2\n\"new\"");
        let marked: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|(mark, line)| format!("{mark}{line}"))
            .collect();
        assert_eq!(
            marked,
            [
                "-GET /host/a HTTP/1.1",
                "+GET /a HTTP/1.1",
                " a: 1",
                "+new: y",
                "-z: 1",
                "+z: 2",
                "-\"old: 1\"",
                "+\"new\"",
                "-gone: x"
            ]
        );
        assert!(changes(&after, &after).iter().all(|(mark, _)| *mark == ' '));
    }
}
