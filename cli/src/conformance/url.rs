//! A host that is running already: all that is known of it is a URL.

use std::net::SocketAddr;
use std::path::Path;

use http::{HeaderValue, Uri, header};
use http_wasm_model::exchange::LogEntry;
use tokio::net::{TcpStream, lookup_host};

use super::suite::{NamedDeployment, Suite};
use crate::hosts::{Deployment, Error, HostFuture, HostUnderTest, RunningHost};
use crate::http_probe;

/// What stands in a URL for the name of a deployment.
const PLACE: &str = "{place}";
/// What stands in a URL for the number of a deployment.
const INDEX: &str = "{index}";
/// The domain of deployments that are found by host name, when the URL names none.
pub const DOMAIN: &str = "conformance.test";

/// A URL from which the address of each deployment follows.
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

/// Where a deployment is.
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
    /// Where its deployments are.
    pub template: Template,
    /// Its name in lists of deviations.
    pub key: String,
    /// All deployments of the suite, in the order of their numbers.
    pub deployments: Vec<NamedDeployment>,
}

/// The host, with the address of each deployment.
#[derive(Clone, Debug)]
struct Running {
    targets: Vec<(Reached, Target)>,
}

/// The address of a deployment, or why it cannot be reached.
type Reached = Result<SocketAddr, String>;

impl HostUnderTest for UrlHost {
    fn key(&self) -> &str {
        &self.key
    }

    fn describe(&self) -> String {
        format!("the host at {}", self.template.text)
    }

    fn start<'a>(
        &'a self,
        deployments: &'a [Deployment],
        _: SocketAddr,
        _: &'a Path,
    ) -> HostFuture<'a, Result<Box<dyn RunningHost>, Error>> {
        Box::pin(async move {
            let targets = self.targets(deployments).await?;
            Ok(Box::new(Running { targets }) as Box<dyn RunningHost>)
        })
    }
}

impl UrlHost {
    async fn targets(&self, deployments: &[Deployment]) -> Result<Vec<(Reached, Target)>, Error> {
        let mut targets: Vec<(Reached, Target)> = Vec::new();
        for deployment in deployments {
            let guest = &deployment.guest;
            let rejected = |reason: String| Error::Rejected { guest: guest.clone(), reason };
            let index = Suite::index(&self.deployments, deployment)
                .ok_or_else(|| rejected("it is not in the suite".to_owned()))?;
            let target = self
                .template
                .target(&self.deployments[index].name, index)
                .map_err(|error| rejected(error.to_string()))?;
            let known = targets.iter().find(|(_, known)| known.authority == target.authority);
            let reached = match known {
                Some((reached, _)) => reached.clone(),
                None => find(&target.authority).await,
            };
            targets.push((reached, target));
        }
        // A host that listens for some of the guests refuses the others.
        match targets.iter().find_map(|(reached, _)| reached.as_ref().err()) {
            Some(reason) if targets.iter().all(|(reached, _)| reached.is_err()) => {
                Err(Error::Unreachable { reason: reason.clone() })
            }
            _ => Ok(targets),
        }
    }
}

/// The first address of an authority that accepts connections.
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
    fn address(&self, deployment: usize) -> SocketAddr {
        match &self.targets[deployment].0 {
            Ok(address) => *address,
            Err(reason) => unreachable!("a refused deployment is not asked: {reason}"),
        }
    }

    fn refused(&self, deployment: usize) -> Option<&str> {
        self.targets[deployment].0.as_ref().err().map(String::as_str)
    }

    fn route(&self, deployment: usize, request: &mut http_probe::Request) -> Result<(), String> {
        let target = &self.targets[deployment].1;
        if let Some(host) = &target.host {
            if request.headers.contains_key(header::HOST) {
                return Err(
                    "it names a host of its own, and this host finds guests by `host`".to_owned()
                );
            }
            let host = HeaderValue::from_str(host).map_err(|error| error.to_string())?;
            request.headers.insert(header::HOST, host);
        }
        request.uri.insert_str(0, &target.prefix);
        Ok(())
    }

    fn logs(&mut self, _: usize) -> HostFuture<'_, Option<Vec<LogEntry>>> {
        Box::pin(std::future::ready(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Template::new(text).unwrap().target("get-uri-request", 7).unwrap()
    }

    #[test]
    fn a_deployment_is_found_by_host_path_or_port() {
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
    fn an_invalid_template_has_a_reason() {
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
    fn requests_are_routed() {
        let route = |text: &str, request: &mut http_probe::Request| {
            let address = SocketAddr::from(([127, 0, 0, 1], 1));
            Running { targets: vec![(Ok(address), target(text))] }.route(0, request)
        };
        let mut request =
            http_probe::Request { uri: "/a?b".to_owned(), ..http_probe::Request::default() };
        route("http://h/x/{place}", &mut request).unwrap();
        assert_eq!(request.uri, "/x/get-uri-request/a?b");
        assert!(request.headers.is_empty());
        route("http://h", &mut request).unwrap();
        assert_eq!(request.headers["host"], "get-uri-request.conformance.test");
        let error = route("http://h", &mut request).unwrap_err();
        assert!(error.starts_with("it names a host of its own"), "{error}");
    }
}
