//! Reads and changes the request's body as the path says, and logs the result.

use http_wasm_sdk::BodyError;
use http_wasm_sdk::prelude::*;

/// How many bytes are read at a time; few for Miri, which is slow.
pub(crate) const BUFFER_LEN: usize = if cfg!(miri) { 64 } else { 2048 };

#[handler(buffer_request)]
pub(crate) fn request_body(
    request: &mut Request<Buffered>,
    reply: Reply<'_>,
) -> Result<Option<Responded>, Error> {
    let mut path = Buffer::<32>::new();
    let path = request.uri(&mut path)?;
    let mut buffer = Buffer::<BUFFER_LEN>::new();
    let mut body = request.body_mut();
    let result = match path.as_bytes() {
        b"/read_all" => body.read_all(&mut buffer).map(|_| ()),
        b"/for_each" => {
            let mut sum = 0_u64;
            let done = body.for_each(&mut buffer, |chunk| sum += chunk.len() as u64);
            request.headers_mut().insert(name!("x-sum"), HeaderValue::from_u64(sum, &mut [0; 20]));
            done
        }
        b"/map" => body.map(&mut buffer, <[u8]>::make_ascii_uppercase),
        b"/map_all" => body.map_all(&mut buffer, <[u8]>::make_ascii_uppercase).map(|_| ()),
        b"/map_overlapping" => body.map_overlapping(&mut buffer, 3, <[u8]>::make_ascii_uppercase),
        b"/transform" => body.transform(&mut buffer, |chunk, writer| {
            writer.write(&*chunk);
            writer.write("+");
        }),
        b"/swallow" => body.transform(&mut buffer, |_, _| ()),
        b"/replace" => body.replace("another"),
        b"/empty" => body.replace(""),
        b"/no_room" => body.map(&mut [0; 0], |_| ()),
        b"/twice" => body.map(&mut buffer, |_| ()).and_then(|()| body.map(&mut buffer, |_| ())),
        b"/take" => {
            while body.read(&mut buffer).is_some() {}
            Ok(())
        }
        b"/drain" => {
            body.drain(&mut buffer)?;
            return Ok(Some(reply.status(StatusCode::PAYLOAD_TOO_LARGE).end()));
        }
        _ => Ok(()),
    };
    log::info(match result {
        Ok(()) => "done",
        Err(BodyError::BufferTooSmall) => "too long",
        Err(BodyError::Stalled) => "stalled",
        Err(BodyError::AlreadyConsumed) => "used",
        Err(BodyError::PartialWriteUnsupported) => "in pieces",
        Err(BodyError::ContentLengthMismatch) => "length declared",
        Err(_) => "another error",
    });
    Ok(None)
}
