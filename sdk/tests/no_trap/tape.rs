//! Random bytes as a source of choices: a program is what an interpreter makes of them. Shrinking the
//! bytes shrinks the program.

use http_wasm_sdk::{HeaderName, HeaderValue, Method, StatusCode, Uri};

/// Names and values that have a meaning to some host, far more often than chance would have it.
const PIECES: &[&[u8]] = &[
    b"",
    b"a",
    b"5",
    b"x-a",
    b"content-length",
    b"content-encoding",
    b"transfer-encoding",
    b"connection",
    b"upgrade",
    b"host",
    b"etag",
    b"set-cookie",
    b"trailer",
    b"X-Upper",
    b"text/plain",
    b"a, b;c=\"d\"",
    b"tab\there",
    b"a\r\nb: c",
    b"nul\0nul",
    b"\xff\xfe",
    "caf\u{e9} \u{1f600}".as_bytes(),
    b"/",
    b"/a",
    b"/a/b?c=d&e=%zz&=&f",
    b"/a/%2F%3f/",
    b"//",
    b"/..",
    b"*",
    b"?",
    b"%",
    b"http://a.test/b",
    b"/a?b/%zz",
    b"GET",
    b"HEAD",
    b"get it",
    b"0",
    b"3",
    b"18446744073709551616",
];

/// What is left of the random bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    rest: std::collections::VecDeque<u8>,
    /// Whether the host is one that has no client addresses.
    pub(crate) express: bool,
}

impl Tape {
    pub(crate) fn new(bytes: &[u8], express: bool) -> Self {
        Self { rest: bytes.iter().copied().collect(), express }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A choice between this many; 0 when the bytes are used up.
    pub(crate) fn below(&mut self, choices: u8) -> u8 {
        self.rest.pop_front().unwrap_or(0) % choices
    }

    pub(crate) fn chance(&mut self) -> bool {
        self.below(2) == 1
    }

    /// A length of anything: often one at which something changes.
    pub(crate) fn length(&mut self) -> usize {
        [0, 1, 2, 3, 7, 16, 64, 600, 5000][usize::from(self.below(9))]
    }

    /// Room for reading.
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        // Most programs would end at the first error otherwise.
        if self.chance() { vec![0; 5000] } else { vec![0; self.length()] }
    }

    pub(crate) fn piece(&mut self) -> Vec<u8> {
        match self.below(8) {
            0 => {
                let len = self.below(8).into();
                (0..len).map(|_| self.below(255)).collect()
            }
            1 => b"x".repeat(self.length()),
            2 => [self.piece(), self.piece()].concat(),
            _ => {
                let last = PIECES.len() - 1;
                PIECES[usize::from(self.below(u8::MAX)).min(last * 6) % PIECES.len()].to_vec()
            }
        }
    }

    /// A value that is valid: random bytes that are one, or else the one that is given.
    fn valid<'b, T>(
        &mut self,
        bytes: &'b mut Vec<u8>,
        new: impl Fn(&'b [u8]) -> Option<T>,
        or: T,
    ) -> T {
        *bytes = self.piece();
        new(bytes).unwrap_or(or)
    }

    pub(crate) fn name<'b>(&mut self, bytes: &'b mut Vec<u8>) -> HeaderName<'b> {
        if self.chance() {
            *bytes = self.piece();
            return HeaderName::lower(bytes).unwrap_or(HeaderName::from_static("x-lower"));
        }
        self.valid(bytes, |bytes| HeaderName::new(bytes).ok(), HeaderName::from_static("x-name"))
    }

    pub(crate) fn value<'b>(&mut self, bytes: &'b mut Vec<u8>) -> HeaderValue<'b> {
        self.valid(bytes, |bytes| HeaderValue::new(bytes).ok(), HeaderValue::from_static("7"))
    }

    pub(crate) fn method<'b>(&mut self, bytes: &'b mut Vec<u8>) -> Method<'b> {
        self.valid(bytes, |bytes| Method::new(bytes).ok(), Method::PATCH)
    }

    pub(crate) fn uri<'b>(&mut self, bytes: &'b mut Vec<u8>) -> Uri<'b> {
        self.valid(bytes, |bytes| Uri::new(bytes).ok(), Uri::from_static("/other?x"))
    }

    pub(crate) fn status(&mut self) -> StatusCode {
        match self.below(6) {
            0 => StatusCode::NO_CONTENT,
            1 => StatusCode::NOT_MODIFIED,
            2 => StatusCode::SERVICE_UNAVAILABLE,
            3 => StatusCode::from_u16(u16::from(self.below(255)) * 4).unwrap_or(StatusCode::FOUND),
            _ => StatusCode::OK,
        }
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.piece()).into_owned()
    }
}
