//! Responds as the path says. It has the name of a hook's parameter, which must not matter.

use http_wasm_sdk::prelude::*;

#[handler]
pub(crate) fn reply(
    request: &mut Request,
    mut reply: Reply<'_>,
) -> Result<Option<Responded>, Error> {
    let mut buffer = Buffer::<32>::new();
    match request.uri(&mut buffer)?.as_bytes() {
        b"/full" => {
            reply.headers_mut().insert(known::CONTENT_TYPE, value!("text/plain"));
            let mut body = reply.status(StatusCode::ACCEPTED);
            body.write("short ");
            Ok(Some(body.body("and stout")))
        }
        b"/begun" => {
            reply.status(StatusCode::CREATED).write("the first half");
            Err("the secret reason".into())
        }
        b"/error" => Err("the secret reason".into()),
        _ => Ok(None),
    }
}
