//! Redacts a secret in the bodies of requests and responses, however long they are. The secret is the
//! configuration.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

/// The most bytes that the secret can have; a longer one is not redacted.
const LIMIT: usize = 64;

#[derive(Default)]
struct Redact;

#[handler(buffer_request, buffer_response)]
impl Redact {
    fn request(&self, request: &mut Request<Buffered>) {
        let _ = request.body_mut().map_overlapping(&mut Buffer::<4096>::new(), LIMIT - 1, redact);
    }

    fn response(&self, _request: &Request, response: &mut Response<Buffered>) {
        let _ = response.body_mut().map_overlapping(&mut Buffer::<4096>::new(), LIMIT - 1, redact);
    }
}

/// Overwrites each occurrence of the secret.
fn redact(piece: &mut [u8]) {
    let mut buffer = Buffer::<LIMIT>::new();
    let Ok(secret @ [_, ..]) = http_wasm_sdk::config::read(&mut buffer) else { return };
    let mut rest = piece;
    while let Some(found) = rest.get_mut(..secret.len()) {
        if found == secret {
            found.fill(b'#');
        }
        let Some((_, next)) = rest.split_first_mut() else { return };
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::Redact>("exchanges.toml");
    }
}
