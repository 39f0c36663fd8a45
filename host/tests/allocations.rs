//! How often a request through the layer allocates, beside the same request without it. These are counts,
//! so that they can be held: what they cost is for `cargo xtask bench`. Alone in its program, as it
//! has an allocator of its own.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response};
use http_wasm_abi::Function;
use http_wasm_host::engine::{Module, Options, Pool};
use http_wasm_host::layer::{Body, BoxError, GuestLayer};
use http_wasm_model::exchange::Settings;
use http_wasm_testkit::guest as guest_text;
use tower::service_fn;
use tower_layer::Layer as _;
use tower_service::Service;

fn guest(on_request: &str, on_response: &str) -> GuestLayer {
    // It may look at the request, also where it does not: so the layer keeps the request for it.
    let import = guest_text::import(Function::GetUri);
    let text = guest_text::module(&format!(
        r#"{import}
          (data (i32.const 0) "x-guest")
          (func $mark (param $kind i32)
            (call $add_header_value (local.get $kind)
              (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 7)))
          (func (export "handle_request") (result i64) {on_request} (i64.const 1))
          (func (export "handle_response") (param i32 i32) {on_response})"#
    ));
    let module = Module::new(&wat::parse_str(text).unwrap(), Options::default()).unwrap();
    let settings = Settings::default();
    GuestLayer::new(Arc::new(Pool::new(module, settings).unwrap()))
}

/// Answers with four headers, which leaves room for a few more where they are.
async fn answer(_: Request<Body>) -> Result<Response<Body>, BoxError> {
    let mut response = Response::new(Body::empty());
    for name in ["content-type", "cache-control", "x-one", "x-two"] {
        response.headers_mut().insert(name, HeaderValue::from_static("value"));
    }
    Ok(response)
}

/// The allocations of a request, once all that is made once is there.
fn count<S, E>(mut service: S) -> u64
where
    S: Service<Request<Body>, Response = Response<Body>, Error = E>,
    E: std::fmt::Debug,
{
    let mut send = || {
        let mut request = Request::new(Body::empty());
        for name in ["host", "accept", "x-three"] {
            request.headers_mut().insert(name, HeaderValue::from_static("value"));
        }
        let mut answer = pin!(service.call(request));
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer.unwrap().headers().len(),
            Poll::Pending => panic!("nothing to wait for"),
        }
    };
    for _ in 0..10 {
        send();
    }
    let mut headers = 0;
    let counted = allocation_counter::measure(|| headers = send());
    assert!(headers >= 4, "{headers} headers");
    counted.count_total
}

#[track_caller]
fn more(layer: &GuestLayer, wanted: u64) {
    let (with, without) = (count(layer.layer(service_fn(answer))), count(service_fn(answer)));
    assert_eq!(with - without, wanted, "{with} with the guest, {without} without");
}

#[test]
fn a_guest_that_adds_a_header_and_is_done_allocates_nothing() {
    more(&guest("(call $mark (i32.const 1))", ""), 0);
}

#[test]
fn one_that_looks_at_the_request_and_adds_to_it_allocates_nothing() {
    let look = "(drop (call $get_uri (i32.const 64) (i32.const 64))) (call $mark (i32.const 0))";
    more(&guest(look, ""), 0);
}

#[test]
fn a_chain_of_those_allocates_nothing() {
    let layer = guest("(call $mark (i32.const 0))", "");
    let outer = guest("(drop (call $get_uri (i32.const 64) (i32.const 64)))", "");
    let chain = outer.layer(layer.layer(service_fn(answer)));
    assert_eq!(count(chain), count(service_fn(answer)));
}

#[test]
fn a_response_hook_that_does_not_look_at_headers_allocates_nothing() {
    more(&guest("(call $mark (i32.const 1))", "(nop)"), 0);
}

/// Loops are not known to end soon: the guest is called on a fiber until it has shown that it is quick.
#[test]
fn a_guest_with_a_loop_allocates_nothing_once_it_is_known_to_be_quick() {
    let layer = guest("(loop) (call $mark (i32.const 1))", "(loop)");
    for _ in 0..40 {
        count(layer.layer(service_fn(answer)));
    }
    more(&layer, 0);
}
