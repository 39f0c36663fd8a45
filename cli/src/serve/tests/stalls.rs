//! Clients and upstreams that stall: none holds what others need, and each times out.

use super::*;

const SHORT: Duration = Duration::from_millis(300);

fn short() -> ServerOptions {
    ServerOptions { body_timeout: SHORT, idle_timeout: SHORT, ..ServerOptions::default() }
}

fn upstream(address: SocketAddr, options: UpstreamOptions) -> Upstream {
    Upstream::url(&format!("http://{address}"), options).unwrap()
}

/// An upstream that reads, and never answers.
async fn mute() -> SocketAddr {
    raw_upstream(
        async |mut stream| {
            while stream.read(&mut [0; 1 << 16]).await.is_ok_and(|len| len > 0) {}
        },
    )
    .await
}

#[tokio::test]
async fn connections_without_a_request_are_closed() {
    let server = start_with(Upstream::echo(), short()).await;
    for begin in [
        &b""[..],
        b"G",
        b"GET / HTTP/1.1\r\nhost",
        b"PRI * HTTP",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"GET / HTTP/1.1\r\nhost: h\r\n\r\n",
    ] {
        let begin_text = String::from_utf8_lossy(begin);
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(begin).await.unwrap();
        let closed = async { while stream.read(&mut [0; 4096]).await.is_ok_and(|len| len > 0) {} };
        let closed = tokio::time::timeout(Duration::from_secs(3), closed).await;
        assert!(closed.is_ok(), "{begin_text:?}");
    }
}

#[tokio::test]
async fn a_client_whose_body_stalls_gets_408() {
    let server = start_with(Upstream::server(mute().await), short()).await;
    let (text, ending) =
        raw(&server, b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\nabc").await;
    assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{text}");
    assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
    assert_eq!(ending, Ending::Closed);
}

#[tokio::test]
async fn a_client_whose_body_a_guest_waits_for_gets_408_too() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    let reading = r#"
      (func (export "_start") (drop (call $enable_features (i32.const 1))))
      (func (export "handle_request") (result i64)
        (drop (call $read_body (i32.const 0) (i32.const 0) (i32.const 99)))
        (i64.const 1))"#;
    std::fs::write(&wasm, wat::parse_str(guest::module(reading)).unwrap()).unwrap();
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    let options = LoadOptions { body_read_timeout: Some(SHORT), ..LoadOptions::default() };
    let layer = Loader::new(options).unwrap().load(&guest, |_| {}).unwrap();
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let server = Server::start_with(&[address], &[layer], Upstream::echo(), short()).await.unwrap();
    let request = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\nabc";
    let (text, _) = raw(&server, request).await;
    assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{text}");
}

#[tokio::test]
async fn a_slow_upload_is_not_the_upstreams_fault() {
    let options = UpstreamOptions { response_timeout: SHORT, ..UpstreamOptions::default() };
    let server = start_plain(upstream(mute().await, options)).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\n").await.unwrap();
    for byte in b"body" {
        assert!(tokio::time::timeout(SHORT / 2, stream.read_u8()).await.is_err(), "no answer yet");
        stream.write_all(&[*byte]).await.unwrap();
    }
    let (text, _) = read_all(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{text}");
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_is_504() {
    let options = UpstreamOptions { response_timeout: SHORT, ..UpstreamOptions::default() };
    let address = mute().await;
    for scheme in ["http", "h2c"] {
        let proxied = Upstream::url(&format!("{scheme}://{address}"), options.clone()).unwrap();
        let (text, _) =
            raw(&start_plain(proxied).await, b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{scheme}: {text}");
    }
}

#[tokio::test]
async fn a_connection_that_is_not_made_is_504() {
    let options = UpstreamOptions { connect_timeout: SHORT, ..UpstreamOptions::default() };
    // TLS never begins.
    let options = UpstreamOptions { insecure: true, ..options };
    let proxied = Upstream::url(&format!("https://{}", mute().await), options).unwrap();
    let (text, _) = raw(&start_plain(proxied).await, b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{text}");
}

#[tokio::test]
async fn an_answer_that_stalls_breaks_off() {
    let address = raw_upstream(async |mut stream| {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello").await;
        let _ = stream.read_u8().await;
    })
    .await;
    let options = UpstreamOptions { response_timeout: SHORT, ..UpstreamOptions::default() };
    let server = start_plain(upstream(address, options)).await;
    let (text, ending) = raw(&server, b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(text.ends_with("hello"), "{text}");
    assert_eq!(ending, Ending::Closed);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up() {
    let (ended, mut has_ended) = tokio::sync::mpsc::channel(1);
    let address = raw_upstream(move |mut stream| {
        let ended = ended.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 1 << 16]).await.is_ok() {}
            ended.send(()).await.unwrap();
        }
    })
    .await;
    let server = start_with(Upstream::server(address), short()).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), has_ended.recv()).await;
    assert!(ended.is_ok(), "the upstream is not read any more");
}

#[tokio::test]
async fn connections_beyond_the_most_wait_for_others_to_end() {
    let options = ServerOptions { max_connections: 2, ..ServerOptions::default() };
    let server = start_with(Upstream::echo(), options).await;
    let request = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let first = TcpStream::connect(server.address()).await.unwrap();
    let _second = TcpStream::connect(server.address()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut third = TcpStream::connect(server.address()).await.unwrap();
    third.write_all(request).await.unwrap();
    let early = tokio::time::timeout(SHORT, third.read_u8()).await;
    assert!(early.is_err(), "it has to wait");
    drop(first);
    let (text, _) = read_all(&mut third).await;
    assert!(
        text.starts_with("TTP/1.1 200 OK\r\n") || text.starts_with("HTTP/1.1 200 OK\r\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_requests_are_served_beside_a_thousand_that_stall() {
    // Both ends of each are in this process.
    assert!(allow_connections(4_000) >= 3_000, "raise `ulimit -n`");
    let upstream = raw_upstream(async |mut stream| {
        while !read_head(&mut stream).await.is_empty() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        }
    })
    .await;
    // One passes bodies by, the other reads them.
    let folder = tempfile::tempdir().unwrap();
    for guest in [guest(folder.path(), "x"), reader(folder.path())] {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::start(address, &[guest], Upstream::server(upstream)).await.unwrap();
        let mut stalled = Vec::new();
        for _ in 0..1_000 {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            let begun = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\nabc";
            stream.write_all(begun).await.unwrap();
            stalled.push(stream);
        }
        for number in 0..20 {
            let body = b"body".repeat(number % 2);
            let request =
                http_probe::Request { method: http::Method::POST, body, ..Default::default() };
            let began = std::time::Instant::now();
            assert_eq!(send(&server, &request).await.body, b"ok");
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        }
    }
}

/// A guest that reads the whole body of a request.
fn reader(folder: &Path) -> GuestLayer {
    const READS: &str = r#"
      (func (export "_start") (drop (call $enable_features (i32.const 1))))
      (func (export "handle_request") (result i64)
        (loop $more
          (br_if $more (i64.eqz (i64.shr_u
            (call $read_body (i32.const 0) (i32.const 0) (i32.const 4096)) (i64.const 32)))))
        (i64.const 1))"#;
    let wasm = folder.join("reader.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(READS)).unwrap()).unwrap();
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    load(&guest, Profile::Strict, |_| {}).unwrap()
}
