//! One request of a client and its response, around the guests: what the server itself does with
//! both.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_wasm_host::layer::{self, Body, ClientAddr};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use tower_service::Service as _;

use super::bodies::{Arrival, ArrivingBody, ClientBody, TimedBody};
use super::chain::Link;
use super::messages::{is_coded, strip_named, text};
use super::options::{Forwarded, ServerOptions};
use super::state::{InFlight, State};
use super::upgrade::Upgrade;

/// Up to this length the HTTP library reads the rest of a body that nobody wanted, and keeps the
/// connection.
const MAX_DRAINED: u64 = 8 << 10;

/// Responds to a request.
pub(super) async fn respond(
    mut request: Request<Incoming>,
    client: SocketAddr,
    mut chain: Link,
    state: Arc<State>,
    options: Arc<ServerOptions>,
) -> Result<Response<ClientBody<InFlight>>, layer::Error> {
    let in_flight = InFlight::new(&state);
    let version = request.version();
    let is_small = is_declared_small(request.headers(), MAX_DRAINED);
    let client_upgrade = Upgrade::take(&mut request);
    let (upgrade, on_upgrade) = client_upgrade.unzip();
    let arrival = Arc::new(Arrival::default());
    let mut response = match refuse(&mut request) {
        Some(refused) => refused,
        None => {
            strip_named(request.headers_mut());
            forwarded(&mut request, client, options.forwarded);
            request.extensions_mut().insert(ClientAddr(client));
            if let Some(upgrade) = &upgrade {
                request.extensions_mut().insert(upgrade.clone());
            }
            chain.call(arriving(request, &arrival, &options)).await?
        }
    };
    response = finish(response, upgrade, on_upgrade, &state);
    if arrival.is_unread() {
        state.ending.is_unread.store(true, Ordering::Relaxed);
        if version < Version::HTTP_2 && !is_small {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    let on_cut = move || {
        // An older client knows the end of a response by that of the connection.
        if version < Version::HTTP_11 {
            state.ending.is_cut.store(true, Ordering::Relaxed);
        }
    };
    Ok(response.map(|body| ClientBody::new(body, in_flight, on_cut)))
}

/// A guest that waits for a body gives up first, because it knows what to say then.
const MARGIN: Duration = Duration::from_millis(250);

/// The request for the guests, whose body may not stall.
fn arriving(
    request: Request<Incoming>,
    arrival: &Arc<Arrival>,
    options: &ServerOptions,
) -> Request<Body> {
    request.map(|body| {
        let body = ArrivingBody::new(body, Arc::clone(arrival));
        Body::stream(TimedBody::new(body, options.body_timeout + MARGIN, "--body-timeout"))
    })
}

/// The response to what this server does not take. What it takes has a clear meaning then.
fn refuse(request: &mut Request<Incoming>) -> Option<Response<Body>> {
    // The library takes off the chunks, once. Whoever gets the rest would not know that it is coded.
    if is_coded(request.headers()) {
        let why = "no transfer coding but chunked is supported, once";
        return Some(text(StatusCode::NOT_IMPLEMENTED, Body::full(why)));
    }
    if request.method() == Method::CONNECT {
        let why = "CONNECT is not supported";
        return Some(text(StatusCode::NOT_IMPLEMENTED, Body::full(why)));
    }
    let malformed = layer::receive(request).err()?;
    Some(text(StatusCode::BAD_REQUEST, Body::full(malformed.to_string())))
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Says who the client is and what it asked for.
fn forwarded<B>(request: &mut Request<B>, client: SocketAddr, how: Forwarded) {
    if how == Forwarded::Keep {
        return;
    }
    let headers = request.headers_mut();
    if how == Forwarded::Replace {
        for name in [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO] {
            headers.remove(name);
        }
    }
    let mut clients: Vec<_> =
        headers.get_all(&FORWARDED_FOR).iter().map(|value| value.as_bytes().to_vec()).collect();
    clients.push(client.ip().to_canonical().to_string().into_bytes());
    if let Ok(clients) = HeaderValue::from_bytes(&clients.join(&b", "[..])) {
        headers.insert(FORWARDED_FOR, clients);
    }
    if let Some(host) = headers.get(HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
}

/// The response for the client, whose connection becomes a tunnel where the upstream has agreed.
fn finish(
    mut response: Response<Body>,
    upgrade: Option<Upgrade>,
    on_upgrade: Option<OnUpgrade>,
    state: &State,
) -> Response<Body> {
    let switched = upgrade.and_then(Upgrade::into_switched);
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let (Some((protocol, upstream)), Some(client)) = (switched, on_upgrade) else {
        return text(StatusCode::BAD_GATEWAY, Body::full("bad gateway"));
    };
    state.set_tunnel(client, upstream);
    let headers = response.headers_mut();
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
    *response.body_mut() = Body::empty();
    response
}

/// Whether a declared length is at most this.
fn is_declared_small(headers: &HeaderMap, most: u64) -> bool {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .is_some_and(|length| length <= most)
}
