//! Between clients and the server.

use super::*;

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
        Ok::<_, std::convert::Infallible>(http::Response::new(String::from("late")))
    });
    let answering = tokio::spawn(
        http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service),
    );
    assert_eq!(asked.await.unwrap().body, b"late");
    stopping.await.unwrap();
    answering.await.unwrap().unwrap();
}

#[tokio::test]
async fn clients_may_speak_http_2() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&[guest(folder.path(), "c")], Upstream::echo()).await;
    let mut sender = http2_client(&server).await;
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
