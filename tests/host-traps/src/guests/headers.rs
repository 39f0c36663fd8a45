//! Reads and writes headers as the path says, and logs what it found.

use http_wasm_sdk::prelude::*;

const NAME: HeaderName = name!("x-a");

#[handler]
pub(crate) fn headers(request: &mut Request, mut reply: Reply<'_>) -> Result<(), Error> {
    let mut path = Buffer::<32>::new();
    let path = request.uri(&mut path)?;
    let mut buffer = Buffer::<64>::new();
    match path.as_bytes() {
        b"/all" => {
            for value in request.headers().get_all(NAME, &mut buffer)? {
                log::info(value.to_str().unwrap_or("not a text"));
            }
        }
        b"/first" => match request.headers().get(NAME, &mut buffer)? {
            Some(value) => log::info(value.to_str().unwrap_or("not a text")),
            None => log::info("absent"),
        },
        b"/one" => match request.headers().get_one(NAME, &mut buffer)? {
            Some(value) => log::info(value.to_str().unwrap_or("not a text")),
            None => log::info("absent or repeated"),
        },
        b"/names" => {
            for name in request.headers().names(&mut buffer)? {
                log::info(core::str::from_utf8(name.as_bytes()).unwrap_or("not a text"));
            }
        }
        b"/contains" => {
            log::info(if request.headers().contains(NAME) { "there" } else { "absent" });
        }
        b"/write" => {
            request.headers_mut().insert(NAME, value!("new"));
            request.headers_mut().append(NAME, value!("newer"));
            request.headers_mut().remove(known::COOKIE);
            reply.headers_mut().append(known::SET_COOKIE, value!("a=b"));
            reply.headers_mut().append(known::SET_COOKIE, value!("c=d"));
        }
        b"/host" => request.headers_mut().insert(known::HOST, value!("another.test")),
        // What comes from outside is checked when a name or a value is made of it.
        b"/given" => {
            let mut name = Buffer::<64>::new();
            let given = request.headers();
            if let (Some(name), Some(value)) = (
                given.get_one(name!("x-name"), &mut name)?,
                given.get_one(name!("x-value"), &mut buffer)?,
            ) {
                let name = HeaderName::new(name.as_bytes())?;
                let value = HeaderValue::new(value.as_bytes())?;
                request.headers_mut().insert(name, value);
            }
        }
        _ => {}
    }
    Ok(())
}
