//! What follows on bodies.

use super::arriving::{Then, pieces, pieces_then};
use super::streams::reader;
use super::*;

fn sum() -> http::HeaderMap {
    [(http::HeaderName::from_static("sum"), 1.into())].into_iter().collect()
}

#[tokio::test]
async fn how_a_request_travels_is_not_for_guests() {
    let names = r#"(drop (call $get_header_names (i32.const 0) (i32.const 256) (i32.const 99)))
        (call $log (i32.const 0) (i32.const 256) (i32.const 30))"#;
    let go_on = format!("{names} {} {names} {GO_ON}", set(0, X_A_YES.0, X_A_YES.1));
    let stays = async |request: Request<Body>| {
        let (parts, body) = request.into_parts();
        assert_eq!(parts.headers["transfer-encoding"], "chunked");
        assert_eq!(parts.headers["trailer"], "sum");
        assert_eq!(parts.headers.len(), 3 + 1, "each once: {:?}", parts.headers);
        assert!(parts.extensions.is_empty());
        assert_eq!(body.collect().await?.trailers(), Some(&sum()));
        Ok::<_, BoxError>(Response::new(Body::empty()))
    };
    let request = || {
        let (body, _) = pieces(1, 5);
        let request = Request::get("/").header("transfer-encoding", "chunked");
        let request = request.header("trailer", "sum").header("x-b", "c");
        request.body(body.with_trailers(sum())).expect("a request")
    };
    // Once with a guest that may read bodies, once with one that lets them pass.
    for wat in [reader(0, &go_on, ""), idle_guest(&[], &go_on)] {
        let bench = Bench::new(&wat);
        bench.layer.layer(service_fn(stays)).oneshot(request()).await.expect("a response");
        let told = bench.told();
        let seen: Vec<_> = told.iter().map(|names| names.trim_end_matches('\0')).collect();
        assert_eq!(seen, ["x-b", "x-a\0x-b"]);
    }

    // A body of known length travels in no chunks, and nothing follows on it.
    let replaces = format!("(call $write_body (i32.const 0) (i32.const 0) (i32.const 0)) {GO_ON}");
    let goes = async |request: Request<Body>| {
        assert!(!request.headers().contains_key("transfer-encoding"), "{:?}", request.headers());
        assert!(!request.headers().contains_key("trailer"), "{:?}", request.headers());
        Ok::<_, BoxError>(Response::new(Body::empty()))
    };
    // Once with a guest that may look at headers, once with one whose headers never enter the model.
    let look = "(drop (call $get_header_names (i32.const 0) (i32.const 256) (i32.const 99)))";
    for on_request in [format!("{look} {replaces}"), replaces] {
        let bench = Bench::new(&reader(0, &on_request, ""));
        bench.layer.layer(service_fn(goes)).oneshot(request()).await.expect("a response");
    }
}

#[tokio::test]
async fn trailers_come_after_the_body() {
    // With trailers and response buffering; reads the names of the request's and sets one of the response's.
    let names = r#"(drop (call $get_header_names (i32.const 2) (i32.const 256) (i32.const 99)))
        (call $log (i32.const 0) (i32.const 256) (i32.const 4)) (i64.const 1)"#;
    let bench = Bench::new(&reader(6, names, &set(3, X_A_YES.0, X_A_YES.1)));
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
    reader(2, GO_ON, "(call $write_body (i32.const 1) (i32.const 0) (i32.const 3))")
}

#[tokio::test]
async fn trailers_outlive_the_body_that_they_came_after() {
    let bench = Bench::new(&rewriter());
    let inner = service_fn(|_| async move {
        let (body, _) = pieces(3, 1_000);
        let mut response = Response::new(body.with_trailers(sum()));
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
        let (body, _) = pieces_then(1, 1_000, Then::Hangs);
        Ok(Response::new(body))
    };
    let got = bench.send(get("/"), inner).await.expect("a response");
    assert_eq!(got.body, "x-a");
}

#[tokio::test]
async fn a_broken_body_does_not_break_the_one_in_its_place() {
    let bench = Bench::new(&rewriter());
    let inner = async |_| {
        let (body, _) = pieces_then(1, 1_000, Then::BreaksOff("it broke"));
        let mut response = Response::new(body);
        response.headers_mut().insert("trailer", "sum".parse()?);
        Ok(response)
    };
    let got = bench.send(get("/"), inner).await.expect("a response");
    assert_eq!(got.body, "x-a");
}

#[tokio::test]
async fn trailers_of_a_request_that_has_gone_on_are_known_afterwards() {
    let names = r#"(drop (call $get_header_names (i32.const 2) (i32.const 256) (i32.const 99)))
        (call $log (i32.const 0) (i32.const 256) (i32.const 4))"#;
    let wat = reader(4, GO_ON, names);
    let asked = |body: Body| Request::post("/").body(body).expect("a request");
    let reads = service_fn(|request: Request<Body>| async move {
        let body = request.into_body().collect().await?;
        assert_eq!(body.trailers(), Some(&sum()));
        Ok::<_, BoxError>(Response::new(Body::empty()))
    });
    // Through two guests, which both have them.
    let (outer, inner) = (Bench::new(&wat), Bench::new(&wat));
    let (body, _) = pieces(2, 5);
    let body = body.with_trailers(sum());
    let chain = outer.layer.layer(inner.layer.layer(reads));
    chain.oneshot(asked(body)).await.expect("a response");
    for mut told in [inner.told(), outer.told()] {
        assert_eq!(told.remove(0), "sum\0");
        assert!(told[0].contains("the official Go host does not show them"));
    }
    // Nobody waits for those that have not come.
    let ignores =
        service_fn(|_: Request<Body>| async { Ok::<_, BoxError>(Response::new(Body::empty())) });
    let (body, _) = pieces_then(1, 5, Then::Hangs);
    let bench = Bench::new(&wat);
    bench.layer.layer(ignores).oneshot(asked(body)).await.expect("a response");
    assert_eq!(bench.told(), ["\0\0\0\0"]);
}
