//! A host that somebody else has set up and started: everything about it is a URL.

use std::net::SocketAddr;
use std::path::Path;

use http::{HeaderValue, Uri, header};
use http_wasm_model::exchange::LogEntry;
use tokio::net::{TcpStream, lookup_host};

use super::suite::{NamedPlace, Suite};
use crate::hosts::{Error, HostUnderTest, Place, RunningHost};
use crate::http_probe;

/// What a URL says instead of the name of a place.
const PLACE: &str = "{place}";
/// What it says instead of the number of a place.
const INDEX: &str = "{index}";
/// Where places are names of hosts, when the URL says nothing of them.
pub const DOMAIN: &str = "conformance.test";

/// How a place is found from the URL of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// As it was given.
    text: String,
}

/// Not a URL of a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "found the URL {found:?}, wanted http://HOST:PORT, with {PLACE} in the host or in the path or {INDEX} in the port if need be ({reason})"
)]
pub struct NotATemplate {
    found: String,
    reason: String,
}

/// Where a place is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// Host and port to connect to.
    authority: String,
    /// The `host` that requests must have, where it decides.
    host: Option<String>,
    /// What stands before their paths.
    prefix: String,
}

impl Template {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is none, or is not for http.
    pub fn new(text: &str) -> Result<Self, NotATemplate> {
        let template = Self { text: text.trim_end_matches('/').to_owned() };
        template.target("a", 0)?;
        Ok(template)
    }

    fn target(&self, place: &str, index: usize) -> Result<Target, NotATemplate> {
        let wrong =
            |reason: &str| NotATemplate { found: self.text.clone(), reason: reason.to_owned() };
        let named = |text: &str| text.replace(PLACE, place).replace(INDEX, &format!("{index:04}"));
        let rest = self.text.strip_prefix("http://").ok_or_else(|| wrong("it must be http"))?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let filled = named(&self.text);
        let uri: Uri =
            filled.parse().map_err(|error: http::uri::InvalidUri| wrong(&error.to_string()))?;
        let host = uri.host().ok_or_else(|| wrong("it has no host"))?;
        if uri.query().is_some() {
            return Err(wrong("a query is not possible"));
        }
        let filled_authority = uri.authority().map_or("", http::uri::Authority::as_str);
        let port = match filled_authority.strip_prefix(host) {
            Some("") => 80,
            // The parser takes any text for a port.
            Some(port) => port
                .strip_prefix(':')
                .and_then(|port| port.parse().ok())
                .ok_or_else(|| wrong("its port is no number"))?,
            None => return Err(wrong("a user is not possible")),
        };
        let by_host = authority.contains(PLACE);
        let says = [PLACE, INDEX].iter().any(|word| self.text.contains(word));
        Ok(Target {
            authority: format!("{host}:{port}"),
            host: if by_host {
                Some(named(authority))
            } else {
                (!says).then(|| format!("{place}.{DOMAIN}"))
            },
            prefix: named(path),
        })
    }
}

/// The host.
#[derive(Clone, Debug)]
pub struct UrlHost {
    /// Where its places are.
    pub template: Template,
    /// The name that lists use for it.
    pub key: String,
    /// All places of the suite: numbers are places in this.
    pub places: Vec<NamedPlace>,
}

/// The same, with the addresses found.
#[derive(Clone, Debug)]
pub struct Running {
    targets: Vec<(SocketAddr, Target)>,
}

impl HostUnderTest for UrlHost {
    type Running = Running;

    fn key(&self) -> &str {
        &self.key
    }

    fn describe(&self) -> String {
        format!("the host at {}", self.template.text)
    }

    async fn start(&self, places: &[Place], _: SocketAddr, _: &Path) -> Result<Running, Error> {
        let mut targets: Vec<(SocketAddr, Target)> = Vec::new();
        for place in places {
            let refused = |reason: String| Error::Refused { guest: place.guest.clone(), reason };
            let index = Suite::index(&self.places, place)
                .ok_or_else(|| refused("it is not in the suite".to_owned()))?;
            let target = self
                .template
                .target(&self.places[index].name, index)
                .map_err(|error| refused(error.to_string()))?;
            let known = targets.iter().find(|(_, known)| known.authority == target.authority);
            let address = match known {
                Some((address, _)) => *address,
                None => find(&target.authority).await.map_err(refused)?,
            };
            targets.push((address, target));
        }
        Ok(Running { targets })
    }
}

/// The address of somebody who listens.
async fn find(authority: &str) -> Result<SocketAddr, String> {
    let failed =
        |error: &dyn std::fmt::Display| format!("{authority}: {error} (is the host running?)");
    let mut last = None;
    for address in lookup_host(authority).await.map_err(|error| failed(&error))? {
        match TcpStream::connect(address).await {
            Ok(_) => return Ok(address),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| failed(&"no address"), |error| failed(&error)))
}

impl RunningHost for Running {
    fn address(&self, place: usize) -> SocketAddr {
        self.targets[place].0
    }

    fn direct(&self, place: usize, request: &mut http_probe::Request) -> Result<(), String> {
        let target = &self.targets[place].1;
        if let Some(host) = &target.host {
            if request.headers.contains_key(header::HOST) {
                return Err(
                    "it names a host of its own, and by the host guests are found here".to_owned()
                );
            }
            let host = HeaderValue::from_str(host).map_err(|error| error.to_string())?;
            request.headers.insert(header::HOST, host);
        }
        request.uri.insert_str(0, &target.prefix);
        Ok(())
    }

    async fn logs(&mut self, _: usize) -> Option<Vec<LogEntry>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Template::new(text).unwrap().target("get-uri-request", 7).unwrap()
    }

    #[test]
    fn a_place_is_found_by_host_path_or_port() {
        let plain = target("http://127.0.0.1:8080/");
        assert_eq!(plain.authority, "127.0.0.1:8080");
        assert_eq!(plain.host.as_deref(), Some("get-uri-request.conformance.test"));
        assert_eq!(plain.prefix, "");
        let host = target("http://{place}.localhost:81");
        assert_eq!(host.authority, "get-uri-request.localhost:81");
        assert_eq!(host.host.as_deref(), Some("get-uri-request.localhost:81"));
        let path = target("http://[::1]/a/{place}");
        assert_eq!((path.authority.as_str(), path.host), ("[::1]:80", None));
        assert_eq!(path.prefix, "/a/get-uri-request");
        let port = target("http://localhost:1{index}");
        assert_eq!((port.authority.as_str(), port.host), ("localhost:10007", None));
    }

    #[test]
    fn what_is_no_template_has_a_reason() {
        for (text, reason) in [
            ("127.0.0.1:80", "it must be http"),
            ("https://a", "it must be http"),
            ("http://me@a", "a user is not possible"),
            ("http://", "it must be http"),
            ("http://a:1{place}", "its port is no number"),
            ("http://a/?{place}", "a query"),
        ] {
            let error = Template::new(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn requests_are_directed() {
        let direct = |text: &str, request: &mut http_probe::Request| {
            let address = SocketAddr::from(([127, 0, 0, 1], 1));
            Running { targets: vec![(address, target(text))] }.direct(0, request)
        };
        let mut request =
            http_probe::Request { uri: "/a?b".to_owned(), ..http_probe::Request::default() };
        direct("http://h/x/{place}", &mut request).unwrap();
        assert_eq!(request.uri, "/x/get-uri-request/a?b");
        assert!(request.headers.is_empty());
        direct("http://h", &mut request).unwrap();
        assert_eq!(request.headers["host"], "get-uri-request.conformance.test");
        let error = direct("http://h", &mut request).unwrap_err();
        assert!(error.starts_with("it names a host of its own"), "{error}");
    }
}
