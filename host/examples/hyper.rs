//! A server on hyper alone, with a guest around its one service.
//!
//! `cargo run -p http-wasm-host --example hyper -- GUEST.wasm` prints its URL and
//! serves until it is stopped. Where the guest traps after the service has answered, the connection
//! breaks, as on the official Go host.
#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use http_wasm_host::engine::{Module, Options, Pool};
use http_wasm_host::layer::{Body, ClientAddr, GuestLayer};
use http_wasm_model::exchange::Settings;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{ServiceExt as _, service_fn};
use tower_layer::Layer as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("wanted the file of a guest")?;
    let guest = load(Path::new(&file))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(serve(listener, guest).await?)
}

/// The guest of this file.
///
/// # Errors
/// When the file cannot be read, is no guest, or does not start.
pub(crate) fn load(file: &Path) -> Result<GuestLayer, Box<dyn Error>> {
    let module = Module::new(&std::fs::read(file)?, Options::default())?;
    let settings = Settings::default();
    let builder = GuestLayer::builder(Arc::new(Pool::new(module, settings)?));
    Ok(builder.observe(|event| eprintln!("{event}")).build())
}

/// Serves requests for as long as the process lives.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve(listener: TcpListener, guest: GuestLayer) -> io::Result<()> {
    let service = guest.layer(service_fn(hello));
    loop {
        let (stream, address) = listener.accept().await?;
        let service = service.clone().map_request(move |mut request: Request<_>| {
            request.extensions_mut().insert(ClientAddr(address));
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async {
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
    }
}

async fn hello(_: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("hello")))
}
