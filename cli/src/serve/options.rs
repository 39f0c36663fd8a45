//! How a server treats its clients and its upstream: limits, and how long it waits.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderMap;
use http_wasm_model::exchange::Limits;

/// Settings of a server.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The most client connections at once; further ones wait in the system's queue.
    pub max_connections: usize,
    /// How long a client connection may be open without a request in flight. Counts from the end of
    /// the last response to the end of the next request's head.
    pub idle_timeout: Duration,
    /// How long a client may send nothing of a body that is wanted, or take nothing of a response.
    pub body_timeout: Duration,
    /// The most headers of a message, and their most bytes, in both directions.
    pub headers: HeaderLimits,
    /// What is done with `x-forwarded-for`, `-host` and `-proto`.
    pub forwarded: Forwarded,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 4_096,
            idle_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            headers: HeaderLimits::default(),
            forwarded: Forwarded::default(),
        }
    }
}

/// Settings of the connections to an upstream.
#[derive(Clone, Debug)]
pub struct UpstreamOptions {
    /// How long a connection may take, with TLS.
    pub connect_timeout: Duration,
    /// How long the upstream may do nothing: take nothing of a request, and send nothing of the head or
    /// of the body of its response.
    pub response_timeout: Duration,
    /// The most headers of a response, and their most bytes.
    pub headers: HeaderLimits,
    /// Certificates (PEM) to trust instead of those of the system.
    pub ca: Option<PathBuf>,
    /// Whether any certificate is accepted.
    pub insecure: bool,
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(60),
            headers: HeaderLimits::default(),
            ca: None,
            insecure: false,
        }
    }
}

/// What is done with `x-forwarded-for`, `x-forwarded-host` and `x-forwarded-proto` before guests see
/// the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Forwarded {
    /// Nothing: what a client sends passes through
    #[default]
    Keep,
    /// Set them, whatever the client has sent: for a server that clients connect to
    Replace,
    /// Add the client's address to the list, and set what is missing: for a server behind a proxy
    Append,
}

/// How many headers a message may have, as guests' [`Limits`] count them.
#[derive(Clone, Copy, Debug)]
pub struct HeaderLimits {
    /// Header values.
    pub count: usize,
    /// Bytes of names and values.
    pub bytes: usize,
}

impl Default for HeaderLimits {
    fn default() -> Self {
        let Limits { header_count, header_bytes, .. } = Limits::default();
        Self { count: header_count, bytes: header_bytes }
    }
}

impl HeaderLimits {
    /// Whether these headers are more than that.
    pub(super) fn exceeded_by(&self, headers: &HeaderMap) -> bool {
        let bytes: usize =
            headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        headers.len() > self.count || bytes > self.bytes
    }

    /// A limit for the HTTP/1 library, which counts the first line and punctuation too and so must not
    /// be the first to refuse. It has to hold as much of a head.
    pub(super) const fn http1_buffer(&self) -> usize {
        // The longest target that the library takes, and `: ` and a line break for each header.
        let more = (64 << 10) + 4 * self.count;
        // Less than that the library does not take.
        self.bytes.saturating_add(more)
    }

    /// A limit for the HTTP/2 library, which counts 32 bytes more for each header, and which ends the
    /// connection and not only the request when more comes. So it is twice as much.
    pub(super) fn http2_list(&self) -> u32 {
        let most = self.bytes.saturating_add((64 << 10) + 32 * self.count);
        u32::try_from(most.saturating_mul(2)).unwrap_or(u32::MAX)
    }
}

impl std::fmt::Display for HeaderLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} headers (--max-headers) or {} KiB of them (--max-header-size)",
            self.count,
            self.bytes >> 10
        )
    }
}
