//! Requests whose future is dropped before it ends.

use super::*;

/// Polls the request until the inner service is reached, or the body is waited for, and drops it.
async fn give_up(bench: &Bench, inner_answers: bool) {
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
            Ok::<_, BoxError>(Response::new(Body::stream(Never)))
        }
    });
    let request = tokio::spawn(bench.layer.layer(inner).oneshot(get("/")));
    arrived.await.expect("the inner service is called");
    request.abort();
    assert!(request.await.is_err_and(|error| error.is_cancelled()));
}

/// A body that never comes.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BoxError>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn an_instance_whose_response_hook_is_owed_is_discarded() {
    let bench = Bench::new(&guest("", GO_ON, LOG_RESPONSE));
    give_up(&bench, false).await;
    assert_eq!(bench.pool.idle_instances(), 0);
    assert_eq!(bench.told(), [""; 0], "the hook is not called for a request that is gone");
    // And the next request is served, by a fresh instance.
    bench.send(get("/"), echo).await.expect("a response");
    assert_eq!(bench.told(), ["01"]);
    assert_eq!(bench.pool.idle_instances(), 1);
}

#[tokio::test]
async fn so_it_is_while_the_body_is_waited_for() {
    let buffers = guest(BODIES, "(drop (call $enable (i32.const 2))) (i64.const 1)", "");
    let bench = Bench::new(&buffers);
    give_up(&bench, true).await;
    assert_eq!(bench.pool.idle_instances(), 0);
}

#[tokio::test]
async fn a_hook_that_runs_is_not_interrupted_and_its_instance_goes_back() {
    // Long enough to be caught at it, and stops: nothing is owed then.
    let busy = "(local $n i32) (loop $again
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 200000000))))";
    let bench = Bench::new(&guest("", &format!("{busy}{STOP}"), ""));
    let request = tokio::spawn(bench.layer.layer(service_fn(echo)).oneshot(get("/")));
    while bench.pool.idle_instances() == 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    request.abort();
    assert!(request.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(bench.pool.idle_instances(), 0, "it is still at it");
    for _ in 0..1000 {
        if bench.pool.idle_instances() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the instance never came back");
}

#[tokio::test]
async fn a_panic_of_the_next_handler_discards_the_instance() {
    let bench = Bench::new(&guest("", GO_ON, ""));
    async fn panics(_: Request<Body>) -> Result<Response<Body>, BoxError> {
        panic!("a bug in the next handler")
    }
    let request = tokio::spawn(bench.layer.layer(service_fn(panics)).oneshot(get("/")));
    assert!(request.await.is_err_and(|error| error.is_panic()));
    assert_eq!(bench.pool.idle_instances(), 0);
}
