//! Between the server and its upstream.

use super::*;

use std::sync::atomic::AtomicUsize;

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

#[test]
fn an_upstream_is_a_host_and_a_port() {
    for good in ["http://h", "http://h:81", "http://h:81/", "http://[::1]:81", "h2c://h"] {
        assert!(Upstream::url(good, UpstreamOptions::default()).is_ok(), "{good}");
    }
    for (bad, reason) in [
        ("h:81", "scheme"),
        ("ftp://h", "scheme"),
        ("http://user@h", "user"),
        ("http://h/path", "path"),
        ("http://h:81/?q", "path"),
        ("", "no URL"),
    ] {
        let text = Upstream::url(bad, UpstreamOptions::default()).unwrap_err().to_string();
        assert!(text.contains(reason) && text.contains("wanted http://HOST"), "{text}");
    }
}

/// An upstream that answers the first request of each connection, and ends it when the next comes. It
/// counts requests.
async fn stale(count: Arc<AtomicUsize>, reads_all: bool) -> SocketAddr {
    raw_upstream(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            for is_first in [true, false] {
                if read_head(&mut stream).await.is_empty() {
                    return;
                }
                if reads_all {
                    let _ = stream.read_exact(&mut [0; 4]).await;
                }
                count.fetch_add(1, Ordering::Relaxed);
                if is_first {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_connection_that_has_gone_stale_is_replaced_unseen() {
    let count = Arc::default();
    let server = start_plain(Upstream::server(stale(Arc::clone(&count), false).await)).await;
    let methods = ["GET", "HEAD", "OPTIONS", "TRACE", "GET", "GET"];
    for method in methods {
        let request = format!("{method} / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
        let (text, _) = raw(&server, request.as_bytes()).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{method}: {text}");
    }
    // Every second connection is an old one first.
    assert_eq!(count.load(Ordering::Relaxed), 2 * methods.len() - 1);
}

#[tokio::test]
async fn what_may_do_harm_is_not_sent_twice() {
    for request in [
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbody",
        "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbody",
        "PATCH / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
    ] {
        let count = Arc::default();
        let has_body = request.ends_with("body");
        let address = stale(Arc::clone(&count), has_body).await;
        let server = start_plain(Upstream::server(address)).await;
        for status in ["200 OK", "502 Bad Gateway"] {
            let (text, _) = raw(&server, request.as_bytes()).await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}: {text}");
        }
        assert_eq!(count.load(Ordering::Relaxed), 2, "{request}");
    }
}

#[tokio::test]
async fn a_new_connection_that_fails_is_not_tried_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let address = raw_upstream(move |mut stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            read_head(&mut stream).await;
        }
    })
    .await;
    let server = start_plain(Upstream::server(address)).await;
    let (text, _) = raw(&server, b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{text}");
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

/// The headers of a request that the echo got, after a client had sent these.
async fn echoed(forwarded: Forwarded, headers: &str) -> String {
    let options = ServerOptions { forwarded, ..ServerOptions::default() };
    let server = start_with(Upstream::echo(), options).await;
    let request =
        format!("GET / HTTP/1.1\r\nhost: public.test\r\n{headers}connection: close\r\n\r\n");
    raw(&server, request.as_bytes()).await.0
}

#[tokio::test]
async fn the_upstream_learns_of_the_client_where_that_is_wanted() {
    let forged =
        "x-forwarded-for: 1.2.3.4\r\nx-forwarded-host: a.test\r\nx-forwarded-proto: https\r\n";
    let kept = echoed(Forwarded::Keep, "").await;
    assert!(!kept.contains("x-forwarded"), "{kept}");
    let kept = echoed(Forwarded::Keep, forged).await;
    assert!(kept.contains("x-forwarded-for: 1.2.3.4\n"), "{kept}");
    for sent in ["", forged] {
        let replaced = echoed(Forwarded::Replace, sent).await;
        for line in ["for: 127.0.0.1", "host: public.test", "proto: http"] {
            assert!(replaced.contains(&format!("x-forwarded-{line}\n")), "{replaced}");
        }
        assert_eq!(replaced.matches("x-forwarded-").count(), 3, "{replaced}");
    }
    let appended = echoed(Forwarded::Append, forged).await;
    for line in ["for: 1.2.3.4, 127.0.0.1", "host: a.test", "proto: https"] {
        assert!(appended.contains(&format!("x-forwarded-{line}\n")), "{appended}");
    }
}
