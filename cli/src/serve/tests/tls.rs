//! HTTP/2 and TLS towards the upstream.

use super::*;

use std::convert::Infallible;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

/// Answers with the version, host, headers, body and trailers of a request, and the trailer `t: 1`.
/// Switches protocols where it is asked to.
async fn shown(
    mut request: Request<Incoming>,
) -> Result<http::Response<impl Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let on_upgrade = hyper::upgrade::on(&mut request);
    let (head, body) = request.into_parts();
    let host = head.uri.authority().map(|authority| authority.to_string());
    let host = host.unwrap_or_else(|| head.headers["host"].to_str().unwrap().to_owned());
    let body = body.collect().await.unwrap();
    let sent_trailers = body.trailers().cloned().unwrap_or_default();
    let text = format!(
        "{:?} {} {host}\n{:?}\n{sent_trailers:?}\n{}",
        head.version,
        head.uri.path(),
        head.headers,
        String::from_utf8_lossy(&body.to_bytes())
    );
    let mut response = http::Response::new(());
    let mut trailers = http::HeaderMap::new();
    if head.headers.contains_key("upgrade") {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert("upgrade", head.headers["upgrade"].clone());
        tokio::spawn(async move {
            let mut stream = TokioIo::new(on_upgrade.await.unwrap());
            stream.write_all(b"switched").await.unwrap();
            stream.shutdown().await.unwrap();
        });
    } else {
        trailers.insert("t", "1".parse().unwrap());
        response.headers_mut().insert("trailer", "t".parse().unwrap());
    }
    Ok(response.map(|()| {
        let body = if trailers.is_empty() { Full::default() } else { Full::new(text.into()) };
        body.with_trailers(async { (!trailers.is_empty()).then_some(Ok(trailers)) })
    }))
}

async fn serve_on(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let builder = auto::Builder::new(TokioExecutor::new());
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service_fn(shown));
    let _ = serving.await;
}

async fn plain() -> SocketAddr {
    raw_upstream(serve_on).await
}

/// An upstream with TLS for `localhost`, which offers these protocols; its port and its certificate.
async fn with_tls(protocols: &[&str]) -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().into()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = raw_upstream(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve_on(stream).await;
            }
        }
    })
    .await;
    (address.port(), cert.pem())
}

const GET: &[u8] =
    b"GET /p HTTP/1.1\r\nhost: public.test\r\nte: trailers\r\nconnection: close\r\n\r\n";

async fn get(url: &str, options: UpstreamOptions) -> String {
    raw(&start_plain(Upstream::url(url, options).unwrap()).await, GET).await.0
}

fn ca(folder: &Path, pem: &str) -> UpstreamOptions {
    let file = folder.join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    UpstreamOptions { ca: Some(file), ..UpstreamOptions::default() }
}

#[tokio::test]
async fn an_upstream_may_speak_http_2_without_tls() {
    let url = format!("h2c://{}", plain().await);
    let server = start_plain(Upstream::url(&url, UpstreamOptions::default()).unwrap()).await;
    let body = b"POST /p HTTP/1.1\r\nhost: public.test\r\nte: trailers\r\ntrailer: s\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\ns: 2\r\n\r\n";
    for _ in 0..2 {
        let (text, _) = raw(&server, body).await;
        assert!(text.contains("HTTP/2.0 /p public.test\n"), "{text}");
        assert!(
            text.contains("\"te\": \"trailers\"") && text.contains("\"x-seen\": \"x\""),
            "{text}"
        );
        assert!(
            text.contains("\n{\"s\": \"2\"}\nhi") && text.ends_with("\r\nt: 1\r\n\r\n"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn messages_of_grpc_pass_between_http_2_and_http_2() {
    let url = format!("h2c://{}", plain().await);
    let server = start_plain(Upstream::url(&url, UpstreamOptions::default()).unwrap()).await;
    let mut sender = http2_client(&server).await;
    let request = Request::post("http://public.test/package.Service/Method")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::<Bytes>::new("message".into()))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["t"], "1");
    let text = String::from_utf8(body.to_bytes().into()).unwrap();
    assert!(text.starts_with("HTTP/2.0 /package.Service/Method public.test\n"), "{text}");
    assert!(text.ends_with("message"), "{text}");
}

#[tokio::test]
async fn an_http_2_connection_that_has_ended_is_replaced() {
    let address = raw_upstream(async |stream| {
        let serving = serve_on(stream);
        let _ = tokio::time::timeout(Duration::from_millis(200), serving).await;
    })
    .await;
    let url = format!("h2c://{address}");
    let server = start_plain(Upstream::url(&url, UpstreamOptions::default()).unwrap()).await;
    for _ in 0..4 {
        let (text, _) = raw(&server, GET).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test]
async fn an_upstream_with_tls_chooses_the_version_of_http() {
    let folder = tempfile::tempdir().unwrap();
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")]
    {
        let (port, pem) = with_tls(protocols).await;
        let text = get(&format!("https://localhost:{port}"), ca(folder.path(), &pem)).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.contains(&format!("{version} /p public.test\n")), "{text}");
    }
}

#[tokio::test]
async fn only_trusted_certificates_of_the_right_name_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let (port, pem) = with_tls(&["h2"]).await;
    let (_, other) = with_tls(&[]).await;
    let local = format!("https://localhost:{port}");
    let by_address = format!("https://127.0.0.1:{port}");
    let insecure = UpstreamOptions { insecure: true, ..UpstreamOptions::default() };
    for (url, options, status) in [
        (&local, ca(folder.path(), &pem), 200),
        (&local, insecure.clone(), 200),
        (&by_address, insecure, 200),
        (&by_address, ca(folder.path(), &pem), 502),
        (&local, UpstreamOptions::default(), 502),
    ] {
        let text = get(url, options.clone()).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{url} {options:?}: {text}");
    }
    let text = get(&local, ca(folder.path(), &other)).await;
    assert!(text.starts_with("HTTP/1.1 502 "), "{text}");
}

#[test]
fn certificates_that_cannot_be_read_are_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pem");
    let error = |options| Upstream::url("https://h", options).unwrap_err().to_string();
    let options = UpstreamOptions { ca: Some(missing), ..UpstreamOptions::default() };
    assert!(error(options).contains("missing.pem"));
    let text = error(ca(folder.path(), "not PEM"));
    assert!(text.ends_with("ca.pem has no certificate, wanted PEM"), "{text}");
}

#[tokio::test]
async fn an_upgrade_over_tls_uses_http_1() {
    let folder = tempfile::tempdir().unwrap();
    let (port, pem) = with_tls(&["h2", "http/1.1"]).await;
    let url = format!("https://localhost:{port}");
    let server = start_plain(Upstream::url(&url, ca(folder.path(), &pem)).unwrap()).await;
    let ask = b"GET /p HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: mine\r\n\r\n";
    for _ in 0..2 {
        let (text, _) = raw(&server, GET).await;
        assert!(text.contains("HTTP/2.0 "), "{text}");
        let (text, _) = raw(&server, ask).await;
        assert!(text.starts_with("HTTP/1.1 101 ") && text.ends_with("\r\n\r\nswitched"), "{text}");
    }
}
