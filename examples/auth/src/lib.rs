//! Forwards requests with the right user and password (Basic authentication), and responds with 401 to
//! all others.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

/// The user `Aladdin` with the password `open sesame`.
const CREDENTIALS: &[u8] = b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

#[handler]
fn auth(request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
    let mut buffer = Buffer::<64>::new();
    match request.headers().get_one(known::AUTHORIZATION, &mut buffer) {
        Ok(Some(given)) if is_same(given.as_bytes(), CREDENTIALS) => None,
        _ => Some(
            reply
                .header(known::WWW_AUTHENTICATE, value!("Basic realm=\"test\""))
                .status(StatusCode::UNAUTHORIZED)
                .end(),
        ),
    }
}

/// Compares in constant time, which does not reveal where the first difference is.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    given.len() == wanted.len()
        && given.iter().zip(wanted).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::auth>("exchanges.toml");
    }
}
