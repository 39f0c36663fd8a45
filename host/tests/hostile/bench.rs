//! A host with a hostile guest and a good one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use http_wasm_abi::FUNCTIONS;
use http_wasm_host::engine::{Engine, LoadError, Options, Pool, StartError};
use http_wasm_host::layer::{Body, BoxError, Error, Event, GuestLayer};
use http_wasm_model::exchange::{Limits, Settings, TrapKind};
use http_wasm_testkit::guest as guest_text;
use tower::{ServiceExt as _, service_fn};
use tower_layer::Layer as _;

/// Marks its responses.
pub(crate) fn good() -> String {
    guest_text::module(
        r#"(data (i32.const 0) "x-good")
          (func (export "handle_request") (result i64)
            (call $set_header_value (i32.const 1) (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 6))
            (i64.const 1))"#,
    )
}

/// A guest with everything imported, so that it can do anything: with this in its module, its start,
/// and its hooks.
pub(crate) fn guest(module: &str, start: &str, request: &str, response: &str) -> String {
    let imports: String = FUNCTIONS.into_iter().map(guest_text::import).collect();
    guest_text::module(&format!(
        r#"{imports}
          (memory (export "memory") 1)
          (data (i32.const 0) "x-a\00yes")
          {module}
          (func (export "_start") {start})
          (func (export "handle_request") (result i64) {request})
          (func (export "handle_response") (param $ctx i32) (param $error i32) {response})"#
    ))
}

/// A guest that does this in its request hook and then goes on.
pub(crate) fn on_request(body: &str) -> String {
    guest("", "", &format!("{body} (i64.const 1)"), "")
}

/// Limits that tests reach soon.
pub(crate) fn options() -> Options {
    Options {
        memory_limit: 4 << 20,
        time_limit: Some(Duration::from_millis(100)),
        reserved_instances: Some(20),
        ..Options::default()
    }
}

/// A hostile guest and a good one on the same engine.
pub(crate) struct Bench {
    pub(crate) hostile: GuestLayer,
    good: GuestLayer,
    pub(crate) told: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    pub(crate) fn new(wat: &str) -> Self {
        Self::with(wat, options()).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn with(wat: &str, options: Options) -> Result<Self, Refused> {
        let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
        Self::of_with(&wasm, options)
    }

    /// The same, with a hostile guest in the binary format.
    pub(crate) fn of(wasm: &[u8]) -> Result<Self, Refused> {
        Self::of_with(wasm, options())
    }

    fn of_with(wasm: &[u8], options: Options) -> Result<Self, Refused> {
        let engine = Engine::new(options).unwrap();
        let good = layer(&engine, &good(), |_| {})?;
        let told = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&told);
        let hostile = layer_of(&engine, wasm, move |event| {
            to.lock().unwrap().push(event.to_string());
        })?;
        Ok(Self { hostile, good, told })
    }

    /// What the client of the hostile guest gets; `None`: nothing. After that, the host still serves.
    pub(crate) async fn attack(&self) -> Option<Response<Bytes>> {
        let answer = send(&self.hostile, post()).await;
        self.serves().await;
        answer.ok()
    }

    pub(crate) async fn serves(&self) {
        let answer = send(&self.good, post()).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, &b"hello"[..]));
        assert_eq!(answer.headers()["x-good"], "x-good");
    }

    /// The attack ends in a trap of this kind in the request hook, and the client learns nothing.
    pub(crate) async fn traps(&self, kind: TrapKind) {
        let answer = self.attack().await.expect("an answer");
        assert_eq!(answer.status(), 500, "{:?}", self.told.lock().unwrap());
        assert_eq!(answer.body().as_ref(), b"internal server error");
        let metrics = self.hostile.metrics();
        assert_eq!(metrics.traps.last().map(|(kind, _)| *kind), Some(kind), "{metrics:?}");
        assert_eq!(metrics.instances, 0, "a trapped instance is thrown away");
        assert!(!self.told.lock().unwrap().is_empty(), "and its owner learns why");
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Start(#[from] StartError),
}

pub(crate) fn layer(
    engine: &Engine,
    wat: &str,
    observer: impl Fn(Event<'_>) + Send + Sync + 'static,
) -> Result<GuestLayer, Refused> {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    layer_of(engine, &wasm, observer)
}

fn layer_of(
    engine: &Engine,
    wasm: &[u8],
    observer: impl Fn(Event<'_>) + Send + Sync + 'static,
) -> Result<GuestLayer, Refused> {
    let module = engine.module(wasm)?;
    let limits = Limits { request_body: 1 << 20, response_body: 1 << 20, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let pool = Pool::new(module, settings)?;
    Ok(GuestLayer::builder(Arc::new(pool)).observe(observer).build())
}

pub(crate) fn post() -> Request<Full<Bytes>> {
    let builder = Request::post("/path?query").header("content-length", 5).header("x-b", "1");
    builder.body(Full::from("12345")).unwrap()
}

pub(crate) async fn send(
    layer: &GuestLayer,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, Error> {
    let inner = service_fn(async |request: Request<Body>| {
        request.into_body().collect().await?;
        Ok::<_, BoxError>(Response::new(Body::full("hello")))
    });
    let (parts, body) = layer.layer(inner).oneshot(request).await?.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Ok(Response::from_parts(parts, body))
}
