//! What every measurement here is made of: a service, requests for it, and guests around it.
//!
//! Requests and answers are those of `interop/bench/main.go`, which measures the official Go host:
//! the same headers with the same texts.

use std::hint::black_box;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body as _;
use http_wasm_host::engine::{Engine, Module, Options, Pool};
use http_wasm_host::layer::{Body, BoxError, GuestLayer, GuestService};
use http_wasm_model::exchange::{Limits, Settings};
use http_wasm_testkit::guest;
use tower_layer::Layer as _;
use tower_service::Service;

/// Reads what comes of the request's body and answers everything with four headers.
#[derive(Clone)]
pub(crate) struct Answers;

impl Service<Request<Body>> for Answers {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        black_box(read(request.into_body()));
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        for (name, value) in [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", "0"),
            ("cache-control", "no-store"),
            ("x-request-id", "0123456789abcdef"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        std::future::ready(Ok(response))
    }
}

/// The headers of every request.
pub(crate) fn headers() -> HeaderMap {
    [
        ("host", "example.test"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "en-US,en;q=0.5"),
        ("accept-encoding", "gzip, deflate, br"),
        ("referer", "https://example.test/before"),
        ("cookie", "session=0123456789abcdef0123456789abcdef"),
        ("content-type", "text/plain"),
        ("x-forwarded-for", "192.0.2.1"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)))
    .collect()
}

/// A request with these headers, made as hyper does it: it makes room for those that it has counted,
/// and adds one after the other.
fn request(headers: &HeaderMap, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.uri_mut() = http::Uri::from_static("/v1/items?limit=10");
    let own = request.headers_mut();
    own.reserve(headers.len());
    for (name, value) in headers {
        own.append(name.clone(), value.clone());
    }
    request
}

/// Sends a request and reads the response to its end, as a server does; returns its length.
///
/// # Panics
/// When the guest trapped, which the layer answers with 500: its time would be that of a failure.
pub(crate) fn send<S, E>(service: &mut S, headers: &HeaderMap, body: Body) -> usize
where
    S: Service<Request<Body>, Response = Response<Body>, Error = E>,
    E: std::fmt::Debug,
{
    let response = now(service.call(request(headers, body))).expect("a response");
    assert!(!response.status().is_server_error(), "found {}: the guest trapped", response.status());
    read(black_box(response).into_body())
}

/// Reads a body that need not be waited for; gives its length.
fn read(mut body: Body) -> usize {
    let mut length = 0;
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut body).poll_frame(&mut context) {
            Poll::Ready(None) => return length,
            Poll::Ready(Some(frame)) => {
                length += frame.expect("a piece").data_ref().map_or(0, Bytes::len);
            }
            Poll::Pending => unreachable!("everything is there"),
        }
    }
}

/// Runs a future that need not wait.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}

/// A guest that reads the whole request body in pieces of 32 KiB, and answers.
pub(crate) const READS: &str = r#"
  (func (export "handle_request") (result i64)
    (loop $more
      (br_if $more (i64.eqz (i64.shr_u
        (call $read_body (i32.const 0) (i32.const 0) (i32.const 32768)) (i64.const 32)))))
    (i64.const 0))"#;

/// Compiles a guest in the text format, which the test kit completes.
pub(crate) fn text(text: &str) -> Module {
    let wasm = wat::parse_str(guest::module(text)).expect("the text is a module");
    Module::new(&wasm, Options::default()).expect("the module is a guest")
}

/// Compiles the guest of a file.
pub(crate) fn file(file: &Path) -> Module {
    let wasm = std::fs::read(file).unwrap_or_else(|error| {
        panic!("no {}: {error}; `cargo xtask build header` makes it", file.display())
    });
    let engine = Engine::new(Options::default()).expect("an engine");
    engine.module(&wasm).expect("the file is a guest")
}

/// A service with a guest around it.
pub(crate) fn guard<S>(module: &Module, inner: S) -> GuestService<S> {
    let limits = Limits { request_body: 1 << 30, response_body: 1 << 30, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let pool = Pool::new(module.clone(), settings).expect("the guest starts");
    GuestLayer::new(Arc::new(pool)).layer(inner)
}

/// A service with two guests around it.
pub(crate) fn twice<S>(module: &Module, inner: S) -> GuestService<GuestService<S>> {
    guard(module, guard(module, inner))
}
