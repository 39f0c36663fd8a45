//! Upgrades, such as WebSocket.

use super::*;

const ASK: &str = "GET /chat HTTP/1.1\r\nhost: h\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\nsec-websocket-key: k\r\n\r\n";

/// An upstream that switches to this protocol, sends back each byte in upper case, and notes heads.
async fn switching(protocol: &'static str, seen: Arc<Mutex<Vec<String>>>) -> SocketAddr {
    raw_upstream(move |mut stream| {
        let seen = Arc::clone(&seen);
        async move {
            let head = read_head(&mut stream).await;
            seen.lock().unwrap().push(head);
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: {protocol}\r\nsec-websocket-accept: a\r\n\r\nfirst"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            while let Ok(byte) = stream.read_u8().await {
                let _ = stream.write_all(&[byte.to_ascii_uppercase()]).await;
            }
            let _ = stream.write_all(b"bye").await;
        }
    })
    .await
}

#[tokio::test]
async fn bytes_go_both_ways_after_an_upgrade_past_the_guests() {
    let seen = Arc::default();
    let address = switching("websocket", Arc::clone(&seen)).await;
    let server = start_plain(Upstream::server(address)).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    // The client does not wait for the answer.
    stream.write_all(format!("{ASK}early ").as_bytes()).await.unwrap();
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    for line in ["connection: upgrade", "upgrade: WebSocket", "sec-websocket-accept: a"] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
    }
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
    stream.write_all(b"late").await.unwrap();
    stream.shutdown().await.unwrap();
    let (text, ending) = read_all(&mut stream).await;
    assert_eq!((text.as_str(), ending), ("firstEARLY LATEbye", Ending::Closed));
    let head = seen.lock().unwrap().remove(0);
    assert!(head.starts_with("GET /chat HTTP/1.1\r\n"), "{head}");
    for line in ["connection: upgrade", "upgrade: WebSocket", "sec-websocket-key: k", "x-seen: x"] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
    }
}

#[tokio::test]
async fn another_protocol_than_the_client_asked_for_is_a_bad_gateway() {
    let address = switching("other", Arc::default()).await;
    let (text, _) = raw(&start_plain(Upstream::server(address)).await, ASK.as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{text}");
}

#[tokio::test]
async fn an_upgrade_that_is_refused_is_an_ordinary_response() {
    let answer = b"HTTP/1.1 426 Upgrade Required\r\nupgrade: TLS/1.3\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\nno";
    let server = start_plain(Upstream::server(answering(answer).await)).await;
    let (text, ending) = raw(&server, ASK.as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nno"), "{text}");
    assert_eq!(ending, Ending::Open);
}

#[tokio::test]
async fn a_guest_cannot_switch_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    let module = r#"(func (export "handle_request") (result i64)
        (call $set_status_code (i32.const 101)) (i64.const 0))"#;
    std::fs::write(&wasm, wat::parse_str(guest::module(module)).unwrap()).unwrap();
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    let layer = load(&guest, Profile::Go, |_| {}).unwrap();
    let server = start(&[layer], Upstream::echo()).await;
    let (text, _) = raw(&server, ASK.as_bytes()).await;
    assert!(!text.starts_with("HTTP/1.1 101"), "{text}");
}

#[tokio::test]
async fn tunnels_end_with_the_server() {
    let address = switching("websocket", Arc::default()).await;
    let server = start_plain(Upstream::server(address)).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(ASK.as_bytes()).await.unwrap();
    read_head(&mut stream).await;
    let began = std::time::Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let (text, ending) = read_all(&mut stream).await;
    assert_eq!(text, "first");
    assert_ne!(ending, Ending::Open);
}
