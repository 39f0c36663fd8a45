//! Messages of HTTP/1 as they came over the wire: nothing is normalised but the case of names, and a body is
//! taken out of its framing.

/// A message: a request at the upstream, or a response at the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) line: String,
    /// Names in lower case, and values, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, out of its chunks.
    pub(crate) body: Vec<u8>,
    /// How the body was framed: `none`, `length`, `chunked` or `close`.
    pub(crate) framing: &'static str,
    /// Names and values after a chunked body.
    pub(crate) trailers: Vec<(String, String)>,
}

/// What stands at the front of these bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// A message, and how many bytes it has.
    Whole(Message, usize),
    /// The beginning of one.
    Part,
    /// No message of HTTP.
    Malformed(String),
}

/// Whose message it is, which decides about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    /// To HEAD, where `head` is set. `closed` says that no more bytes come.
    Response {
        head: bool,
        closed: bool,
    },
}

impl Message {
    /// All values of a header, joined.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// Reads a message at the front of these bytes.
pub(crate) fn read(bytes: &[u8], kind: Kind) -> Read {
    let Some((head, len)) = split_head(bytes) else { return Read::Part };
    let (line, fields) = head.split_once("\r\n").unwrap_or((head.as_str(), ""));
    if kind != Kind::Request && !line.starts_with("HTTP/1.") {
        return Read::Malformed(line.to_owned());
    }
    let mut message =
        Message { line: line.to_owned(), headers: fields_of(fields), ..Message::default() };
    let rest = &bytes[len..];
    let bodiless = matches!(kind, Kind::Response { head: true, .. })
        || kind != Kind::Request
            && (message.status().starts_with('1') || matches!(message.status(), "204" | "304"));
    let chunked = message
        .header("transfer-encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let declared = message.header("content-length").map(str::parse::<usize>);
    message.framing = match (&declared, chunked) {
        (_, true) => "chunked",
        (Some(_), _) => "length",
        _ if kind == Kind::Request || bodiless => "none",
        _ => "close",
    };
    let body_len = match message.framing {
        _ if bodiless => 0,
        "chunked" => match chunks(rest, &mut message) {
            Some(Ok(len)) => len,
            Some(Err(reason)) => return Read::Malformed(reason),
            None => return Read::Part,
        },
        "length" => match declared {
            Some(Ok(len)) if rest.len() < len => return Read::Part,
            Some(Ok(len)) => len,
            _ => return Read::Malformed(format!("content-length of {line:?}")),
        },
        "close" if !matches!(kind, Kind::Response { closed: true, .. }) => return Read::Part,
        "close" => rest.len(),
        _ => 0,
    };
    if message.framing != "chunked" {
        message.body = rest[..body_len].to_vec();
    }
    Read::Whole(message, len + body_len)
}

/// The head as text, a character for each byte, and its length with the empty line.
fn split_head(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((latin1(&bytes[..end]), end + 4))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn fields_of(lines: &str) -> Vec<(String, String)> {
    let field = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    lines.split("\r\n").filter(|line| !line.is_empty()).map(field).collect()
}

/// Takes a body out of its chunks: how many bytes these have, `None` where more are to come.
fn chunks(bytes: &[u8], message: &mut Message) -> Option<Result<usize, String>> {
    let mut at = 0;
    loop {
        let end = at + bytes[at..].windows(2).position(|two| two == b"\r\n")?;
        let line = latin1(&bytes[at..end]);
        let size = line.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            return Some(Err(format!("the size of a chunk is {line:?}")));
        };
        at = end + 2;
        if size == 0 {
            break;
        }
        message.body.extend(bytes.get(at..at + size)?);
        if bytes.get(at + size..at + size + 2)? != b"\r\n" {
            return Some(Err("a chunk is longer than its size".to_owned()));
        }
        at += size + 2;
    }
    if bytes.get(at..at + 2)? == b"\r\n" {
        return Some(Ok(at + 2));
    }
    let (trailers, len) = split_head(&bytes[at..])?;
    message.trailers = fields_of(&trailers);
    Some(Ok(at + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: Kind = Kind::Response { head: false, closed: false };

    fn whole(bytes: &[u8], kind: Kind) -> (Message, usize) {
        match read(bytes, kind) {
            Read::Whole(message, len) => (message, len),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bodies_are_taken_out_of_their_framing() {
        let (message, len) =
            whole(b"POST / HTTP/1.1\r\nA: 1\r\nContent-Length: 2\r\n\r\nokmore", Kind::Request);
        assert_eq!((message.body.as_slice(), len, message.framing), (&b"ok"[..], 46, "length"));
        assert_eq!(message.header("a"), Some("1"));
        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nT: 1\r\n\r\n";
        let (message, len) = whole(chunked, RESPONSE);
        assert_eq!((message.body.as_slice(), len), (&b"ok"[..], chunked.len()));
        assert_eq!(message.trailers, [("t".to_owned(), "1".to_owned())]);
        for end in 0..chunked.len() {
            assert_eq!(read(&chunked[..end], RESPONSE), Read::Part, "{end}");
        }
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\nok", RESPONSE), Read::Part);
        let (message, _) =
            whole(b"HTTP/1.1 200 OK\r\n\r\nok", Kind::Response { head: false, closed: true });
        assert_eq!((message.body.as_slice(), message.framing), (&b"ok"[..], "close"));
        let (_, len) = whole(b"HTTP/1.1 100 Continue\r\n\r\nHTTP", RESPONSE);
        assert_eq!(len, 25);
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        assert!(matches!(read(b"hello\r\n\r\n", RESPONSE), Read::Malformed(_)));
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
        assert!(matches!(read(chunked, Kind::Request), Read::Malformed(_)));
    }
}
