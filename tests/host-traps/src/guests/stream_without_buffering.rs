//! Reads the request's body without having the host buffer it, as the path says.

use http_wasm_sdk::prelude::*;

/// How many bytes are read at a time; few for Miri, which is slow.
const BUFFER_LEN: usize = if cfg!(miri) { 64 } else { 2048 };

#[handler]
pub(crate) fn stream_without_buffering(
    request: &mut Request,
    reply: Reply<'_>,
) -> Result<Option<Responded>, Error> {
    let mut path = Buffer::<32>::new();
    let path = request.uri(&mut path)?;
    let mut buffer = Buffer::<BUFFER_LEN>::new();
    let body = request.body_mut();
    match path.as_bytes() {
        b"/map" => {
            body.stream_without_buffering().map(&mut buffer, <[u8]>::make_ascii_uppercase)?
        }
        b"/read_all" => body.stream_without_buffering().read_all(&mut buffer).map(|_| ())?,
        _ => {
            body.stream_without_buffering().drain(&mut buffer)?;
            return Ok(Some(reply.status(StatusCode::PAYLOAD_TOO_LARGE).end()));
        }
    }
    Ok(None)
}
