//! The proxy between a client and an upstream of ours.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::StatusCode;
use http_body_util::{BodyExt as _, Empty};
use http_wasm_abi::LogLevel;
use http_wasm_model::Profile;
use http_wasm_testkit::guest;
use hyper::server::conn::http1;

use super::*;
use crate::http_probe::upstream::RecordingUpstream;
use crate::http_probe::{self, client, header_map};

/// Adds `x-seen: N` to requests, where N is its configuration.
const GUEST: &str = r#"
  (data (i32.const 0) "x-seen")
  (func (export "_start") (call $log (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "handle_request") (result i64)
    (call $add_header_value (i32.const 0) (i32.const 0) (i32.const 6)
      (i32.const 16) (call $get_config (i32.const 16) (i32.const 99)))
    (i64.const 1))"#;

fn guest(folder: &Path, config: &str) -> GuestLayer {
    let wasm = folder.join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(GUEST)).unwrap()).unwrap();
    let guest = Guest { wasm, config: config.into(), log: LogLevel::Debug };
    load(&guest, Profile::Strict, |_| {}).unwrap()
}

async fn start(guests: &[GuestLayer], proxied: Upstream) -> Server {
    Server::start((Ipv4Addr::LOCALHOST, 0).into(), guests, proxied).await.unwrap()
}

async fn send(server: &Server, request: &http_probe::Request) -> http_probe::Response {
    client::send(server.address(), request).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_first_guest_is_the_outermost_and_connections_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = RecordingUpstream::start().await.unwrap();
    let guests = [guest(folder.path(), "first"), guest(folder.path(), "second")];
    let server = start(&guests, Upstream::server(upstream.address())).await;
    let headers = [("connection", "x-mine"), ("x-mine", "1"), ("te", "gzip"), ("x-other", "2")];
    let headers = header_map(headers).unwrap();
    let request = http_probe::Request { headers, ..http_probe::Request::default() };
    for _ in 0..3 {
        let headers = header_map([("connection", "keep-alive"), ("x-up", "3")]).unwrap();
        upstream.expect(http_probe::Response { headers, ..http_probe::Response::default() });
        let response = send(&server, &request).await;
        assert_eq!(response.headers["x-up"], "3");
        let seen = upstream.seen();
        let order: Vec<_> = seen[0].headers.get_all("x-seen").iter().collect();
        assert_eq!(order, ["first", "second"]);
        assert_eq!(seen[0].headers["x-other"], "2");
        for name in ["x-mine", "connection", "te"] {
            assert!(!seen[0].headers.contains_key(name), "{name} belongs to the connection");
        }
    }
}

#[tokio::test]
async fn trailers_are_requested_beside_other_codings() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = RecordingUpstream::start().await.unwrap();
    let server = start(&[guest(folder.path(), "x")], Upstream::server(upstream.address())).await;
    for te in ["trailers", "gzip, Trailers", "trailers,deflate"] {
        upstream.expect(http_probe::Response::default());
        let headers = header_map([("te", te)]).unwrap();
        send(&server, &http_probe::Request { headers, ..http_probe::Request::default() }).await;
        assert_eq!(upstream.seen()[0].headers["te"], "trailers", "{te}");
    }
}

#[tokio::test]
async fn a_missing_upstream_is_a_bad_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = RecordingUpstream::start().await.unwrap();
    let address = upstream.address();
    drop(upstream);
    let server = start(&[guest(folder.path(), "x")], Upstream::server(address)).await;
    assert_eq!(
        send(&server, &http_probe::Request::default()).await.status,
        StatusCode::BAD_GATEWAY
    );
}

#[tokio::test]
async fn the_echo_shows_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&[guest(folder.path(), "c")], Upstream::echo()).await;
    let headers = header_map([("host", "h")]).unwrap();
    let request = http_probe::Request {
        method: http::Method::PUT,
        uri: "/a?b".to_owned(),
        headers,
        body: b"body".to_vec(),
        ..http_probe::Request::default()
    };
    let response = send(&server, &request).await;
    let text = String::from_utf8(response.body).unwrap();
    assert!(text.starts_with("PUT /a?b HTTP/1.1\n"), "{text}");
    assert!(text.contains("\nx-seen: c\n") && text.contains("\nhost: h\n"), "{text}");
    assert!(text.ends_with("\n\nbody"), "{text}");
}

#[tokio::test]
async fn requests_in_flight_end_before_the_server_does() {
    let folder = tempfile::tempdir().unwrap();
    // An upstream that accepts, and responds only on demand.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxied = Upstream::server(listener.local_addr().unwrap());
    let server = start(&[guest(folder.path(), "x")], proxied).await;
    let address = server.address();
    let asked = tokio::spawn(async move {
        client::send(address, &http_probe::Request::default()).await.unwrap().unwrap()
    });
    let (stream, _) = listener.accept().await.unwrap();
    let stopping = tokio::spawn(server.stop());
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let service = service_fn(async |_| {
        Ok::<_, std::convert::Infallible>(Response::new(String::from("late")))
    });
    let answering = tokio::spawn(
        http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service),
    );
    assert_eq!(asked.await.unwrap().body, b"late");
    stopping.await.unwrap();
    answering.await.unwrap().unwrap();
}

#[tokio::test]
async fn logs_of_the_start_arrive_before_requests() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(GUEST)).unwrap()).unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&events);
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    load(&guest, Profile::Strict, move |event| to.lock().unwrap().push(event.to_string())).unwrap();
    assert_eq!(*events.lock().unwrap(), ["x"]);
}

#[test]
fn an_upstream_is_a_host_and_a_port() {
    for good in ["http://h", "http://h:81", "http://h:81/", "http://[::1]:81"] {
        assert!(Upstream::url(good).is_ok(), "{good}");
    }
    for (bad, reason) in [
        ("h:81", "scheme"),
        ("https://h", "https"),
        ("http://h/path", "path"),
        ("http://h:81/?q", "path"),
        ("", "no URL"),
    ] {
        let text = Upstream::url(bad).unwrap_err().to_string();
        assert!(text.contains(reason) && text.contains("wanted http://HOST"), "{text}");
    }
}

#[test]
fn a_file_that_is_not_a_guest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("none.wasm");
    let guest = Guest { wasm: wasm.clone(), config: Vec::new(), log: LogLevel::Debug };
    let load = || load(&guest, Profile::Strict, |_| {});
    assert!(matches!(load().unwrap_err(), Error::Read { .. }));
    std::fs::write(&wasm, b"not wasm").unwrap();
    let text = load().unwrap_err().to_string();
    assert!(text.contains("none.wasm is not a guest"), "{text}");
}

#[tokio::test]
async fn clients_may_speak_http_2() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&[guest(folder.path(), "c")], Upstream::echo()).await;
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    // On one connection, side by side.
    let mut ask = |path: &str| {
        let uri = format!("http://h.test{path}");
        let request = Request::get(uri).body(Empty::<bytes::Bytes>::new()).unwrap();
        sender.send_request(request)
    };
    let (one, two) = tokio::join!(ask("/one"), ask("/two"));
    for (answer, path) in [(one, "/one"), (two, "/two")] {
        let answer = answer.unwrap();
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, http::Version::HTTP_2));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body);
        assert!(text.starts_with("GET ") && text.contains(path), "{text}");
        assert!(text.contains("x-seen: c\n") && text.contains("host: h.test\n"), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_changes_replaces_its_guest_and_no_request_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    let write = |text: &str| {
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(&fresh, &wasm).unwrap();
    };
    let with_name = |name: &str| {
        let module = wat::parse_str(guest::module(&GUEST.replace("x-seen", name))).unwrap();
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, module).unwrap();
        std::fs::rename(&fresh, &wasm).unwrap();
    };
    with_name("x-seen");
    let loader = Loader::new(LoadOptions::default()).unwrap();
    let guest = Guest { wasm: wasm.clone(), config: b"c".to_vec(), log: LogLevel::Debug };
    let layer = loader.load(&guest, |_| {}).unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&events);
    let report = move |result: Result<(), Error>| {
        to.lock().unwrap().push(result.map_err(|error| error.to_string()));
    };
    let watching = tokio::spawn(watch(loader, guest, layer.clone(), report));
    let server = start(&[layer], Upstream::echo()).await;

    // Somebody asks all the time, and is always answered.
    let done = Arc::new(AtomicBool::new(false));
    let asking = {
        let (done, address) = (Arc::clone(&done), server.address());
        tokio::spawn(async move {
            let mut names = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let answer = client::send(address, &http_probe::Request::default()).await;
                let body = answer.unwrap().expect("an answer").body;
                let text = String::from_utf8(body).unwrap();
                let name = if text.contains("x-else: c\n") { "x-else" } else { "x-seen" };
                assert!(text.contains(&format!("{name}: c\n")), "{text}");
                names.push(name);
            }
            names.dedup();
            names
        })
    };
    let until = async |count: usize| {
        for _ in 0..500 {
            if events.lock().unwrap().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it was not noticed: {:?}", events.lock().unwrap());
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    write("no module");
    until(1).await;
    with_name("x-else");
    until(2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    done.store(true, Ordering::Relaxed);
    assert_eq!(asking.await.unwrap(), ["x-seen", "x-else"]);
    let events = events.lock().unwrap();
    assert!(events[0].as_ref().is_err_and(|text| text.contains("is not a guest")), "{events:?}");
    assert_eq!(events[1], Ok(()));
    watching.abort();
}
