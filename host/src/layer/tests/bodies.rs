//! Which bodies are held, which pass, and what becomes of their lengths.

use super::arriving::channel;
use super::*;

/// Enables response buffering and replaces both bodies by "yes".
fn replaces(on_response: &str) -> String {
    guest(
        BODIES,
        "(drop (call $enable_features (i32.const 2)))
         (call $write_body (i32.const 0) (i32.const 8) (i32.const 3)) (i64.const 1)",
        on_response,
    )
}

const WRITE_RESPONSE: &str = "(call $write_body (i32.const 1) (i32.const 0) (i32.const 3))";

#[tokio::test]
async fn bodies_change_and_lengths_with_them() {
    let bench = Bench::new(&replaces(WRITE_RESPONSE));
    let got = bench.send(post("hello"), echo).await.expect("a response");
    assert_eq!(got.headers["x-length"], "3", "the next handler gets the right length");
    assert_eq!((got.body.as_ref(), &got.headers["content-length"]), (&b"x-a"[..], &3.into()));
}

#[tokio::test]
async fn a_guest_without_body_functions_lets_bodies_pass_in_pieces() {
    let limits = Limits { request_body: 1, response_body: 1, ..Limits::default() };
    let bench = Bench::limited(&guest(&[], GO_ON, LOG_RESPONSE), limits);
    let layer = bench.layer.clone();
    let (send, tail) = channel();
    let tail = once(tail);
    // The answer's body ends only after its head was seen.
    let inner = service_fn(move |request: Request<Body>| {
        let tail = tail();
        async move {
            let whole = request.into_body().collect().await?.to_bytes();
            Ok::<_, BoxError>(Response::new(tail.after(whole)))
        }
    });
    let response = layer.layer(inner).oneshot(post("12345")).await.expect("a response");
    assert_eq!(bench.told(), ["01"]);
    send.send(Bytes::from_static(b"end")).await.expect("somebody reads");
    drop(send);
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "12345end");
}

#[tokio::test]
async fn a_guest_cannot_lie_about_the_length_of_what_passes() {
    let seven = |kind| set(kind, (16, 14), (32, 1));
    let bench = Bench::new(&guest(&[], &(seven(0) + &seven(1) + GO_ON), ""));
    let got = bench.send(post("hello"), echo).await.expect("a response");
    assert_eq!(got.headers["x-length"], "5");
    let lengths: Vec<_> = got.headers.get_all("content-length").iter().collect();
    assert_eq!(lengths, ["5"]);
    assert_eq!(got.body, "hello");
}

#[tokio::test]
async fn an_answer_to_head_keeps_its_length() {
    let bench = Bench::new(&replaces(LOG_RESPONSE));
    let request = Request::head("/").body(Full::default()).expect("a request");
    let inner = async |_| {
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert("content-length", 99.into());
        Ok(response)
    };
    let got = bench.send(request, inner).await.expect("a response");
    assert_eq!((got.body.len(), &got.headers["content-length"]), (0, &99.into()));
}

#[tokio::test]
async fn no_body_has_a_length_on_go_where_one_would_be_expected() {
    let set = |settings: &mut Settings| settings.profile = Profile::Go;
    let wats = [idle_guest(&[], GO_ON), guest(&[], GO_ON, LOG_RESPONSE), replaces("")];
    let lengths = async |bench: &Bench, request: http::request::Builder| {
        let request = request.body(Full::default()).expect("a request");
        let seen = Arc::new(Mutex::new(None));
        let sees = Arc::clone(&seen);
        let inner = move |request: Request<Body>| {
            let length = request.headers().get("content-length").cloned();
            *sees.lock().expect("nobody panics") = Some(length);
            async { Ok(Response::new(Body::empty())) }
        };
        bench.send(request, inner).await.expect("a response");
        let seen = seen.lock().expect("nobody panics").take();
        seen.expect("the next handler is called")
    };
    for wat in wats {
        let options = Options { profile: Profile::Go, ..Options::default() };
        let bench = Bench::set_up(&wat, options, set, |builder| builder);
        assert_eq!(lengths(&bench, Request::post("/")).await, Some(0.into()));
        let said = Request::get("/").header("content-length", 0);
        assert_eq!(lengths(&bench, said).await, None);
    }
}

#[test]
fn a_body_hides_its_length_through_all_guests_of_a_chain() {
    use http_body::Body as _;
    for body in [Body::empty(), Body::full("text")] {
        let hidden = Body::stream(body.hide_length(true));
        assert_eq!(Body::stream(hidden).size_hint().exact(), None);
    }
    assert_eq!(Body::stream(Body::stream(Body::full("text"))).size_hint().exact(), Some(4));
}
