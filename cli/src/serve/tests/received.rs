//! What guests see of a request that says several things about itself, and what is refused before.

use super::*;

/// Tells the upstream what it sees: `x-host`, `x-cookie`, `x-address`; and sets `x-tenant: blue`.
const TELLS: &str = r#"
  (data (i32.const 0) "host")
  (data (i32.const 8) "cookie")
  (data (i32.const 16) "x-host")
  (data (i32.const 24) "x-cookie")
  (data (i32.const 32) "x-address")
  (data (i32.const 48) "x-tenantblue")
  (func $tell (param $name i32) (param $len i32) (param $as i32) (param $as_len i32)
    (call $set_header_value (i32.const 0) (local.get $as) (local.get $as_len) (i32.const 256)
      (i32.sub
        (i32.wrap_i64 (call $get_header_values (i32.const 0) (local.get $name) (local.get $len)
          (i32.const 256) (i32.const 999)))
        (i32.const 1))))
  (func (export "handle_request") (result i64)
    (call $tell (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 6))
    (call $set_header_value (i32.const 0) (i32.const 32) (i32.const 9) (i32.const 256)
      (call $get_source_addr (i32.const 256) (i32.const 999)))
    (call $set_header_value (i32.const 0) (i32.const 48) (i32.const 8) (i32.const 56) (i32.const 4))
    COOKIE (i64.const 1))"#;

async fn start(address: &str, cookie: bool) -> Server {
    let tell = "(call $tell (i32.const 8) (i32.const 6) (i32.const 24) (i32.const 8))";
    let text = TELLS.replace("COOKIE", if cookie { tell } else { "" });
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(&text)).unwrap()).unwrap();
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    let guests = [load(&guest, Profile::Strict, |_| {}).unwrap()];
    Server::start(address.parse().unwrap(), &guests, Upstream::echo()).await.unwrap()
}

/// What the upstream got of a request, or the refusal.
async fn got(request: &str) -> String {
    let server = start("127.0.0.1:0", false).await;
    raw(&server, request.as_bytes()).await.0.to_ascii_lowercase()
}

#[tokio::test]
async fn connection_names_no_header_of_a_guest_and_never_the_host() {
    for named in ["close, x-tenant", "close, host", "close, X-Tenant, content-length"] {
        let got = got(&format!(
            "POST / HTTP/1.1\r\nHost: a.test\r\nX-Tenant: red\r\nContent-Length: 2\r\nConnection: {named}\r\n\r\nhi"
        ))
        .await;
        assert!(got.contains("x-tenant: blue\n"), "{got}");
        assert!(got.contains("\nhost: a.test\n") && got.ends_with("\n\nhi"), "{got}");
    }
    // Of the client's own ones the named go.
    let got =
        got("GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nConnection: close, x-one\r\n\r\n").await;
    assert!(!got.contains("x-one: 1"), "{got}");
}

#[tokio::test]
async fn the_host_of_the_target_is_what_guests_and_upstream_see() {
    for version in ["1.0", "1.1"] {
        let got = got(&format!(
            "GET http://admin.test/secret HTTP/{version}\r\nHost: public.test\r\nConnection: close\r\n\r\n"
        ))
        .await;
        assert!(
            got.contains("x-host: admin.test\n") && got.contains("\nhost: admin.test\n"),
            "{got}"
        );
        assert!(!got.contains("public.test"), "{got}");
    }
}

#[tokio::test]
async fn requests_without_a_clear_meaning_are_refused_with_an_answer() {
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET http://a.test/ HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET a.test:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            501,
        ),
        ("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n", 501),
        ("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200),
        ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200),
    ] {
        let got = got(request).await;
        assert_eq!(got.split(' ').nth(1), Some(&*status.to_string()), "{request}{got}");
    }
}

#[tokio::test]
async fn an_asterisk_stays_one() {
    let got = got("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(got.contains("options * http/1.1"), "{got}");
}

#[tokio::test]
async fn cookies_of_http2_are_one_field_for_guests_and_upstream() {
    let server = start("127.0.0.1:0", true).await;
    let request = Request::get(format!("http://{}/", server.address()))
        .version(http::Version::HTTP_2)
        .header("cookie", "theme=dark")
        .header("cookie", "session=1")
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let response = client.request(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let got = String::from_utf8_lossy(&body);
    assert!(got.contains("x-cookie: theme=dark; session=1\n"), "{got}");
    assert!(got.contains("\ncookie: theme=dark; session=1\n"), "{got}");
}

#[tokio::test]
async fn addresses_of_ipv4_clients_are_ipv4() {
    let server = start("[::]:0", false).await;
    let mut client =
        TcpStream::connect((Ipv4Addr::LOCALHOST, server.address().port())).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut got = String::new();
    client.read_to_string(&mut got).await.unwrap();
    assert!(got.contains("x-address: 127.0.0.1:"), "{got}");
}
