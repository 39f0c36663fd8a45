//! What follows on bodies.

use super::streams::{pieces, reader};
use super::*;

fn sum() -> http::HeaderMap {
    [(http::HeaderName::from_static("sum"), 1.into())].into_iter().collect()
}

#[tokio::test]
async fn trailers_come_after_the_body() {
    // With trailers and response buffering; reads the names of the request's and sets one of the response's.
    let names = r#"(drop (call $names (i32.const 2) (i32.const 256) (i32.const 99)))
        (call $log (i32.const 0) (i32.const 256) (i32.const 4)) (i64.const 1)"#;
    let wat = reader(6, names, &set(3, X_A_YES.0, X_A_YES.1)).replace(
        "(memory",
        r#"(import "http_handler" "get_header_names" (func $names (param i32 i32 i32) (result i64)))
           (memory"#,
    );
    let bench = Bench::new(&wat);
    let body = Body::full("hello").with_trailers(sum());
    let inner = service_fn(|request: Request<Body>| async move {
        Ok::<_, BoxError>(Response::new(request.into_body()))
    });
    let request = Request::post("/").body(body).expect("a request");
    let response = bench.layer.layer(inner).oneshot(request).await.expect("a response");
    let collected = response.into_body().collect().await.expect("a body");
    let trailers = collected.trailers().expect("trailers").clone();
    assert_eq!(
        (&trailers["sum"], &trailers["x-a"]),
        (&"1".parse().unwrap(), &"yes".parse().unwrap())
    );
    assert_eq!(collected.to_bytes(), "hello");
    assert!(bench.told().contains(&"sum\0".to_owned()));
}

/// Writes the response's body instead of the upstream's, which it does not read.
fn rewriter() -> String {
    reader(2, GO_ON, "(call $write (i32.const 1) (i32.const 0) (i32.const 3))")
}

#[tokio::test]
async fn trailers_outlive_the_body_that_they_came_after() {
    let bench = Bench::new(&rewriter());
    let inner = service_fn(|_| async move {
        let (body, _) = pieces(3, 1_000);
        let mut response = Response::new(Body::stream(body).with_trailers(sum()));
        response.headers_mut().insert("trailer", "sum".parse()?);
        Ok::<_, BoxError>(response)
    });
    let response = bench.layer.layer(inner).oneshot(get("/")).await.expect("a response");
    let hint = http_body::Body::size_hint(response.body());
    assert_eq!(hint.exact(), None, "a length would leave no place for them");
    let collected = response.into_body().collect().await.expect("a body");
    assert_eq!(collected.trailers(), Some(&sum()));
    assert_eq!(collected.to_bytes(), "x-a");
}

#[tokio::test]
async fn nobody_waits_for_trailers_that_were_not_announced() {
    let bench = Bench::new(&rewriter());
    let inner = async |_| {
        let (mut body, _) = pieces(1, 1_000);
        body.hangs = true;
        Ok(Response::new(Body::stream(body)))
    };
    let got = bench.send(get("/"), inner).await.expect("a response");
    assert_eq!(got.body, "x-a");
}

#[tokio::test]
async fn a_broken_body_does_not_break_the_one_in_its_place() {
    let bench = Bench::new(&rewriter());
    let inner = async |_| {
        let (mut body, _) = pieces(1, 1_000);
        body.end = Some("it broke".into());
        let mut response = Response::new(Body::stream(body));
        response.headers_mut().insert("trailer", "sum".parse()?);
        Ok(response)
    };
    let got = bench.send(get("/"), inner).await.expect("a response");
    assert_eq!(got.body, "x-a");
}
