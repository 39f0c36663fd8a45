//! One connection of a client, from its first byte to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch::Receiver;

use super::chain::Link;
use super::console::Console;
use super::exchange;
use super::options::ServerOptions;
use super::state::State;
use super::stream::ClientStream;
use super::upgrade::tunnel;

/// How long an idle connection may take to end once it is asked to.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves a connection until it ends, or the server stops and its last request has ended.
pub(super) async fn serve(
    stream: TcpStream,
    client: SocketAddr,
    chain: Link,
    options: Arc<ServerOptions>,
    console: Console,
    mut stopped: Receiver<bool>,
) {
    // Responses are written in one piece where possible; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let state = Arc::new(State::new());
    let stream = ClientStream::new(stream, options.body_timeout, Arc::clone(&state.ending));
    let service = {
        let (state, options) = (Arc::clone(&state), Arc::clone(&options));
        service_fn(move |request: Request<Incoming>| {
            let (state, options) = (Arc::clone(&state), Arc::clone(&options));
            exchange::respond(request, client, chain.clone(), state, options)
        })
    };
    let builder = builder(&options);
    let mut serving = pin!(builder.serve_connection_with_upgrades(stream, service));
    let result = tokio::select! {
        result = serving.as_mut() => result,
        _ = stopped.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        () = state.idle_for(options.idle_timeout) => {
            serving.as_mut().graceful_shutdown();
            match tokio::time::timeout(GOODBYE, serving).await {
                Ok(result) => result,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = result {
        explain(&*error, client, &options, &console);
    }
    if let Some((client, upstream)) = state.take_tunnel() {
        tokio::select! {
            // Both sides notice when one breaks.
            _ = tunnel(client, upstream) => {}
            _ = stopped.wait_for(|&stopped| stopped) => {}
        }
    }
}

/// Says why the HTTP library has refused what a client sent. Of other errors the client knows more.
fn explain(
    error: &(dyn std::error::Error + Send + Sync + 'static),
    client: SocketAddr,
    options: &ServerOptions,
    console: &Console,
) {
    let Some(error) = error.downcast_ref::<hyper::Error>() else { return };
    let cause =
        std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    if error.is_parse_too_large() {
        console.warn(format_args!(
            "a request of {client} was refused: its target is longer than 64 KiB, or it has more than {}",
            options.headers
        ));
    } else if let Some(cause) = cause.filter(|cause| cause.is_library() && cause.is_go_away()) {
        console.warn(format_args!(
            "the connection of {client} was ended: {cause}; a request may have {}",
            options.headers
        ));
    }
}

fn builder(options: &ServerOptions) -> auto::Builder<TokioExecutor> {
    let limits = &options.headers;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The idle timeout is for this too.
        .header_read_timeout(None)
        .max_headers(limits.count)
        .max_buf_size(limits.http1_buffer());
    builder.http2().timer(TokioTimer::new()).max_header_list_size(limits.http2_list());
    builder
}
