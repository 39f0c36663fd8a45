//! Requests whose future is dropped before it ends.

use std::sync::Weak;

use super::arriving::arriving;
use super::*;

/// A body that never comes.
fn never() -> Body {
    arriving(|_| Poll::Pending)
}

/// Polls a request until the inner service is reached, or the body is waited for, and drops it.
async fn cancel(bench: &Bench, inner_answers: bool) {
    cancel_with(bench, get("/").map(Body::stream), inner_answers).await;
}

async fn cancel_with(bench: &Bench, request: Request<Body>, inner_answers: bool) {
    let (reached, arrived) = tokio::sync::oneshot::channel::<()>();
    let reached = Arc::new(Mutex::new(Some(reached)));
    let inner = service_fn(move |_: Request<Body>| {
        if let Some(reached) = reached.lock().expect("nobody panics").take() {
            reached.send(()).expect("somebody waits");
        }
        async move {
            if !inner_answers {
                std::future::pending::<()>().await;
            }
            Ok::<_, BoxError>(Response::new(never()))
        }
    });
    let request = tokio::spawn(bench.layer.layer(inner).oneshot(request));
    arrived.await.expect("the inner service is called");
    request.abort();
    assert!(request.await.is_err_and(|error| error.is_cancelled()));
}

/// Waits until the layer has nothing to do any more.
async fn settled(bench: &Bench, idle: usize) {
    for _ in 0..1000 {
        if bench.idle_instances() == idle {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} instances are idle, wanted {idle}", bench.idle_instances());
}

#[tokio::test]
async fn a_pending_response_hook_is_called_with_an_error() {
    let bench = Bench::new(&guest(&[], GO_ON, LOG_RESPONSE));
    cancel(&bench, false).await;
    settled(&bench, 1).await;
    assert_eq!(bench.told(), ["11"], "once, with an error");
    assert_eq!(bench.layer.metrics().cancelled, 1);
    // And the same instance serves the next request.
    bench.send(get("/"), echo).await.expect("a response");
    assert_eq!(bench.told(), ["02"]);
}

#[tokio::test]
async fn a_request_that_was_given_up_has_no_trailers() {
    let names = r#"(drop (call $get_header_names (i32.const 2) (i32.const 256) (i32.const 99)))
        (call $log (i32.const 0) (i32.const 256) (i32.const 1))"#;
    let bench = Bench::new(&super::streams::reader(4, GO_ON, names));
    let request = Request::post("/").body(never()).expect("a request");
    cancel_with(&bench, request, false).await;
    settled(&bench, 1).await;
    assert_eq!(bench.told(), ["\0"], "and no trap");
}

#[tokio::test]
async fn a_hook_that_waits_for_a_body_ends_with_its_instance() {
    // It has been called, so it is not called once more.
    let reads = guest(
        BODIES,
        "(drop (call $enable_features (i32.const 2))) (i64.const 1)",
        "(call $log (i32.const 0) (i32.const 0) (i32.const 3))
         (drop (call $read_body (i32.const 1) (i32.const 256) (i32.const 9)))",
    );
    let bench = Bench::new(&reads);
    cancel(&bench, true).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(bench.pool.instances(), 0);
    assert_eq!(bench.layer.metrics().response_hooks, 1);
}

#[tokio::test]
async fn a_hook_that_computes_ends_with_its_instance() {
    let bench = Bench::new(&guest(&[], "(loop $again (br $again)) (i64.const 1)", ""));
    let request = tokio::spawn(bench.layer.layer(service_fn(echo)).oneshot(get("/")));
    while bench.idle_instances() == 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    request.abort();
    assert!(request.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(bench.pool.instances(), 0);
}

#[tokio::test]
async fn a_body_that_the_client_stops_reading_stops_the_inner_body() {
    let bench = Bench::new(&guest(&[], GO_ON, LOG_RESPONSE));
    let (body, dropped) = endless();
    let body = once(body);
    let inner = service_fn(move |_: Request<Body>| {
        let response = Response::new(body());
        async move { Ok::<_, BoxError>(response) }
    });
    let response = bench.layer.layer(inner).oneshot(get("/")).await.expect("a response");
    assert_eq!(bench.told(), ["01"], "the response hook is over when the head leaves");
    assert_eq!(bench.idle_instances(), 1, "and the instance is free");
    let mut body = response.into_body();
    body.frame().await.expect("a frame").expect("no error");
    assert_eq!(dropped.strong_count(), 1);
    drop(body);
    assert_eq!(dropped.strong_count(), 0);
}

/// A body without end, and what holds nothing any more once it is dropped.
fn endless() -> (Body, Weak<()>) {
    let alive = Arc::new(());
    let dropped = Arc::downgrade(&alive);
    let body = arriving(move |_| {
        let _held = &alive;
        Poll::Ready(Some(Ok(Bytes::from_static(b"more"))))
    });
    (body, dropped)
}

#[tokio::test]
async fn the_body_of_a_request_that_the_guest_answers_is_not_dropped_before_anybody_asks() {
    let bench = Bench::new(&guest(&[], STOP, ""));
    let (body, dropped) = endless();
    let request = Request::post("/").body(body).expect("a request");
    let inner = service_fn(|_: Request<Body>| async { Err::<Response<Body>, BoxError>("".into()) });
    let response = bench.layer.layer(inner).call(request);
    assert_eq!(dropped.strong_count(), 1, "a server would close the connection");
    assert_eq!(response.await.expect("a response").status(), 200);
    assert_eq!(dropped.strong_count(), 0);
}
