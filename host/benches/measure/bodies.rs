//! What a request costs as its body grows, when a guest reads it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::Frame;
use http_wasm_abi::Features;
use http_wasm_host::layer::{Body, BoxError};
use serde_json::json;

use crate::common::{self, Answers, READS, guard, headers, send};

/// From nothing, and then twice as much each time.
const SIZES: [usize; 8] = [0, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20];

/// Bytes that are sent between two looks at the clock, so that short bodies are sent often.
const BYTES: usize = 16 << 20;

/// Measures every size once in a round.
pub(crate) fn measure(rounds: usize) {
    let headers = headers();
    let mut cases = [
        ("read", guard(&common::text(READS), Answers)),
        ("read and passed on", guard(&common::text(&passes()), Answers)),
    ];
    for round in 0..=rounds {
        for (case, guarded) in &mut cases {
            for size in SIZES {
                let times = u32::try_from(BYTES / size.max(4 << 10)).unwrap_or(u32::MAX);
                let began = Instant::now();
                for _ in 0..times {
                    send(guarded, &headers, Pieces::body(size));
                }
                let ns = began.elapsed().as_secs_f64() * 1e9 / f64::from(times);
                // The first round is to warm up.
                if round > 0 {
                    println!("{}", json!({ "case": case, "body": size, "ns_per_request": ns }));
                }
            }
        }
    }
}

/// A guest that reads the whole body, and has the host keep it for the next handler.
fn passes() -> String {
    let buffer = Features::BUFFER_REQUEST.bits();
    format!(
        r#"(func (export "_start") (drop (call $enable_features (i32.const {buffer}))))
  (func (export "handle_request") (result i64)
    (loop $more
      (br_if $more (i64.eqz (i64.shr_u
        (call $read_body (i32.const 0) (i32.const 0) (i32.const 32768)) (i64.const 32)))))
    (i64.const 1))"#
    )
}

/// A body that arrives in pieces of 16 KiB.
struct Pieces {
    left: usize,
}

static PIECE: [u8; 16 << 10] = [b'a'; 16 << 10];

impl Pieces {
    fn body(length: usize) -> Body {
        Body::stream(Self { left: length })
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let length = self.left.min(PIECE.len());
        self.left -= length;
        let piece = Bytes::from_static(&PIECE[..length]);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }
}
