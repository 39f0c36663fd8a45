//! Stop, go on, headers, and everything that fails.

use super::*;

async fn never(_: Request<Body>) -> Result<Response<Body>, BoxError> {
    panic!("the next handler must not be called")
}

#[tokio::test]
async fn a_guest_stops() {
    let stop =
        format!("{}(call $set_status_code (i32.const 403)){STOP}", set(1, X_A_YES.0, X_A_YES.1));
    let bench = Bench::new(&guest(&[], &stop, LOG_RESPONSE));
    let got = bench.send(get("/"), never).await.expect("a response");
    assert_eq!((got.status, got.body.as_ref()), (403, &b""[..]));
    assert_eq!(got.headers["x-a"], "yes");
    assert_eq!(bench.told(), [""; 0], "no response hook without the next handler");
    assert_eq!(bench.idle_instances(), 1);
}

#[tokio::test]
async fn a_guest_goes_on_and_changes_headers() {
    let both = set(0, X_A_YES.0, X_A_YES.1) + &set(1, X_A_YES.0, X_A_YES.1) + GO_ON;
    let bench = Bench::new(&guest(&[], &both, LOG_RESPONSE));
    for round in 1..=2 {
        let got = bench.send(get("http://h.test/p?q"), echo).await.expect("a response");
        assert_eq!(got.status, 200);
        assert_eq!(got.headers["x-saw"], "yes");
        assert_eq!(got.headers["x-a"], "yes");
        assert_eq!(got.headers["x-uri"], "http://h.test/p?q", "scheme and authority are kept");
        assert_eq!(bench.told(), [format!("0{round}")], "once, without error, on one instance");
    }
    assert_eq!(bench.idle_instances(), 1);
}

#[tokio::test]
async fn the_guest_sees_the_client_and_the_version() {
    let log =
        "(call $log (i32.const 0) (i32.const 200) (call $get_source_addr (i32.const 200) (i32.const 99)))
        (call $log (i32.const 0) (i32.const 200) (call $get_protocol_version (i32.const 200) (i32.const 99)))";
    let bench = Bench::new(&guest(&[], &format!("{log}{STOP}"), ""));
    let mut request = get("/");
    *request.version_mut() = http::Version::HTTP_2;
    request.extensions_mut().insert(ClientAddr(([192, 0, 2, 1], 80).into()));
    bench.send(request, never).await.expect("a response");
    assert_eq!(bench.told(), ["192.0.2.1:80", "HTTP/2.0"]);
    bench.send(get("/"), never).await.expect("a response");
    assert_eq!(bench.told(), ["", "HTTP/1.1"]);
}

#[tokio::test]
async fn the_next_handler_fails() {
    let bench = Bench::new(&guest(&[], GO_ON, LOG_RESPONSE));
    let got = bench.send(get("/"), async |_| Err("no such luck".into())).await.expect("a response");
    assert_eq!((got.status, got.body.as_ref()), (502, &b""[..]));
    assert_eq!(bench.told(), ["the next handler failed: no such luck", "11"]);
    assert_eq!(bench.idle_instances(), 1);
}

#[tokio::test]
async fn a_trap_in_the_request_hook_is_a_plain_500() {
    let bench = Bench::new(&guest(&[], "unreachable", LOG_RESPONSE));
    let got = bench.send(get("/"), never).await.expect("a response");
    assert_eq!((got.status, got.body.as_ref()), (500, &b"internal server error"[..]));
    let told = bench.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("unreachable"), "{told:?}");
    assert_eq!(bench.idle_instances(), 0, "a trapped instance is discarded");
}

#[tokio::test]
async fn a_trap_in_the_response_hook_is_no_response() {
    let bench = Bench::new(&guest(&[], GO_ON, "unreachable"));
    let error = bench.send(get("/"), echo).await.expect_err("no response");
    assert!(matches!(error, Error::Response(_)), "{error}");
    assert_eq!(bench.told().len(), 1);
    assert_eq!(bench.idle_instances(), 0);
}

#[tokio::test]
async fn a_result_that_is_none_is_a_plain_500() {
    let bench = Bench::new(&guest(&[], "(i64.const 2)", LOG_RESPONSE));
    let got = bench.send(get("/"), never).await.expect("a response");
    assert_eq!(got.status, 500);
    assert!(bench.told()[0].contains("low word is 2"));
}

#[tokio::test]
async fn an_endless_loop_ends_at_the_time_limit_and_stops_nobody_else() {
    let options = Options { time_limit: Some(Duration::from_millis(300)), ..Options::default() };
    let bench = Bench::with(&guest(&[], "(loop $again (br $again)) (i64.const 1)", ""), options);
    // On a runtime of one thread: the timer goes on while the guest runs.
    let began = std::time::Instant::now();
    let (got, waited) = tokio::join!(bench.send(get("/"), never), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        began.elapsed()
    });
    assert_eq!(got.expect("a response").status, 500);
    assert!(waited < Duration::from_millis(250), "{waited:?}");
    assert!(bench.told()[0].contains("the limit of a hook"));
}

#[tokio::test]
async fn guests_run_on_the_threads_of_the_runtime() {
    let here = std::thread::current().id();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for wat in [guest(&[], GO_ON, LOG_RESPONSE), guest(BODIES, GO_ON, LOG_RESPONSE)] {
        let to = Arc::clone(&seen);
        let bench = Bench::set_up(
            &wat,
            Options::default(),
            |_| {},
            move |builder| {
                builder.observe(move |_| {
                    to.lock().expect("nobody panics").push(std::thread::current().id());
                })
            },
        );
        bench.send(get("/"), echo).await.expect("a response");
    }
    assert_eq!(*seen.lock().expect("nobody panics"), [here, here]);
}

#[tokio::test]
async fn a_panic_of_the_next_handler_is_told_to_the_guest_and_goes_on() {
    let bench = Bench::new(&guest(&[], GO_ON, LOG_RESPONSE));
    async fn panics(_: Request<Body>) -> Result<Response<Body>, BoxError> {
        panic!("a bug in the next handler")
    }
    let request = tokio::spawn(bench.layer.layer(service_fn(panics)).oneshot(get("/")));
    assert!(request.await.is_err_and(|error| error.is_panic()));
    assert_eq!(bench.told(), ["the next handler failed: it panicked", "11"]);
    assert_eq!(bench.layer.metrics().next_failures, 1);
    // The instance has had its response hook, and serves on.
    bench.send(get("/"), echo).await.expect("a response");
    assert_eq!(bench.told(), ["02"]);
}

#[tokio::test]
async fn guests_chain() {
    let outer = Bench::new(&guest(&[], &(set(0, X_A_YES.0, X_A_YES.1) + GO_ON), LOG_RESPONSE));
    let inner = Bench::new(&guest(&[], &(set(1, X_A_YES.0, X_A_YES.1) + GO_ON), LOG_RESPONSE));
    let service = outer.layer.layer(inner.layer.layer(service_fn(echo)));
    let response = service.oneshot(get("/")).await.expect("a response");
    assert_eq!(response.headers()["x-saw"], "yes");
    assert_eq!(response.headers()["x-a"], "yes");
    assert_eq!((outer.told(), inner.told()), (vec!["01".to_owned()], vec!["01".to_owned()]));
}

#[tokio::test]
async fn headers_that_are_there_twice_are_the_guests_first() {
    // The guest adds two values; the inner service sets the same name, and another one.
    let add = |value| set(1, X_A_YES.0, value).replace("$set_header_value", "$add_header_value");
    let wat = guest(&[], &format!("{} {} {GO_ON}", add((8, 3)), add((9, 2))), "");
    let bench = Bench::new(&wat);
    let inner = async |_| {
        let mut response = Response::new(Body::full("hello"));
        response.headers_mut().append("x-a", "1".parse()?);
        response.headers_mut().append("x-a", "2".parse()?);
        response.headers_mut().append("x-b", "3".parse()?);
        Ok(response)
    };
    let got = bench.send(get("/"), inner).await.expect("a response");
    let values: Vec<_> = got.headers.get_all("x-a").iter().collect();
    assert_eq!(values, ["yes", "es", "1", "2"]);
    assert_eq!(got.headers["x-b"], "3");
    let told = bench.told();
    assert!(told.len() == 1 && told[0].contains("\"x-a\" was set before"), "{told:?}");
}
