//! The layer with small hand-written guests around small services.

mod arriving;
mod bodies;
mod cancelled;
mod flow;
mod observe;
mod slots;
mod streams;
mod trailers;

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{ServiceExt as _, service_fn};
use tower_layer::Layer as _;
use tower_service::Service as _;

use http_wasm_abi::Function;

use super::*;
use crate::engine::{Module, Options};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{Limits, Settings};
use http_wasm_testkit::guest as guest_text;

/// What the guests below keep in memory.
const HEAD: &str = r#"
  (data (i32.const 0) "x-a")
  (data (i32.const 8) "yes")
  (data (i32.const 16) "content-length")
  (data (i32.const 32) "7")
  (global $count (mut i32) (i32.const 0))"#;

/// What the guests below import even where they do not call it: what a guest may look at or change
/// decides how the layer treats it.
const IMPORTS: [Function; 5] = [
    Function::Log,
    Function::SetHeaderValue,
    Function::SetStatusCode,
    Function::GetSourceAddr,
    Function::GetProtocolVersion,
];

/// Imports that make the layer hold bodies.
const BODIES: &[Function] = &[Function::EnableFeatures, Function::ReadBody, Function::WriteBody];

/// A guest that has these imports too, with these fields.
fn guest_of(imports: &[Function], fields: &str) -> String {
    let imports: String =
        IMPORTS.iter().chain(imports).map(|&function| guest_text::import(function)).collect();
    guest_text::module(&format!("{imports} {HEAD} {fields}"))
}

fn guest(imports: &[Function], on_request: &str, on_response: &str) -> String {
    guest_of(
        imports,
        &format!(
            "(func (export \"handle_request\") (result i64) {on_request})
            (func (export \"handle_response\") (param $ctx i32) (param $is_error i32)
              (global.set $count (i32.add (global.get $count) (i32.const 1)))
              {on_response})"
        ),
    )
}

/// A guest whose response hook does nothing, so that it is done with a request before.
fn idle_guest(imports: &[Function], on_request: &str) -> String {
    let counts = "(global.set $count (i32.add (global.get $count) (i32.const 1)))";
    guest(imports, on_request, "").replace(counts, "")
}

/// Sets a header: kind, then the ranges of name and value.
fn set(kind: u32, name: (u32, u32), value: (u32, u32)) -> String {
    let [a, b, c, d] = [name.0, name.1, value.0, value.1];
    format!(
        "(call $set_header_value (i32.const {kind}) (i32.const {a}) (i32.const {b}) (i32.const {c}) (i32.const {d}))"
    )
}

const X_A_YES: ((u32, u32), (u32, u32)) = ((0, 3), (8, 3));
const GO_ON: &str = "(i64.const 1)";
const STOP: &str = "(i64.const 0)";
/// Logs whether there was an error, and how often this instance has been here.
const LOG_RESPONSE: &str = r#"
  (i32.store8 (i32.const 100) (i32.add (i32.const 48) (local.get $is_error)))
  (i32.store8 (i32.const 101) (i32.add (i32.const 48) (global.get $count)))
  (call $log (i32.const 0) (i32.const 100) (i32.const 2))"#;

/// A layer, its pool, and what it told.
struct Bench {
    pool: Arc<Pool>,
    layer: GuestLayer,
    told: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new(wat: &str) -> Self {
        Self::with(wat, Options::default())
    }

    fn with(wat: &str, options: Options) -> Self {
        Self::set_up(wat, options, |_| {}, |builder| builder)
    }

    fn limited(wat: &str, limits: Limits) -> Self {
        let set = |settings: &mut Settings| settings.limits = limits;
        Self::set_up(wat, Options::default(), set, |builder| builder)
    }

    fn set_up(
        wat: &str,
        options: Options,
        set: impl FnOnce(&mut Settings),
        setup: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let wasm = wat::parse_str(wat).expect("the text is a module");
        let module = Module::new(&wasm, options).expect("the module is a guest");
        let mut settings = Settings::default();
        set(&mut settings);
        let pool = Arc::new(Pool::new(module, settings).expect("the guest starts"));
        let told = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&told);
        let builder = GuestLayer::builder(Arc::clone(&pool)).observe(move |event| {
            to.lock().expect("nobody panics").push(event.to_string());
        });
        Self { pool, layer: setup(builder).build(), told }
    }

    /// Sends a request through the layer to the inner service.
    async fn send<F, A>(&self, request: Request<Full<Bytes>>, inner: F) -> Result<Got, Error>
    where
        F: FnMut(Request<Body>) -> A + Clone + Send + 'static,
        A: Future<Output = Result<Response<Body>, BoxError>> + Send + 'static,
    {
        let response = self.layer.layer(service_fn(inner)).oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body is whole").to_bytes();
        Ok(Got { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// How many instances wait for a request, in the pool and at hand for threads.
    fn idle_instances(&self) -> usize {
        self.pool.idle_instances() + self.layer.handle.shared.slots.idle_instances()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().expect("nobody panics"))
    }
}

#[derive(Debug)]
struct Got {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

fn get(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).expect("a request")
}

fn post(body: &str) -> Request<Full<Bytes>> {
    let builder = Request::post("/").header("content-length", body.len());
    builder.body(Full::from(body.to_owned())).expect("a request")
}

/// Gives this to the first request, for services, which are cloned.
fn once<T>(value: T) -> impl Fn() -> T + Clone {
    let value = Arc::new(Mutex::new(Some(value)));
    move || value.lock().expect("nobody panics").take().expect("one request")
}

/// Answers with the request: its body, and as headers its URI and its `x-a`.
async fn echo(request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut response = Response::new(Body::full(body.clone()));
    let headers = response.headers_mut();
    headers.insert("content-length", body.len().into());
    headers.insert("x-uri", parts.uri.to_string().parse()?);
    if let Some(length) = parts.headers.get("content-length") {
        headers.insert("x-length", length.clone());
    }
    if let Some(value) = parts.headers.get("x-a") {
        headers.insert("x-saw", value.clone());
    }
    Ok(response)
}
