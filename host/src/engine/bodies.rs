//! Bodies that a guest may read while they arrive.

use std::task::{Context, Poll};

use bytes::Bytes;
use http_wasm_abi::{BodyKind, Function, Phase};
use wasmtime::Caller;

use super::instance::{State, with_memory};
use http_wasm_model::exchange::{Headers, LinearMemory, Trap, TrapKind};

/// Where the bodies of an exchange come from that have not arrived.
pub trait Bodies: std::any::Any + Send {
    /// The next piece of a body. It is asked only for what the exchange awaits, and not after the end.
    /// Of a request whose body has gone on to the next handler it is the end, with the trailers that
    /// have gone by so far.
    fn poll_piece(&mut self, kind: BodyKind, context: &mut Context<'_>) -> Poll<Piece>;

    /// Whether the piece that came last was all: neither bytes nor trailers follow. A sender that does
    /// not know leaves it at `false`.
    fn is_at_end(&self, _: BodyKind) -> bool {
        false
    }
}

/// What comes next of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More of it.
    Bytes(Bytes),
    /// Its end, and the trailers.
    End(Headers),
    /// It will never be whole; the call that waits for it traps with this message.
    Failed(String),
}

/// Waits until a call can be made.
pub(super) async fn supply(
    caller: &mut Caller<'_, State>,
    function: Function,
    args: &[u64],
) -> wasmtime::Result<()> {
    loop {
        let needed = with_memory(caller, |bytes, state| {
            state.exchange.needs(function, args, &LinearMemory(bytes))
        })?;
        let Some(kind) = needed else { return Ok(()) };
        let piece = std::future::poll_fn(|context| {
            let State { exchange, bodies, .. } = caller.data_mut();
            match bodies {
                Some(bodies) => bodies.poll_piece(kind, context),
                // The next handler has had it, or the request was given up.
                None if kind == BodyKind::Request && exchange.phase() == Phase::Response => {
                    Poll::Ready(Piece::End(Headers::new()))
                }
                None => Poll::Ready(Piece::Failed(format!("nobody sends the {kind}"))),
            }
        })
        .await;
        let State { exchange, bodies, .. } = caller.data_mut();
        match piece {
            Piece::Bytes(bytes) => {
                exchange.feed(kind, &bytes)?;
                if bodies.as_ref().is_some_and(|bodies| bodies.is_at_end(kind)) {
                    exchange.end(kind, Headers::new());
                }
            }
            Piece::End(trailers) => exchange.end(kind, trailers),
            Piece::Failed(message) => {
                return Err(Trap::host(TrapKind::Body, function, message).into());
            }
        }
    }
}
