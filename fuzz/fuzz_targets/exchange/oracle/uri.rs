//! The oracle's own reading of how Go takes a URI: the steps of `url.ParseRequestURI` and
//! `URL.EscapedPath`, on bytes.

/// The URI as it is sent, or nothing where it is refused. With what the client sent, only bytes that
/// may be in a URI or came with that are taken.
pub fn normal(found: &[u8], careful: Option<&[u8]>) -> Option<String> {
    if careful.is_some() && std::str::from_utf8(found).is_err() {
        return None;
    }
    if found.is_empty() {
        return Some("/".to_owned());
    }
    if found.iter().any(u8::is_ascii_control) {
        return None;
    }
    let mut rest = found;
    let mut scheme = false;
    if let Some(colon) = found.iter().position(|&byte| byte == b':') {
        let before = &found[..colon];
        let letters = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        if before.first().is_some_and(u8::is_ascii_alphabetic) && before.iter().all(letters) {
            rest = &found[colon + 1..];
            scheme = true;
        }
    }
    let (mut path, query) = match rest.iter().position(|&byte| byte == b'?') {
        Some(at) => rest.split_at(at),
        None => (rest, &[][..]),
    };
    if scheme {
        path = match path.strip_prefix(b"//") {
            Some(path) => &path[path.iter().position(|&byte| byte == b'/').unwrap_or(path.len())..],
            None if path.starts_with(b"/") => path,
            None => &[],
        };
    } else if !path.starts_with(b"/") && found != b"*" {
        return None;
    }
    if let Some(sent) = careful {
        let taken = |byte: &u8| allowed(*byte, b"-._~!$&'()*+,;=:@/?%") || sent.contains(byte);
        // Browsers leave some more in queries.
        let in_query = |byte: &u8| taken(byte) || b"[]\\^`{|}".contains(byte);
        if !path.iter().all(taken) || !query.iter().all(in_query) {
            return None;
        }
    }
    let path = escaped(path, &unescaped(path)?);
    Some(path + &String::from_utf8_lossy(query))
}

fn allowed(byte: u8, others: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || others.contains(&byte)
}

fn unescaped(path: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut at = 0;
    while at < path.len() {
        if path[at] == b'%' {
            let digit = |at: usize| path.get(at).and_then(|&byte| char::from(byte).to_digit(16));
            plain.push((digit(at + 1)? * 16 + digit(at + 2)?) as u8);
            at += 3;
        } else {
            plain.push(path[at]);
            at += 1;
        }
    }
    Some(plain)
}

/// As it came, where all of it may stand in a path; else all of it anew.
fn escaped(path: &[u8], plain: &[u8]) -> String {
    if path.is_empty() {
        return "/".to_owned();
    }
    if path == b"*" || path.iter().all(|&byte| allowed(byte, b"-._~!$&'()*+,;=:@/%[]")) {
        return String::from_utf8_lossy(path).into_owned();
    }
    let one = |&byte: &u8| match allowed(byte, b"-_.~$&+,/:;=@") {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    plain.iter().map(one).collect()
}
