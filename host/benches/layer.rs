//! What a guest costs per request: services alone, and the same with guests around them.
//!
//! `cargo bench -p http-wasm-host --features tower -- [FILTER]`. The guest is that of
//! `examples/header`, built by `cargo xtask build header`; `HTTP_WASM_GUEST` names another file.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderValue, Request, Response};
use http_wasm_host::engine::{Engine, Module, Options, Pool};
use http_wasm_host::exchange::{Limits, Settings};
use http_wasm_host::layer::{Body, BoxError, GuestLayer};
use tower_layer::Layer as _;
use tower_service::Service;

/// Answers everything with five bytes and two headers.
#[derive(Clone)]
struct Hello;

impl Service<Request<Body>> for Hello {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        black_box(&request);
        let mut response = Response::new(Body::full(Bytes::from_static(b"hello")));
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
        std::future::ready(Ok(response))
    }
}

/// A request with eight headers, made from a prepared one as a server would from its buffer.
fn request(prepared: &http::HeaderMap, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.uri_mut() = http::Uri::from_static("/a/b?c=d");
    *request.headers_mut() = prepared.clone();
    request
}

fn prepared() -> http::HeaderMap {
    let names = ["host", "accept", "accept-encoding", "user-agent", "x-a", "x-b", "cookie", "x-c"];
    names
        .into_iter()
        .map(|name| {
            (name.parse().expect("a name"), HeaderValue::from_static("some value of some length"))
        })
        .collect()
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

fn guest_file() -> PathBuf {
    std::env::var_os("HTTP_WASM_GUEST").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests/header.wasm")),
        PathBuf::from,
    )
}

fn layer(module: Module) -> GuestLayer {
    let limits = Limits { request_body: 1 << 30, response_body: 1 << 30, ..Limits::default() };
    let settings = Settings { record_calls: false, limits, ..Settings::default() };
    GuestLayer::new(Arc::new(Pool::new(module, settings).expect("the guest starts")))
}

fn per_request(criterion: &mut Criterion) {
    let file = guest_file();
    let wasm = std::fs::read(&file).unwrap_or_else(|error| {
        panic!("no {}: {error}; `cargo xtask build header` makes it", file.display())
    });
    let engine = Engine::new(Options::default()).expect("an engine");
    let module = engine.module(&wasm).expect("the file is a guest");
    let prepared = prepared();
    let mut group = criterion.benchmark_group("per request");
    let mut alone = Hello;
    group.bench_function("alone", |bencher| {
        bencher.iter(|| now(alone.call(request(&prepared, Body::empty()))));
    });
    let mut guarded = layer(module.clone()).layer(Hello);
    group.bench_function("one guest", |bencher| {
        bencher.iter(|| now(guarded.call(request(&prepared, Body::empty()))));
    });
    let mut twice = layer(module.clone()).layer(layer(module.clone()).layer(Hello));
    group.bench_function("two guests", |bencher| {
        bencher.iter(|| now(twice.call(request(&prepared, Body::empty()))));
    });
    let inner = layer(module.clone()).layer(layer(module.clone()).layer(Hello));
    let mut four = layer(module.clone()).layer(layer(module).layer(inner));
    group.bench_function("four guests", |bencher| {
        bencher.iter(|| now(four.call(request(&prepared, Body::empty()))));
    });
    group.finish();
}

/// Reads the whole request body in pieces of 32 KiB and answers.
const READS: &str = r#"(module
  (import "http_handler" "read_body" (func $read (param i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (func (export "handle_request") (result i64)
    (loop $more
      (br_if $more (i64.eqz (i64.shr_u
        (call $read (i32.const 0) (i32.const 0) (i32.const 32768)) (i64.const 32)))))
    (i64.const 0))
  (func (export "handle_response") (param i32 i32)))"#;

fn per_byte(criterion: &mut Criterion) {
    let wasm = wat::parse_str(READS).expect("the text is a module");
    let module = Module::new(&wasm, Options::default()).expect("the module is a guest");
    let mut guarded = layer(module).layer(Hello);
    let prepared = prepared();
    let mut group = criterion.benchmark_group("body read by the guest");
    for size in [0_usize, 64 << 10, 256 << 10, 1 << 20, 4 << 20] {
        let bytes = Bytes::from(vec![b'a'; size]);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| now(guarded.call(request(&prepared, Body::full(bytes.clone())))));
        });
    }
    group.finish();
}

criterion_group!(benches, per_request, per_byte);
criterion_main!(benches);
