//! Method, URI, version and client of the request.

use std::borrow::Cow;

use http_wasm_abi::Function;

use super::checks::{Bytes, readable};
use super::{Exchange, Trap, TrapKind, validate};

impl Exchange {
    /// The request's method, as `get_method` gives it.
    pub(crate) fn method(&self) -> Result<&str, Trap> {
        self.check_phase(Function::GetMethod, false)?;
        Ok(&self.request.method)
    }

    /// Replaces the request's method, as `set_method` does.
    pub(crate) fn set_method(&mut self, method: Bytes<'_>) -> Result<(), Trap> {
        const SET: Function = Function::SetMethod;
        self.check_phase(SET, false)?;
        let method = self.text(SET, "method", method)?;
        let rules = self.rules();
        if method.is_empty() && !rules.uri_is_raw {
            let message = "found an empty method, wanted a token such as GET";
            return Err(Trap::host(TrapKind::Value, SET, message));
        }
        if rules.validates && !validate::is_token(method.as_bytes()) {
            let message = format_args!("found the method {method:?}, wanted a token such as GET");
            return Err(Trap::host(TrapKind::Value, SET, message));
        }
        self.request.method = method.into_owned();
        Ok(())
    }

    /// Path and query of the request, as `get_uri` gives them.
    pub(crate) fn uri(&self) -> Result<&str, Trap> {
        self.check_phase(Function::GetUri, false)?;
        Ok(validate::uri(&self.request.uri))
    }

    /// Replaces path and query of the request, as `set_uri` does.
    pub(crate) fn set_uri(&mut self, uri: Bytes<'_>) -> Result<(), Trap> {
        const SET: Function = Function::SetUri;
        self.check_phase(SET, false)?;
        let rules = self.rules();
        let (uri, anew) = if rules.validates || rules.uri_is_raw {
            (self.text(SET, "URI", uri)?, false)
        } else {
            escape_bytes(readable(SET, uri)?)
        };
        if rules.uri_is_raw {
            self.request.uri = uri.into_owned();
            return Ok(());
        }
        let kept = origin_form(&uri).map_err(|reason| {
            let found = validate::show(uri.as_bytes());
            let message = format_args!(
                "found {found}, {reason}; wanted a percent-encoded path that begins with a slash, and perhaps a query"
            );
            Trap::host(TrapKind::Value, SET, message)
        })?;
        if kept.len() != uri.len() && !uri.is_empty() {
            self.report(SET, "an absolute URI was set: the official Go host keeps only path and query, others pass it on; set path and query");
        }
        // What the client sent, browsers' `[` and `|` among it, every host takes back.
        let sent = self.sent_uri.get_or_insert_with(|| self.request.uri.clone());
        let was_sent = |byte| sent.bytes().any(|known| known == byte);
        let (path, query) = kept.split_at(kept.find('?').unwrap_or(kept.len()));
        let is_known = path.bytes().all(|byte| is_uri_byte(byte) || was_sent(byte))
            && query.bytes().all(|byte| is_query_byte(byte) || was_sent(byte));
        if rules.validates && !is_known {
            let found = validate::show(uri.as_bytes());
            let message = format_args!(
                "found {found}, which has characters that a URI cannot have; percent-encode them"
            );
            return Err(Trap::host(TrapKind::Value, SET, message));
        }
        self.request.uri = encode_path(kept, anew);
        Ok(())
    }

    /// The protocol version of the request, as `get_protocol_version` gives it.
    pub(crate) fn protocol_version(&self) -> Result<&str, Trap> {
        self.check_phase(Function::GetProtocolVersion, false)?;
        Ok(&self.request.version)
    }

    /// Address and port of the client, as `get_source_addr` gives them.
    pub(crate) fn source_addr(&self) -> Result<&str, Trap> {
        self.check_phase(Function::GetSourceAddr, false)?;
        Ok(&self.request.source_addr)
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
fn escape_bytes(uri: &[u8]) -> (Cow<'_, str>, bool) {
    if let Ok(uri) = std::str::from_utf8(uri) {
        return (uri.into(), false);
    }
    let (path, query) =
        uri.split_at(uri.iter().position(|&byte| byte == b'?').unwrap_or(uri.len()));
    let mut text = String::new();
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    let anew = std::str::from_utf8(path).is_err();
    text.push_str(&String::from_utf8_lossy(query));
    (text.into(), anew)
}

/// Whether a URI may have this byte as it is.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte)
}

/// Whether a query may have this byte as it is: with those that browsers leave.
fn is_query_byte(byte: u8) -> bool {
    is_uri_byte(byte) || b"[]\\^`{|}".contains(&byte)
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
