//! What a request says about itself, made unambiguous before a guest decides on it: one host, the one
//! that the request is for, a path that can be decoded, and one field for its cookies.

use bytes::{BufMut as _, BytesMut};
use http::header::{COOKIE, HOST};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};

/// Why a request has no clear meaning; a server answers it with 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// HTTP/1.1 without a host.
    #[error("the request has no host")]
    NoHost,
    /// More than one host.
    #[error("the request has {0} hosts")]
    Hosts(usize),
    /// A host with characters that none has.
    #[error("the request's host is malformed")]
    Host,
    /// The target is a host alone, which only CONNECT has, or `*`, which only OPTIONS has.
    #[error("the request's target does not fit its method")]
    Target,
    /// The path has a `%` without two hexadecimal digits, which everybody decodes in another way.
    #[error("the request's path has a % without two hexadecimal digits")]
    Path,
}

/// Makes a received request unambiguous, as Go's `net/http` does: the header `host` is the host that the
/// request is for, whether its target (RFC 9112, section 3.2.2), its `:authority` (RFC 9113, section
/// 8.3.1) or the header said so; the fields into which HTTP/2 splits cookies are one (section 8.2.3).
///
/// A layer does it for guests that read headers, except that it lets a request pass that has no host: a
/// test may have made it. A server should do it before; twice is as good as once.
///
/// # Errors
///
/// When the request has no clear meaning: no host in HTTP/1.1, several, a malformed one, a target that does
/// not fit the method, or a path that cannot be decoded.
pub fn receive<B>(request: &mut Request<B>) -> Result<(), Malformed> {
    let (is_connect, is_options) =
        (request.method() == Method::CONNECT, request.method() == Method::OPTIONS);
    let uri = request.uri();
    let is_host_alone = uri.authority().is_some() && uri.scheme().is_none();
    if is_host_alone && !is_connect || uri.path() == "*" && !is_options {
        return Err(Malformed::Target);
    }
    if has_stray_percent(uri.path()) {
        return Err(Malformed::Path);
    }
    if uri.path_and_query().is_some_and(|it| it.as_str().starts_with('?')) {
        add_path(request.uri_mut());
    }
    let version = request.version();
    if version >= Version::HTTP_2 {
        join_cookies(request.headers_mut());
    }
    let uri = request.uri();
    let is_known = uri.authority().is_some();
    check_host(request.headers(), version, is_known)?;
    if let Some(host) = request.uri().authority().map(|it| host_of(it, version)).transpose()? {
        request.headers_mut().insert(HOST, host);
    }
    Ok(())
}

fn check_host(headers: &HeaderMap, version: Version, is_known: bool) -> Result<(), Malformed> {
    let mut hosts = headers.get_all(HOST).iter();
    let Some(host) = hosts.next() else {
        // In HTTP/2 the host is part of the target, and HTTP/1.0 needs none.
        let needs = version == Version::HTTP_11 || version >= Version::HTTP_2 && !is_known;
        return if needs { Err(Malformed::NoHost) } else { Ok(()) };
    };
    match hosts.count() {
        0 if host.as_bytes().iter().all(|&byte| is_host_byte(byte)) => Ok(()),
        0 => Err(Malformed::Host),
        more => Err(Malformed::Hosts(more + 1)),
    }
}

/// Whether a host or a port may have this byte (RFC 3986, section 3.2.2).
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte)
}

/// Whether a `%` has no two hexadecimal digits after it (RFC 3986, section 2.1).
fn has_stray_percent(path: &str) -> bool {
    let is_escape = |rest: &str| {
        rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    path.split('%').skip(1).any(|rest| !is_escape(rest))
}

/// Gives a target that has a query and no path the path that it stands for.
fn add_path(uri: &mut Uri) {
    let query = uri.query().unwrap_or_default();
    let Ok(path) = PathAndQuery::try_from(format!("/?{query}")) else { return };
    let mut parts = std::mem::take(uri).into_parts();
    parts.path_and_query = Some(path);
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

/// Host and port, without a user, which HTTP/2 does not allow.
fn host_of(authority: &Authority, version: Version) -> Result<HeaderValue, Malformed> {
    let text = authority.as_str();
    if version >= Version::HTTP_2 && text.contains('@') {
        return Err(Malformed::Host);
    }
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    HeaderValue::from_str(host).map_err(|_| Malformed::Host)
}

fn join_cookies(headers: &mut HeaderMap) {
    let mut cookies = headers.get_all(COOKIE).iter();
    let Some(first) = cookies.next() else { return };
    let mut joined = BytesMut::new();
    for cookie in cookies {
        if joined.is_empty() {
            joined.put(first.as_bytes());
        }
        joined.put(&b"; "[..]);
        joined.put(cookie.as_bytes());
    }
    if joined.is_empty() {
        return;
    }
    let is_sensitive = first.is_sensitive();
    if let Ok(mut joined) = HeaderValue::from_maybe_shared(joined.freeze()) {
        joined.set_sensitive(is_sensitive);
        headers.insert(COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().version(version).method(method).uri(uri);
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        request.body(()).expect("a request")
    }

    fn host(mut request: Request<()>) -> Result<Option<String>, Malformed> {
        receive(&mut request)?;
        let host = request.headers().get(HOST);
        Ok(host.map(|host| host.to_str().expect("text").to_owned()))
    }

    #[test]
    fn the_host_of_the_target_counts() {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            for uri in ["http://admin.test/secret", "http://user:word@admin.test/"] {
                let got = host(request(version, "GET", uri, &[("host", "public.test")]));
                let wanted = match version {
                    Version::HTTP_2 if uri.contains('@') => Err(Malformed::Host),
                    _ => Ok(Some("admin.test".to_owned())),
                };
                assert_eq!(got, wanted, "{version:?} {uri}");
            }
        }
        let got = host(request(Version::HTTP_2, "GET", "https://admin.test:8443/", &[]));
        assert_eq!(got, Ok(Some("admin.test:8443".to_owned())));
        let got = host(request(Version::HTTP_11, "GET", "/", &[("host", "public.test")]));
        assert_eq!(got, Ok(Some("public.test".to_owned())));
    }

    #[test]
    fn no_host_two_hosts_and_malformed_ones_are_refused() {
        let none = |version, uri| host(request(version, "GET", uri, &[]));
        assert_eq!(none(Version::HTTP_10, "/"), Ok(None));
        assert_eq!(none(Version::HTTP_11, "/"), Err(Malformed::NoHost));
        assert_eq!(none(Version::HTTP_11, "http://a.test/"), Err(Malformed::NoHost));
        assert_eq!(none(Version::HTTP_2, "/"), Err(Malformed::NoHost));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            let two = [("host", "a.test"), ("host", "a.test")];
            assert_eq!(host(request(version, "GET", "/", &two)), Err(Malformed::Hosts(2)));
            for wrong in ["a test", "a/b", "a@b", "a\\b", "a?b", "a#b", "\u{e4}.test", "\"a\""] {
                let got = host(request(version, "GET", "/", &[("host", wrong)]));
                assert_eq!(got, Err(Malformed::Host), "{wrong}");
            }
        }
        for right in ["", "a.test:80", "[::1]:80", "xn--nxasmq6b", "a_b.test"] {
            let got = host(request(Version::HTTP_11, "GET", "/", &[("host", right)]));
            assert_eq!(got, Ok(Some(right.to_owned())));
        }
    }

    #[test]
    fn targets_fit_their_methods() {
        let get = |method, uri| host(request(Version::HTTP_11, method, uri, &[("host", "a")]));
        assert_eq!(get("GET", "a.test:80"), Err(Malformed::Target));
        assert_eq!(get("OPTIONS", "a.test:80"), Err(Malformed::Target));
        assert_eq!(get("CONNECT", "a.test:80"), Ok(Some("a.test:80".to_owned())));
        assert_eq!(get("OPTIONS", "*"), Ok(Some("a".to_owned())));
        assert_eq!(get("GET", "*"), Err(Malformed::Target));
    }

    #[test]
    fn a_path_can_be_decoded_and_is_never_missing() {
        let get = |uri| host(request(Version::HTTP_11, "GET", uri, &[("host", "a")])).map(drop);
        for right in ["/", "/%41%c3%A4", "/a?%zz&%", "http://a.test/%2f"] {
            assert_eq!(get(right), Ok(()), "{right}");
        }
        for wrong in ["/%", "/a%4", "/%zz", "/%4g/b", "/%%41", "http://a.test/%?b"] {
            assert_eq!(get(wrong), Err(Malformed::Path), "{wrong}");
        }
        let mut request = request(Version::HTTP_11, "GET", "http://a.test?b", &[("host", "a")]);
        assert_eq!(request.uri().path_and_query().map(|it| it.as_str()), Some("?b"));
        receive(&mut request).expect("good");
        assert_eq!(request.uri(), "http://a.test/?b");
    }

    #[test]
    fn cookies_of_http2_are_one_field() {
        for (version, expected) in [
            (Version::HTTP_2, &["a=1; b=2; c=3"][..]),
            (Version::HTTP_11, &["a=1", "b=2; c=3"][..]),
        ] {
            let cookies = [("host", "a"), ("cookie", "a=1"), ("cookie", "b=2; c=3")];
            let mut request = request(version, "GET", "/", &cookies);
            receive(&mut request).expect("good");
            receive(&mut request).expect("twice is as good as once");
            let found: Vec<_> = request.headers().get_all(COOKIE).iter().collect();
            assert_eq!(found, expected, "{version:?}");
        }
    }
}
