//! Client and upstream against each other, and each against raw bytes on a socket.

use std::net::{Ipv4Addr, SocketAddr};

use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::upstream::RecordingUpstream;
use super::{Error, Request, Response, client, header_map};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A server that reads one request head, answers these bytes, and hangs up; gives what it read.
async fn raw_server(answer: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        while !read.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "the client hung up early");
            read.extend_from_slice(&buffer[..count]);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // Until the client hangs up, so that nothing it still sends is answered with a reset.
        while stream.read_buf(&mut read).await.unwrap_or(0) > 0 {}
        String::from_utf8(read).unwrap()
    });
    (address, task)
}

#[test]
fn a_request_arrives_as_recorded() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        upstream.expect(Response::default());
        let request = Request {
            method: Method::from_bytes(b"PROPFIND").unwrap(),
            uri: "/a//b/../c/%2f%61?q=%20x;y&&z=é".to_owned(),
            headers: header_map([
                ("Host", "example.test"),
                ("X-B", "1"),
                ("X-A", "\u{e9}"),
                ("x-b", "2"),
                ("x-empty", ""),
            ])
            .unwrap(),
            body: b"four".to_vec(),
            ..Request::default()
        };
        client::send(upstream.address(), &request).await.unwrap().unwrap();
        let [seen] = upstream.seen().try_into().unwrap();
        assert_eq!(seen.method, "PROPFIND");
        assert_eq!(seen.uri, request.uri);
        assert_eq!(seen.headers["host"], "example.test");
        assert_eq!(seen.headers["content-length"], "4");
        assert_eq!(seen.headers["x-a"].as_bytes(), "\u{e9}".as_bytes());
        assert_eq!(seen.headers["x-empty"], "");
        assert_eq!(seen.headers.get_all("x-b").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((seen.body.as_slice(), seen.broken), (b"four".as_slice(), None));
        assert!(upstream.seen().is_empty(), "taking them forgets them");
    });
}

#[test]
fn header_order_is_kept_on_the_wire() {
    run(async {
        let (address, server) = raw_server("HTTP/1.1 204 No Content\r\n\r\n").await;
        let headers = [("host", "h"), ("z", "1"), ("a", "2"), ("z", "3")];
        let request = Request { headers: header_map(headers).unwrap(), ..Request::default() };
        client::send(address, &request).await.unwrap().unwrap();
        let read = server.await.unwrap();
        assert_eq!(read, "GET / HTTP/1.1\r\nhost: h\r\nz: 1\r\nz: 3\r\na: 2\r\n\r\n");
    });
}

#[test]
fn a_chunked_body_and_trailers_arrive() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        upstream.expect(Response::default());
        let trailers = header_map([("x-sum", "7"), ("x-sum", "8"), ("x-end", "yes")]).unwrap();
        for method in [Method::POST, Method::GET] {
            let request = Request {
                method,
                headers: header_map([("content-length", "5")]).unwrap(),
                body: b"hello".to_vec(),
                chunked: true,
                trailers: trailers.clone(),
                ..Request::default()
            };
            client::send(upstream.address(), &request).await.unwrap().unwrap();
            let [seen] = upstream.seen().try_into().unwrap();
            assert_eq!(seen.body, b"hello");
            assert_eq!(seen.headers["transfer-encoding"], "chunked");
            assert!(!seen.headers.contains_key("content-length"));
            assert_eq!(seen.trailers, trailers);
        }
    });
}

#[test]
fn the_response_is_as_prepared() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        let answer = Response {
            status: StatusCode::IM_A_TEAPOT,
            headers: header_map([("set-cookie", "a=1"), ("set-cookie", "b=2")]).unwrap(),
            body: b"short and stout".to_vec(),
            ..Response::default()
        };
        upstream.expect(answer.clone());
        let got = client::send(upstream.address(), &Request::default()).await.unwrap().unwrap();
        assert_eq!(got.status, answer.status);
        assert_eq!(got.headers.get_all("set-cookie").iter().count(), 2);
        assert_eq!(got.headers["content-length"], "15");
        assert!(!got.headers.contains_key("date"), "nothing that was not set");
        assert_eq!((got.body, got.broken), (answer.body, None));
    });
}

#[test]
fn response_trailers_arrive_on_request() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        let trailers = header_map([("x-sum", "1")]).unwrap();
        upstream.expect(Response {
            body: b"data".to_vec(),
            chunked: true,
            trailers: trailers.clone(),
            ..Response::default()
        });
        let mut request = Request::default();
        client::accept_trailers(&mut request);
        let got = client::send(upstream.address(), &request).await.unwrap().unwrap();
        assert_eq!((got.body.as_slice(), got.trailers), (b"data".as_slice(), trailers));
        assert!(got.chunked);
    });
}

#[test]
fn a_wrong_content_length_is_sent_and_noticed() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        upstream.expect(Response {
            headers: header_map([("content-length", "10")]).unwrap(),
            body: b"four".to_vec(),
            ..Response::default()
        });
        let got = client::send(upstream.address(), &Request::default()).await.unwrap().unwrap();
        assert_eq!(got.headers["content-length"], "10");
        assert_eq!(got.body, b"four");
        let broken = got.broken.unwrap();
        assert!(broken.contains("after 4 bytes"), "{broken}");
    });
}

#[test]
fn a_cut_request_body_is_noticed_by_the_upstream() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        upstream.expect(Response::default());
        let mut stream = TcpStream::connect(upstream.address()).await.unwrap();
        stream
            .write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nfour")
            .await
            .unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        // The server may hang up in its own way; that it has ended is all that is waited for.
        drop(stream.read_to_end(&mut rest).await);
        let [seen] = upstream.seen().try_into().unwrap();
        assert_eq!(seen.body, b"four");
        assert!(seen.broken.unwrap().contains("after 4 bytes"));
    });
}

#[test]
fn a_request_belongs_to_the_exchange_in_which_it_began() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        upstream.expect(Response::default());
        let mut stream = TcpStream::connect(upstream.address()).await.unwrap();
        let head = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nfour";
        stream.write_all(head).await.unwrap();
        // It has begun and does not end.
        upstream.settle(true, std::time::Duration::from_millis(100)).await;
        assert!(upstream.seen().is_empty());
        upstream.expect(Response::default());
        drop(stream);
        client::send(upstream.address(), &Request::default()).await.unwrap().unwrap();
        let [seen] = upstream.seen().try_into().unwrap();
        assert_eq!((seen.method, seen.broken), (Method::GET, None));

        upstream.expect(Response::default());
        let mut stream = TcpStream::connect(upstream.address()).await.unwrap();
        stream.write_all(head).await.unwrap();
        drop(stream);
        upstream.settle(true, std::time::Duration::from_secs(10)).await;
        let [seen] = upstream.seen().try_into().unwrap();
        assert!(seen.broken.is_some(), "it was waited for until it broke");
    });
}

#[test]
fn an_upstream_that_hangs_up_has_read_the_request() {
    run(async {
        let upstream = RecordingUpstream::start().await.unwrap();
        upstream.hang_up();
        let request = Request { body: b"all of it".to_vec(), ..Request::default() };
        assert!(client::send(upstream.address(), &request).await.unwrap().is_none());
        assert_eq!(upstream.seen()[0].body, b"all of it");
        upstream.expect(Response::default());
        assert!(client::send(upstream.address(), &request).await.unwrap().is_some());
    });
}

#[test]
fn a_closed_connection_is_no_response() {
    run(async {
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-le"] {
            let (address, server) = raw_server(answer).await;
            let got = client::send(address, &Request::default()).await.unwrap();
            assert!(got.is_none(), "{got:?}");
            server.await.unwrap();
        }
    });
}

#[test]
fn a_response_that_is_not_http_is_an_error() {
    run(async {
        let (address, server) = raw_server("SSH-2.0-OpenSSH\r\n\r\n").await;
        let error = client::send(address, &Request::default()).await.unwrap_err();
        assert!(matches!(error, Error::NotHttp(_)), "{error}");
        server.await.unwrap();
    });
}

#[test]
fn a_refused_connection_is_an_error() {
    run(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = client::send(address, &Request::default()).await.unwrap_err();
        assert!(error.to_string().contains("is the host running?"), "{error}");
    });
}

#[test]
fn an_unsendable_part_is_named() {
    run(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        for uri in ["", "no-slash", "/a b", "http://host/path"] {
            let request = Request { uri: uri.to_owned(), ..Request::default() };
            let error = client::send(address, &request).await.unwrap_err().to_string();
            assert!(error.starts_with(&format!("uri {uri:?} cannot be sent")), "{error}");
        }
        let error = header_map([("a b", "c")]).unwrap_err().to_string();
        assert!(error.starts_with("header name \"a b\" cannot be sent"), "{error}");
        let error = header_map([("a", "b\r\nc")]).unwrap_err().to_string();
        assert!(error.starts_with("header value"), "{error}");
    });
}

#[test]
fn targets_that_no_uri_may_have_are_sent_and_seen_as_they_are() {
    run(async {
        let request = |uri: &str| Request {
            method: Method::POST,
            uri: uri.to_owned(),
            body: b"body".to_vec(),
            ..Request::default()
        };
        let upstream = RecordingUpstream::start().await.unwrap();
        for uri in [r#"/a?q={"k":"v"}"#, "/?q=<script>", "/a[b]|c^d`e#f", "/?q=ä<", "/plain"] {
            upstream.expect(Response::default());
            client::send(upstream.address(), &request(uri)).await.unwrap().unwrap();
            let [seen] = upstream.seen().try_into().unwrap();
            assert_eq!((seen.uri.as_str(), seen.body.as_slice()), (uri, &b"body"[..]));
        }
        // The bytes themselves, which somebody else reads.
        let (address, task) = raw_server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        client::send(address, &request("/?q=<script>")).await.unwrap().unwrap();
        let read = task.await.unwrap();
        assert!(read.starts_with("POST /?q=<script> HTTP/1.1\r\n"), "{read}");
        // Several on a connection, one of them in pieces.
        upstream.expect(Response::default());
        let mut stream = TcpStream::connect(upstream.address()).await.unwrap();
        for piece in [
            "GET /<1> HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET /2 HTTP/1.1\r\nhost: a\r\n\r\n",
            "POST /?<3",
            "> HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n",
            "GET",
            "GET /4> HTTP/1.1\r\nhost: a\r\n\r\n",
        ] {
            stream.write_all(piece.as_bytes()).await.unwrap();
            upstream.settle(false, std::time::Duration::from_millis(50)).await;
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        let seen: Vec<_> = upstream.seen().into_iter().map(|seen| seen.uri).collect();
        assert_eq!(seen, ["/<1>", "/2", "/?<3>", "/4>"]);
        for uri in ["", "a", "*", "/a b", "/a\nb"] {
            assert!(
                matches!(client::check(&request(uri)), Err(Error::Unsendable { .. })),
                "{uri:?}"
            );
        }
    });
}
