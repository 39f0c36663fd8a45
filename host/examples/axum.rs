//! An axum server with guests around its router.
//!
//! `cargo run -p http-wasm-host --example axum -- [--listen ADDRESS] [GUEST.wasm]...`
//! prints its URL and serves until it is stopped. The first guest is the outermost. A guest needs no
//! change for it: one that Traefik loads runs here.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::map_request;
use axum::routing::get;
use http_wasm_host::engine::{Engine, Options, Pool};
use http_wasm_host::layer::{self, ClientAddr, GuestLayer};
use http_wasm_model::exchange::Settings;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut guests = Vec::new();
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--listen" {
            let wanted = arguments.next().and_then(|text| text.into_string().ok());
            address = wanted.ok_or("--listen wants an address, such as 127.0.0.1:8080")?.parse()?;
        } else {
            guests.push(PathBuf::from(argument));
        }
    }
    let app = app(&guests)?;
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(serve(listener, app).await?)
}

/// The router, with the guests of these files around it.
///
/// # Errors
/// When a file cannot be read, is no guest, or does not start.
pub(crate) fn app(guests: &[PathBuf]) -> Result<Router, Box<dyn Error>> {
    let mut app = Router::new().route("/", get(hello)).route("/{name}", get(hello));
    let engine = Engine::new(Options::default())?;
    for file in guests.iter().rev() {
        let guest = load(&engine, file).map_err(|why| format!("{}: {why}", file.display()))?;
        // A layer goes around what has been added so far, so the first guest comes last.
        app = app.layer((HandleErrorLayer::new(failed), guest));
    }
    Ok(app.layer(map_request(tell_address)))
}

/// Serves requests for as long as the process lives.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve(listener: TcpListener, app: Router) -> io::Result<()> {
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn hello() -> ([(&'static str, &'static str); 3], &'static str) {
    let headers = [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-request-id", "0123456789abcdef"),
    ];
    (headers, "hello")
}

fn load(engine: &Engine, file: &Path) -> Result<GuestLayer, Box<dyn Error>> {
    let module = engine.module(&std::fs::read(file)?)?;
    // Which functions a guest calls is for tests; keeping it takes time.
    let settings = Settings::default();
    let pool = Arc::new(Pool::new(module, settings)?);
    let name = file.display().to_string();
    let layer = GuestLayer::builder(pool).observe(move |event| eprintln!("{name}: {event}"));
    Ok(layer.build())
}

/// The guest failed after the handler had answered. Why is for the log, not for the client.
async fn failed(error: layer::Error) -> (StatusCode, &'static str) {
    eprintln!("{error}");
    (StatusCode::INTERNAL_SERVER_ERROR, "internal server error")
}

/// Guests read the client's address; the layer does not know how a server keeps it.
async fn tell_address(
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Request {
    request.extensions_mut().insert(ClientAddr(address));
    request
}
