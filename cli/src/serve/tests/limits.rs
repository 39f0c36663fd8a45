//! Limits of headers: the documented ones decide, for both versions of HTTP and both directions.

use super::*;
use http::HeaderMap;

/// This many headers with this many bytes altogether, names included.
fn headers(count: usize, bytes: usize) -> Vec<(String, String)> {
    let mut left = bytes;
    (0..count)
        .map(|index| {
            let name = format!("x-{index:04}");
            let share = left / (count - index) - name.len();
            left -= share + name.len();
            (name, "v".repeat(share))
        })
        .collect()
}

const SMALL: HeaderLimits = HeaderLimits { count: 300, bytes: 20 << 10 };

async fn server(upstream: Upstream, limits: HeaderLimits) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let wasm = folder.path().join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(GUEST)).unwrap()).unwrap();
    let options = LoadOptions {
        limits: http_wasm_model::exchange::Limits {
            header_count: limits.count,
            header_bytes: limits.bytes,
            ..Default::default()
        },
        ..LoadOptions::default()
    };
    let guest = Guest { wasm, config: Vec::new(), log: LogLevel::Debug };
    let layer = Loader::new(options).unwrap().load(&guest, |_| {}).unwrap();
    let options = ServerOptions { headers: limits, ..ServerOptions::default() };
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    Server::start_with(&[address], &[layer], upstream.quiet(), options).await.unwrap()
}

async fn ask_http1(server: &Server, headers: &[(String, String)]) -> u16 {
    let fields: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (text, _) = raw(
        server,
        format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}connection: close\r\n\r\n").as_bytes(),
    )
    .await;
    text.split(' ').nth(1).unwrap_or("0").parse().unwrap()
}

async fn ask_http2(server: &Server, headers: &[(String, String)]) -> u16 {
    let mut sender = http2_client(server).await;
    let mut request = Request::get("http://h/").body(Empty::<hyper::body::Bytes>::new()).unwrap();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    // 0: the connection has ended.
    sender.send_request(request).await.map_or(0, |response| response.status().as_u16())
}

#[tokio::test]
async fn requests_within_the_limits_pass_and_others_are_431() {
    for limits in [HeaderLimits::default(), SMALL] {
        let server = server(Upstream::echo(), limits).await;
        // `host` and `connection` of HTTP/1.1 count too, and what the guest adds.
        let (count, bytes) = (limits.count - 3, limits.bytes - 25);
        for (headers, status) in [
            (headers(count, 20_000), 200),
            (headers(count, bytes), 200),
            (headers(count + 4, 20_000), 431),
            (headers(100, bytes), 200),
            (headers(100, bytes + 40), 431),
            (headers(100, 2 * bytes), 431),
        ] {
            assert_eq!(ask_http1(&server, &headers).await, status, "{limits}");
            assert_eq!(ask_http2(&server, &headers).await, status, "{limits}");
        }
        let much = headers(100, 8 * limits.bytes + (1 << 20));
        assert_eq!(ask_http1(&server, &much).await, 431);
        assert!([0, 431].contains(&ask_http2(&server, &much).await));
    }
}

/// An upstream that answers with these headers, over both versions of HTTP.
async fn upstream(headers: Vec<(String, String)>) -> SocketAddr {
    raw_upstream(move |stream| {
        let headers = headers.clone();
        async move {
            let service = service_fn(move |_| {
                let mut map = HeaderMap::new();
                for (name, value) in &headers {
                    let name: http::HeaderName = name.parse().unwrap();
                    map.insert(name, value.parse().unwrap());
                }
                async move {
                    let mut response = http::Response::new(Empty::<hyper::body::Bytes>::new());
                    *response.headers_mut() = map;
                    Ok::<_, std::convert::Infallible>(response)
                }
            });
            let mut builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            builder.http1().auto_date_header(false);
            builder.http2().auto_date_header(false);
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await
}

#[tokio::test]
async fn responses_within_the_limits_pass_and_others_are_502() {
    for limits in [HeaderLimits::default(), SMALL] {
        let (count, bytes) = (limits.count - 2, limits.bytes - 20);
        for (headers, status) in [
            (headers(count, bytes), 200),
            (headers(count + 3, 20_000), 502),
            (headers(100, bytes + 40), 502),
            (headers(100, 2 * bytes), 502),
        ] {
            let address = upstream(headers).await;
            for scheme in ["http", "h2c"] {
                let options = UpstreamOptions { headers: limits, ..UpstreamOptions::default() };
                let upstream = Upstream::url(&format!("{scheme}://{address}"), options).unwrap();
                let server = server(upstream, limits).await;
                assert_eq!(ask_http1(&server, &[]).await, status, "{scheme}, {limits}");
            }
        }
    }
}
