//! Bodies that arrive while a guest reads them.

use std::sync::atomic::Ordering;

use super::arriving::{Then, channel, pieces, pieces_then};
use super::*;

/// Reads all of a body in pieces of 1,000 bytes, and logs how many bytes there were.
const READ_ALL: &str = r#"
  (local $all i32) (local $got i64)
  (loop $more
    (local.set $got (call $read_body (i32.const KIND) (i32.const 4096) (i32.const 1000)))
    (local.set $all (i32.add (local.get $all) (i32.wrap_i64 (local.get $got))))
    (br_if $more (i64.eqz (i64.shr_u (local.get $got) (i64.const 32)))))
  (call $show (local.get $all))"#;

/// Logs a number in decimal.
const SHOW: &str = r#"
  (func $show (param $n i32) (local $at i32)
    (local.set $at (i32.const 320))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
      (br_if $digit (local.get $n)))
    (call $log (i32.const 0) (local.get $at) (i32.sub (i32.const 320) (local.get $at))))"#;

pub(super) fn reader(start: u32, on_request: &str, on_response: &str) -> String {
    let on_request = on_request.replace("READ", &READ_ALL.replace("KIND", "0"));
    let on_response = on_response.replace("READ", &READ_ALL.replace("KIND", "1"));
    let start =
        format!(r#"(func (export "_start") (drop (call $enable_features (i32.const {start}))))"#);
    // The local variables of a function come first, and the counting of responses before the hook's.
    guest_of(
        BODIES,
        &format!(
            "{SHOW} {start}
            (func (export \"handle_request\") (result i64) {on_request})
            (func (export \"handle_response\") (param $ctx i32) (param $is_error i32) {on_response})"
        ),
    )
}

async fn through(
    bench: &Bench,
    body: Body,
    answer: impl FnOnce(Request<Body>) -> Response<Body> + Send + 'static,
) -> Result<Got, Error> {
    let answer = once(answer);
    let inner = service_fn(move |request: Request<Body>| {
        let answer = answer();
        async move { Ok::<_, BoxError>(answer(request)) }
    });
    let request = Request::post("/").body(body).expect("a request");
    let response = bench.layer.layer(inner).oneshot(request).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the body is whole").to_bytes();
    Ok(Got { status: parts.status.as_u16(), headers: parts.headers, body })
}

fn never(_: Request<Body>) -> Response<Body> {
    panic!("the next handler must not be called")
}

fn empty(_: Request<Body>) -> Response<Body> {
    Response::new(Body::empty())
}

/// What the layer may hold here: less than any of the bodies.
fn tight() -> Limits {
    Limits { request_body: 10_000, response_body: 10_000, ..Limits::default() }
}

#[tokio::test]
async fn a_request_body_of_any_size_is_read_in_bounded_memory() {
    let bench = Bench::limited(&reader(0, "READ (i64.const 0)", ""), tight());
    let (body, asked) = pieces(3_000, 10_007);
    through(&bench, body, never).await.expect("a response");
    assert_eq!(bench.told(), ["30021000"]);
    assert_eq!(asked.load(Ordering::Relaxed), 3_000);
}

#[tokio::test]
async fn no_more_is_asked_for_than_the_guest_wants() {
    let one =
        "(drop (call $read_body (i32.const 0) (i32.const 4096) (i32.const 1000))) (i64.const 0)";
    let bench = Bench::new(&reader(0, one, ""));
    let (body, asked) = pieces(3_000, 600);
    through(&bench, body, never).await.expect("a response");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "two pieces have a thousand bytes");
}

#[tokio::test]
async fn what_was_not_read_goes_on() {
    let one =
        "(drop (call $read_body (i32.const 0) (i32.const 4096) (i32.const 1000))) (i64.const 1)";
    let bench = Bench::new(&reader(0, one, ""));
    let (body, asked) = pieces(100, 600);
    let seen = Arc::clone(&asked);
    let got = through(&bench, body, move |request| {
        assert_eq!(seen.load(Ordering::Relaxed), 2, "the rest comes when it is wanted");
        Response::new(request.into_body())
    });
    // As the strict profile has it, and says that the official Go host would lose it.
    assert_eq!(got.await.expect("a response").body.len(), 100 * 600 - 1000);
    assert!(bench.told()[0].contains("read and not written back"));
}

#[tokio::test]
async fn a_guest_waits_for_a_body_without_its_thread() {
    let bench = Bench::new(&reader(0, "READ (i64.const 0)", ""));
    let (send, body) = channel();
    // On a runtime of one thread.
    let sending = async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            send.send(Bytes::from_static(b"12345")).await.expect("somebody reads");
        }
        drop(send);
    };
    let (got, ()) = tokio::join!(through(&bench, body, never), sending);
    assert_eq!(got.expect("a response").status, 200);
    assert_eq!(bench.told(), ["15"]);
}

#[tokio::test]
async fn a_buffered_request_is_held_up_to_the_limit() {
    let bench = Bench::limited(&reader(1, "READ (i64.const 1)", ""), tight());
    let (body, _) = pieces(9, 1_000);
    let got = through(&bench, body, |request| Response::new(request.into_body()));
    assert_eq!(got.await.expect("a response").body.len(), 9_000, "read, and all of it passed on");
    bench.told();
    let (body, asked) = pieces(100, 1_000);
    let got = through(&bench, body, never).await.expect("a response");
    assert_eq!((got.status, got.body.as_ref()), (413, &b"the request's body is too large"[..]));
    assert_eq!(asked.load(Ordering::Relaxed), 11);
    let told = bench.told();
    assert!(told[0].contains("longer than 10000 bytes"), "{told:?}");
    assert_eq!(bench.layer.metrics().bodies_too_large, 1);
}

#[tokio::test]
async fn what_a_guest_writes_is_held_up_to_the_limit() {
    for kind in [0, 1] {
        let writes = format!(
            "(loop $more (call $write_body (i32.const {kind}) (i32.const 0) (i32.const 60000)) (br $more))
             (i64.const 1)"
        );
        let bench = Bench::new(&reader(0, &writes, ""));
        let got = through(&bench, Body::empty(), never).await.expect("a response");
        assert_eq!(got.status, if kind == 0 { 413 } else { 502 });
        assert!(bench.told()[0].contains("has written"));
    }
}

#[tokio::test]
async fn a_buffered_response_that_is_not_read_passes() {
    let bench =
        Bench::limited(&reader(2, GO_ON, "(call $set_status_code (i32.const 418))"), tight());
    let (body, asked) = pieces(100, 1_000);
    let seen = Arc::clone(&asked);
    let got = through(&bench, Body::empty(), move |_| {
        let mut response = Response::new(body);
        response.headers_mut().insert("content-length", 100_000.into());
        response
    });
    let got = got.await.expect("a response");
    assert_eq!((got.status, got.body.len()), (418, 100_000));
    assert_eq!(got.headers["content-length"], "100000");
    assert_eq!(seen.load(Ordering::Relaxed), 100);
}

#[tokio::test]
async fn a_buffered_response_that_is_read_is_held_up_to_the_limit() {
    let bench = Bench::limited(&reader(2, GO_ON, "READ"), tight());
    let (body, _) = pieces(9, 1_000);
    let got = through(&bench, Body::empty(), |_| Response::new(body));
    assert_eq!(got.await.expect("a response").body.len(), 9_000);
    assert_eq!(bench.told(), ["9000"]);
    let (body, _) = pieces(100, 1_000);
    let got = through(&bench, Body::empty(), |_| Response::new(body));
    assert_eq!(got.await.expect("a response").status, 502);
    assert!(bench.told()[0].contains("longer than 10000 bytes"));
}

#[tokio::test]
async fn a_response_that_is_replaced_first_is_read_in_bounded_memory() {
    // Reads one piece, writes a byte, and reads the rest, of which nothing has to be kept.
    let hook = format!(
        "{} (call $write_body (i32.const 1) (i32.const 0) (i32.const 1)) READ",
        "(local $first i64) (local.set $first
            (call $read_body (i32.const 1) (i32.const 4096) (i32.const 1000)))"
    );
    // The text format wants all locals first.
    let hook = hook.replace(
        "READ",
        &READ_ALL.replace("KIND", "1").replace("(local $all i32) (local $got i64)", ""),
    );
    let hook = format!("(local $all i32) (local $got i64) {hook}");
    let bench = Bench::limited(&reader(2, GO_ON, &hook), tight());
    let (body, _) = pieces(3_000, 1_000);
    let got = through(&bench, Body::empty(), |_| Response::new(body));
    assert_eq!(got.await.expect("a response").body.as_ref(), b"x");
    assert_eq!(bench.told(), ["2999000"]);
}

#[tokio::test]
async fn a_request_body_that_breaks_off_is_a_400() {
    let bench = Bench::new(&reader(0, "READ (i64.const 0)", ""));
    let (body, _) = pieces_then(3, 10, Then::BreaksOff("cable cut"));
    let got = through(&bench, body, never).await.expect("a response");
    assert_eq!((got.status, got.body.as_ref()), (400, &b"the request's body is broken"[..]));
    assert_eq!(bench.told(), ["the request body did not arrive whole: cable cut"]);
    assert_eq!(bench.idle_instances(), 0, "the guest trapped");
    assert_eq!(bench.layer.metrics().bodies_broken, 1);
}

#[tokio::test]
async fn a_response_body_that_breaks_off_is_a_502() {
    let bench = Bench::new(&reader(2, GO_ON, "READ"));
    let (body, _) = pieces_then(3, 10, Then::BreaksOff("cable cut"));
    let got = through(&bench, Body::empty(), |_| Response::new(body));
    let got = got.await.expect("a response");
    assert_eq!((got.status, got.body.as_ref()), (502, &b"bad gateway"[..]));
    assert_eq!(bench.told(), ["the response body did not arrive whole: cable cut"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    for (start, request, response, status) in
        [(0, "READ (i64.const 0)", "", 408), (2, GO_ON, "READ", 502)]
    {
        let timeout = Duration::from_secs(7);
        let bench = Bench::set_up(
            &reader(start, request, response),
            // Time stands still here, but not for the guest.
            Options { time_limit: None, ..Options::default() },
            |_| {},
            |builder| builder.body_read_timeout(timeout),
        );
        let (slow, _) = pieces_then(3, 10, Then::Hangs);
        let began = tokio::time::Instant::now();
        let got = if status == 408 {
            through(&bench, slow, never).await
        } else {
            through(&bench, Body::empty(), |_| Response::new(slow)).await
        };
        assert_eq!(got.expect("a response").status, status);
        assert!(began.elapsed() >= timeout && began.elapsed() < 2 * timeout);
        assert!(bench.told()[0].contains("nothing came of the"));
        assert_eq!(bench.layer.metrics().bodies_slow, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_do_not_come_keep_nobody_from_an_instance() {
    let capacity = Capacity { instances: 2, awaiting_bodies: 10, queue: 0, ..Capacity::default() };
    let bench = Bench::set_up(
        &reader(0, "READ (i64.const 1)", ""),
        Options { time_limit: None, ..Options::default() },
        |_| {},
        |builder| builder.capacity(capacity),
    );
    let send = |body| {
        let layer = bench.layer.clone();
        let request = Request::post("/").body(body).expect("a request");
        tokio::spawn(async move { layer.layer(service_fn(echo)).oneshot(request).await })
    };
    let slow: Vec<_> = (0..10).map(|_| send(pieces_then(1, 3, Then::Hangs).0)).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        let good = send(pieces(3, 10).0).await.expect("no panic").expect("a response");
        assert_eq!(good.status(), 200);
    }
    // One too many of the slow ones gives up, and no other.
    let crowded = send(pieces_then(1, 3, Then::Hangs).0).await.expect("no panic");
    assert_eq!(crowded.expect("a response").status(), 503);
    assert_eq!(bench.layer.metrics().refused_busy, 1);
    for slow in slow {
        let slow = slow.await.expect("no panic").expect("a response");
        assert_eq!(slow.status(), 408);
    }
    let good = send(pieces(3, 10).0).await.expect("no panic").expect("a response");
    assert_eq!(good.status(), 200);
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let limits = Limits { header_count: 3, header_bytes: 50, ..Limits::default() };
    let bench = Bench::limited(&guest(&[], GO_ON, ""), limits);
    for (count, status) in [(3, 200), (4, 431)] {
        let mut request = get("/");
        for _ in 0..count {
            request.headers_mut().append("a", 1.into());
        }
        let inner = async |_| Ok(empty(Request::new(Body::empty())));
        assert_eq!(bench.send(request, inner).await.expect("a response").status, status);
    }
    let mut request = get("/");
    request.headers_mut().append("a", "b".repeat(50).parse().expect("a value"));
    assert_eq!(bench.send(request, echo).await.expect("a response").status, 431);
    assert_eq!(bench.layer.metrics().refused_headers, 2);
}

#[tokio::test]
async fn a_guest_that_writes_too_many_headers_traps() {
    for limits in [
        Limits { header_count: 100, ..Limits::default() },
        Limits { header_bytes: 1_000, ..Limits::default() },
    ] {
        let add = format!(
            "(loop $more {} (br $more)) (i64.const 1)",
            set(0, X_A_YES.0, X_A_YES.1).replace("$set_header_value", "$add_header_value")
        );
        let wat = guest(&[], &add, "");
        let bench = Bench::limited(&wat, limits);
        let got = bench.send(get("/"), echo).await.expect("a response");
        assert_eq!(got.status, 500);
        assert!(bench.told()[0].contains("trapped"), "the observer receives it");
        let traps = bench.layer.metrics().traps;
        assert_eq!(traps, [(http_wasm_model::exchange::TrapKind::TooLarge, 1)]);
    }
}

/// Reads at most 1,000 bytes of the request's body once, and logs 1 where that was its end.
const READ_ONCE: &str = r#"
  (call $show (i32.wrap_i64 (i64.shr_u
    (call $read_body (i32.const 0) (i32.const 4096) (i32.const 1000)) (i64.const 32))))
  (i64.const 0)"#;

#[tokio::test]
async fn the_end_comes_with_the_last_bytes_where_it_is_known() {
    let bench = Bench::new(&reader(0, READ_ONCE, ""));
    // The transport says that nothing follows.
    let body = Body::full(vec![b'a'; 1_000]);
    through(&bench, body, never).await.expect("a response");
    assert_eq!(bench.told(), ["1"]);
    // Only the length says so.
    let (body, asked) = pieces_then(1, 1_000, Then::Hangs);
    let request = Request::post("/").header("content-length", "1000").body(body);
    bench.layer.layer(service_fn(echo)).oneshot(request.expect("a request")).await.expect("one");
    assert_eq!(bench.told(), ["1"]);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // Nothing says so.
    let (body, _) = pieces(1, 1_000);
    through(&bench, body, never).await.expect("a response");
    assert_eq!(bench.told(), ["0"]);
}
