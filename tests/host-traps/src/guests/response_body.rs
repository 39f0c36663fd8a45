//! Reads and changes the response's body as the path says, and logs the result.

use http_wasm_sdk::BodyError;
use http_wasm_sdk::prelude::*;

/// How many bytes are read at a time; few for Miri, which is slow.
const BUFFER_LEN: usize = if cfg!(miri) { 64 } else { 2048 };

#[derive(Default)]
pub(crate) struct Changing;

#[handler(buffer_response)]
impl Changing {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, request: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
        let mut path = Buffer::<32>::new();
        let path = request.uri(&mut path)?;
        let mut buffer = Buffer::<BUFFER_LEN>::new();
        let mut body = response.body_mut();
        let result = match path.as_bytes() {
            b"/read_all" => body.read_all(&mut buffer).map(|_| ()),
            b"/map_all" => body.map_all(&mut buffer, <[u8]>::make_ascii_uppercase).map(|_| ()),
            b"/map_overlapping" => {
                body.map_overlapping(&mut buffer, 3, <[u8]>::make_ascii_uppercase)
            }
            b"/transform" => body.transform(&mut buffer, |chunk, writer| {
                writer.write(&*chunk);
                writer.write("+");
            }),
            b"/swallow" => body.transform(&mut buffer, |_, _| ()),
            b"/pieces" => body.writer().map(|mut writer| {
                writer.write("one");
                writer.write(" two");
            }),
            b"/no_content" => {
                response.set_status(StatusCode::NO_CONTENT);
                response.body_mut().replace("nobody reads this")
            }
            b"/replace" => body.replace("another"),
            b"/empty" => body.replace(""),
            b"/no_room" => body.read_all(&mut [0; 0]).map(|_| ()),
            b"/twice" => body.replace("one").and_then(|()| body.replace("two")),
            b"/status" => {
                if response.status() == StatusCode::OK {
                    response.set_status(StatusCode::ACCEPTED);
                }
                Ok(())
            }
            _ => Ok(()),
        };
        log::info(match result {
            Ok(()) => "done",
            Err(BodyError::BufferTooSmall) => "too long",
            Err(BodyError::Stalled) => "stalled",
            Err(BodyError::AlreadyConsumed) => "used",
            Err(BodyError::PartialWriteUnsupported) => "in pieces",
            Err(_) => "another error",
        });
        Ok(())
    }
}
