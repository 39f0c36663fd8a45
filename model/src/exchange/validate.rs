//! Validates methods, headers and status codes, and shows bytes in messages.

use http::HeaderValue;

use super::Headers;

/// Whether `bytes` are a token: a method or the name of a header.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Whether `bytes` may be the value of a header: no control characters but the tab.
pub(super) fn is_value(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f))
}

/// Headers as a Go server sends them: bad names left out, line breaks turned into spaces.
pub(super) fn as_sent(headers: Headers) -> Headers {
    let is_good = |value: &HeaderValue| value.as_bytes().trim_ascii().len() == value.len();
    if headers.is_sendable() && headers.pairs().all(|(_, value)| is_good(value)) {
        return headers;
    }
    headers
        .iter()
        .filter(|(name, _)| is_token(name.as_bytes()))
        .map(|(name, value)| {
            let spaced =
                value.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte });
            (name, spaced.collect::<Vec<_>>().trim_ascii().to_vec())
        })
        .collect()
}

/// The status code, if it is one.
pub(super) fn status(code: u32) -> Option<u16> {
    u16::try_from(code).ok().filter(|code| (100..=999).contains(code))
}

/// Whether a response with this status may have a body.
pub(super) fn allows_body(status: u16) -> bool {
    !(status < 200 || status == 204 || status == 304)
}

/// The URI that stands for this one on the wire: an absent one is `/`.
pub(super) fn uri(uri: &str) -> &str {
    if uri.is_empty() { "/" } else { uri }
}

/// Bytes for a message: quoted, escaped, and cut where they are long.
pub(crate) fn show(bytes: &[u8]) -> String {
    const MAX_LEN: usize = 80;
    match bytes.get(..MAX_LEN) {
        Some(start) if bytes.len() > MAX_LEN => {
            format!("{:?}... ({} bytes)", String::from_utf8_lossy(start), bytes.len())
        }
        _ => format!("{:?}", String::from_utf8_lossy(bytes)),
    }
}
