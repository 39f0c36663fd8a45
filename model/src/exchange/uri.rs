//! Method, URI, version and client of the request.

use super::call::Call;
use super::{Trap, TrapKind, value};

impl Call<'_> {
    pub(super) fn get_method(&mut self, buf: u64, limit: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        self.give(buf, limit, |exchange| exchange.request.method.as_bytes())
    }

    pub(super) fn set_method(&mut self, ptr: u64, len: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        let method = self.read_text("method", (ptr, len))?;
        let rules = self.exchange.rules();
        if method.is_empty() && !rules.uri_is_raw {
            let message = "found an empty method, wanted a token such as GET";
            return Err(self.trap(TrapKind::Value, message));
        }
        if rules.validates && !value::is_token(method.as_bytes()) {
            let message = format!("found the method {method:?}, wanted a token such as GET");
            return Err(self.trap(TrapKind::Value, message));
        }
        self.exchange.request.method = method;
        Ok(0)
    }

    pub(super) fn get_uri(&mut self, buf: u64, limit: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        self.give(buf, limit, |exchange| value::uri(&exchange.request.uri).as_bytes())
    }

    pub(super) fn set_uri(&mut self, ptr: u64, len: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        let rules = self.exchange.rules();
        let (uri, anew) = if rules.validates || rules.uri_is_raw {
            (self.read_text("URI", (ptr, len))?, false)
        } else {
            escape_bytes(self.read("URI", (ptr, len))?)
        };
        if rules.uri_is_raw {
            self.exchange.request.uri = uri;
            return Ok(0);
        }
        let kept = match origin_form(&uri) {
            Ok(kept) => kept,
            Err(reason) => {
                let message = format!(
                    "found {}, {reason}; wanted a percent-encoded path that begins with a slash, and perhaps a query",
                    value::show(uri.as_bytes())
                );
                return Err(self.trap(TrapKind::Value, message));
            }
        };
        if kept.len() != uri.len() && !uri.is_empty() {
            self.report("an absolute URI was set: the official Go host keeps only path and query, others pass it on; set path and query");
        }
        // What the client sent, browsers' `[` and `|` among it, every host takes back.
        let request = &mut self.exchange.request;
        let sent = self.exchange.sent_uri.get_or_insert_with(|| request.uri.clone());
        let is_known = |byte| is_uri_byte(byte) || sent.bytes().any(|known| known == byte);
        if rules.validates && !kept.bytes().all(is_known) {
            let message = format!(
                "found {}, which has characters that a URI cannot have; percent-encode them",
                value::show(uri.as_bytes())
            );
            return Err(self.trap(TrapKind::Value, message));
        }
        let normal = encode_path(kept, anew);
        self.exchange.request.uri = normal;
        Ok(0)
    }

    pub(super) fn get_protocol_version(&mut self, buf: u64, limit: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        self.give(buf, limit, |exchange| exchange.request.version.as_bytes())
    }

    pub(super) fn get_source_addr(&mut self, buf: u64, limit: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        self.give(buf, limit, |exchange| exchange.request.source_addr.as_bytes())
    }
}

/// Path and query of `uri`, as the official Go host finds them, or why it refuses.
fn origin_form(uri: &str) -> Result<&str, &'static str> {
    if uri.is_empty() {
        return Ok("/");
    }
    if uri.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("which has a control character");
    }
    let kept = if uri.starts_with('/') || uri == "*" {
        uri
    } else {
        let Some((scheme, rest)) = uri.split_once(':') else {
            return Err("which has no leading slash");
        };
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err("which has no leading slash");
        }
        match rest.strip_prefix("//") {
            Some(rest) => &rest[rest.find(['/', '?']).unwrap_or(rest.len())..],
            None if rest.starts_with('/') => rest,
            // What else follows a scheme is no path that a host could forward.
            None => rest.find('?').map_or("", |query| &rest[query..]),
        }
    };
    let path = kept.split_once('?').map_or(kept, |(path, _)| path);
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        if byte == b'%' && !(hex(rest.next()) && hex(rest.next())) {
            return Err("which has a % without two hexadecimal digits");
        }
    }
    Ok(kept)
}

/// A URI as text, and whether its path was none: each such byte is then percent-encoded. In a query,
/// where Go would keep it, it becomes U+FFFD.
fn escape_bytes(uri: Vec<u8>) -> (String, bool) {
    let uri = match String::from_utf8(uri) {
        Ok(uri) => return (uri, false),
        Err(error) => error.into_bytes(),
    };
    let (path, query) =
        uri.split_at(uri.iter().position(|&byte| byte == b'?').unwrap_or(uri.len()));
    let mut text = String::new();
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    let anew = std::str::from_utf8(path).is_err();
    text.push_str(&String::from_utf8_lossy(query));
    (text, anew)
}

/// Whether a URI may have this byte as it is.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte)
}

/// The URI with a path that can be sent, and the query as it is; an absent path is a slash.
///
/// A path that has one character which cannot be sent is decoded and encoded anew as a whole, as Go
/// does: what was `%2F` before is then a slash. `anew` says that there was such a character.
fn encode_path(uri: &str, anew: bool) -> String {
    let (path, query) = match uri.find('?') {
        Some(at) => uri.split_at(at),
        None => (uri, ""),
    };
    if path.is_empty() {
        return format!("/{query}");
    }
    if !anew && path.bytes().all(|byte| is_uri_byte(byte) || b"[]".contains(&byte)) {
        return uri.to_owned();
    }
    let mut encoded = String::with_capacity(uri.len());
    for byte in decode(path) {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded.push_str(query);
    encoded
}

/// The bytes of a path in which two hexadecimal digits stand after every `%`.
fn decode(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped =
            tail.split_at_checked(2).filter(|_| byte == b'%').and_then(|(digits, tail)| {
                Some((u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, tail))
            });
        let (byte, tail) = escaped.unwrap_or((byte, tail));
        decoded.push(byte);
        rest = tail;
    }
    decoded
}
