//! Where messages end, and what becomes of those that do not end well.

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n";

async fn get(answer: &'static [u8]) -> (String, Ending) {
    raw(&start_plain(Upstream::server(answering(answer).await)).await, GET).await
}

#[tokio::test]
async fn a_length_beside_chunks_is_dropped() {
    let (text, ending) = get(
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    )
    .await;
    assert!(!text.contains("content-length"), "{text}");
    assert!(text.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{text}");
    assert_eq!(ending, Ending::Open);
}

#[tokio::test]
async fn a_request_with_both_goes_on_in_chunks_and_closes() {
    let server = start_plain(Upstream::echo()).await;
    let request = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let (text, ending) = raw(&server, request).await;
    assert!(text.contains("\nhello"), "{text}");
    assert!(!text.contains("content-length: 3"), "{text}");
    assert_eq!(ending, Ending::Closed);
}

#[tokio::test]
async fn what_was_cut_looks_cut() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nX\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
    ] {
        let (text, ending) = get(answer).await;
        // What has arrived is passed on.
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("hello"), "{text}");
        assert!(!text.contains("\r\n0\r\n"), "{text}");
        assert_ne!(ending, Ending::Open);
        // The end of the connection says the same to a client without chunks, if the server lets it.
        let server = start_plain(Upstream::server(answering(answer).await)).await;
        let (text, ending) = raw(&server, b"GET / HTTP/1.0\r\nhost: h\r\n\r\n").await;
        assert!(text.contains("hello"), "{text}");
        assert_eq!(ending, Ending::Reset, "{text}");
    }
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_whole() {
    let (text, _) = get(b"HTTP/1.0 200 OK\r\n\r\nhello").await;
    assert!(text.ends_with("\r\n5\r\nhello\r\n0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_a_bad_gateway() {
    for answer in [
        // Nobody asked for it.
        &b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"[..],
        // Its first chunk is wrong, or there is none.
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
        // What it says of its length makes no sense.
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        // It is none.
        b"HTTP/1.1 OK\r\n\r\n",
        b"",
    ] {
        let server = start_plain(Upstream::server(answering(answer).await)).await;
        let request = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
        let (text, _) = raw(&server, request).await;
        let answer = String::from_utf8_lossy(answer);
        assert!(text.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}\ngave {text}");
        assert!(text.ends_with("\r\n\r\nbad gateway"), "{answer}\ngave {text}");
    }
}

#[tokio::test]
async fn informational_responses_are_dropped() {
    let (text, _) = get(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    )
    .await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\nok"), "{text}");
}

#[tokio::test]
async fn broken_chunks_of_a_client_are_its_fault() {
    let upstream = raw_upstream(async |mut stream| {
        // Reads as long as something comes.
        while stream.read(&mut [0; 1024]).await.is_ok_and(|len| len > 0) {}
    })
    .await;
    let server = start_plain(Upstream::server(upstream)).await;
    for chunks in
        [&b"zz\r\nhello\r\n0\r\n\r\n"[..], b"5\r\nhello\r\nzz\r\n", b"5\r\nhelloXX0\r\n\r\n"]
    {
        let head = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
        let (text, ending) = raw(&server, &[head, chunks].concat()).await;
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
        assert_eq!(ending, Ending::Closed);
    }
}

#[tokio::test]
async fn a_transfer_coding_that_stays_on_is_refused() {
    let server = start_plain(Upstream::echo()).await;
    let request = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let (text, _) = raw(&server, request).await;
    assert!(text.starts_with("HTTP/1.1 501 Not Implemented\r\n"), "{text}");
}

/// Answers 403 without reading the body.
const REFUSING: &str = r#"
  (func (export "handle_request") (result i64)
    (call $set_status_code (i32.const 403))
    (i64.const 0))"#;

#[tokio::test]
async fn whoever_sends_before_it_reads_sees_why_an_upload_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(REFUSING)).unwrap()).unwrap();
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    let layer = load(&guest, Profile::Strict, |_| {}).unwrap();
    let server = start(&[layer], Upstream::echo()).await;
    let body = vec![b'0'; 4_000_000];
    for head in ["content-length: 4000000", "content-length: 9000000", "transfer-encoding: chunked"]
    {
        for _ in 0..10 {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            let head = format!("POST / HTTP/1.1\r\nhost: h\r\n{head}\r\n\r\n3d0900\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&body).await.expect("the server reads on");
            stream.shutdown().await.unwrap();
            let (text, ending) = read_all(&mut stream).await;
            assert!(text.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{text}");
            assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
            assert_eq!(ending, Ending::Closed);
        }
    }
}

#[tokio::test]
async fn a_short_body_that_nobody_reads_keeps_the_connection() {
    let upstream = raw_upstream(async |mut stream| {
        while !read_head(&mut stream).await.is_empty() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            let _ = stream.read_exact(&mut [0; 5]).await;
        }
    })
    .await;
    let server = start_plain(Upstream::server(upstream)).await;
    let one = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello";
    let (text, ending) = raw(&server, &[one, &one[..]].concat()).await;
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{text}");
    assert_eq!(ending, Ending::Open);
}

#[tokio::test]
async fn an_upstream_that_refuses_an_upload_is_heard() {
    let upstream = raw_upstream(async |mut stream| {
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 8\r\n\r\ntoo much";
        let _ = stream.write_all(answer).await;
        // Closed with unread bytes, so the system resets the connection.
    })
    .await;
    let server = start_plain(Upstream::server(upstream)).await;
    let body = vec![b'0'; 4_000_000];
    for _ in 0..10 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream
            .write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n")
            .await
            .unwrap();
        stream.write_all(&body).await.expect("the server reads on");
        let (text, _) = read_all(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 413 ") && text.contains("too much"), "{text}");
    }
}

#[tokio::test]
async fn trailers_that_would_frame_or_route_are_dropped_both_ways() {
    const CHUNKS: &str = "transfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n2\r\nhi\r\n0\r\n\
                  X-T: 1\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: b.test\r\n\r\n";
    let upstream = raw_upstream(async move |mut stream| {
        read_head(&mut stream).await;
        let mut body = vec![0; 1024];
        let mut len = 0;
        while !body[..len].ends_with(b"\r\n\r\n") {
            len += stream.read(&mut body[len..]).await.unwrap();
        }
        let got = String::from_utf8_lossy(&body[..len]).to_lowercase();
        assert!(
            got.contains("x-t: 1") && !got.contains("content-length") && !got.contains("b.test"),
            "{got}"
        );
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{CHUNKS}").as_bytes()).await;
    })
    .await;
    let server = start_plain(Upstream::server(upstream)).await;
    let request = format!("POST / HTTP/1.1\r\nhost: h\r\nte: trailers\r\n{CHUNKS}");
    let (text, _) = raw(&server, request.as_bytes()).await;
    let text = text.to_lowercase();
    assert!(text.starts_with("http/1.1 200") && text.contains("x-t: 1"), "{text}");
    assert!(!text.contains("content-length") && !text.contains("b.test"), "{text}");
}

#[tokio::test]
async fn a_request_of_http10_without_a_host_gets_that_of_the_upstream() {
    let upstream = raw_upstream(async move |mut stream| {
        let address = stream.local_addr().unwrap();
        let head = read_head(&mut stream).await.to_lowercase();
        assert!(head.contains(&format!("host: {address}\r\n")), "{head}");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    })
    .await;
    let server = start_plain(Upstream::server(upstream)).await;
    let (text, _) = raw(&server, b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(text.contains(" 200 OK"), "{text}");
}
