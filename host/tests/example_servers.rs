//! The example servers, over TCP: what they show is what they do.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

#[path = "../examples/axum.rs"]
#[expect(dead_code, reason = "the program around it is not for a test")]
mod axum_server;
#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "the program around it is not for a test")]
mod hyper_server;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Tells the client its address in a header of the response; traps in the response hook of a POST.
const GUEST: &str = r#"
  (data (i32.const 0) "x-guest")
  (func (export "handle_request") (result i64)
    (call $add_header_value (i32.const 1) (i32.const 0) (i32.const 7)
      (i32.const 100) (call $get_source_addr (i32.const 100) (i32.const 50)))
    (i64.const 1))
  (func (export "handle_response") (param i32 i32)
    (drop (call $get_method (i32.const 200) (i32.const 10)))
    (if (i32.eq (i32.load8_u (i32.const 200)) (i32.const 80)) (then (unreachable))))"#;

fn guest(folder: &Path) -> PathBuf {
    let file = folder.join("guest.wasm");
    std::fs::write(&file, wat::parse_str(http_wasm_testkit::guest::module(GUEST)).unwrap())
        .unwrap();
    file
}

/// Sends a request line with the headers that it must have, and reads until the server closes.
async fn ask(request_line: &str, server: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let head =
        format!("{request_line} HTTP/1.1\r\nhost: example.test\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn axum_answers_through_its_guests() {
    let folder = tempfile::tempdir().unwrap();
    let guest = guest(folder.path());
    let app = axum_server::app(&[guest.clone(), guest]).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum_server::serve(listener, app));

    let answer = ask("GET /", address).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(answer.matches("\r\nx-guest: 127.0.0.1:").count(), 2, "{answer}");
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");

    // What the router answers on its own goes through the guests too.
    let answer = ask("GET /a/b", address).await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert_eq!(answer.matches("\r\nx-guest: ").count(), 2, "{answer}");

    let answer = ask("POST /", address).await;
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ninternal server error"), "{answer}");
    server.abort();
}

#[tokio::test]
async fn hyper_answers_through_its_guest() {
    let folder = tempfile::tempdir().unwrap();
    let guest = hyper_server::load(&guest(folder.path())).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(hyper_server::serve(listener, guest));

    let answer = ask("GET /", address).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(answer.matches("\r\nx-guest: 127.0.0.1:").count(), 1, "{answer}");
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    // The connection breaks where the guest traps in its response hook.
    assert_eq!(ask("POST /", address).await, "");
    assert!(ask("GET /", address).await.starts_with("HTTP/1.1 200 OK\r\n"));
    server.abort();
}

#[test]
fn axum_names_the_file_that_is_no_guest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.wasm");
    std::fs::write(&file, "text").unwrap();
    let error = axum_server::app(std::slice::from_ref(&file)).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: ", file.display())), "{error}");
    let error = axum_server::app(&[folder.path().join("none.wasm")]).unwrap_err().to_string();
    assert!(error.contains("none.wasm"), "{error}");
}
