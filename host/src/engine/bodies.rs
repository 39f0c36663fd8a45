//! Bodies that a guest may read while they arrive.

use std::task::{Context, Poll};

use bytes::Bytes;
use http_wasm_abi::BodyKind;

use http_wasm_model::exchange::Headers;

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
