//! Blots a secret out of the bodies of requests and responses. The secret is the configuration.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

/// The most bytes that a body can have.
const LIMIT: usize = 16 * 1024;

#[derive(Default)]
struct Redact;

#[handler(buffer_response)]
impl Redact {
    fn request(&self, request: &mut Request) -> Result<(), Error> {
        request.body_mut().map_all(&mut Buffer::<LIMIT>::new(), redact)?;
        Ok(())
    }

    fn response(&self, _request: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
        response.body_mut().map_all(&mut Buffer::<LIMIT>::new(), redact)?;
        Ok(())
    }
}

/// Overwrites each place where the secret stands.
fn redact(body: &mut [u8]) {
    let mut buffer = Buffer::<64>::new();
    let Ok(secret @ [_, ..]) = http_wasm_sdk::config::read(&mut buffer) else { return };
    let mut rest = body;
    while let Some(found) = rest.get_mut(..secret.len()) {
        if found == secret {
            found.fill(b'#');
        }
        rest = &mut rest[1..];
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::Redact>("exchanges.toml");
    }
}
