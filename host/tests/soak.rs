//! Memory does not grow with the number of good requests. Alone in its program, because what is
//! measured is the whole process. `cargo xtask bench soak` does the same ten million times.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use http_wasm_host::engine::{Module, Options, Pool};
use http_wasm_host::layer::{Body, GuestLayer};
use http_wasm_model::exchange::Settings;
use http_wasm_testkit::guest;
use tower::{ServiceExt as _, service_fn};
use tower_layer::Layer as _;

/// Reads the request's body and passes it on, and adds a header to the response.
const GUEST: &str = r#"
  (data (i32.const 0) "x-guest")
  (func (export "handle_request") (result i64)
    (call $add_header_value (i32.const 1) (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 7))
    (call $write_body (i32.const 0) (i32.const 64)
      (i32.wrap_i64 (call $read_body (i32.const 0) (i32.const 64) (i32.const 1000))))
    (i64.const 1))"#;

/// An allocation of 16 bytes that is lost in each is three times what memory may grow by.
const REQUESTS: usize = 200_000;
const MAX_GROWTH_KIB: u64 = 1024;

#[tokio::test]
async fn memory_does_not_grow_with_requests() {
    let module =
        Module::new(&wat::parse_str(guest::module(GUEST)).unwrap(), Options::default()).unwrap();
    let settings = Settings::default();
    let layer = GuestLayer::new(Arc::new(Pool::new(module, settings).unwrap()));
    let service = layer.layer(service_fn(|request: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    }));
    let mut early = 0;
    for request in 0..REQUESTS {
        if request == REQUESTS / 10 {
            early = resident();
        }
        let answer = service.clone().oneshot(Request::new(Body::full("hello"))).await.unwrap();
        assert!(answer.headers().contains_key("x-guest"));
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
    }
    let late = resident();
    assert!(late <= early + MAX_GROWTH_KIB, "{early} KiB after a tenth, {late} KiB after all");
}

/// The process's resident memory, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
