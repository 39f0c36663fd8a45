//! Gives each request an id that it does not have yet: 32 hexadecimal digits in `x-request-id`, for the
//! next handler and for the client. On hosts whose random numbers repeat, as on Traefik, ids do too.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;
use http_wasm_sdk::random;

#[handler]
fn request_id(request: &mut Request, mut reply: Reply<'_>) -> Result<(), Error> {
    let mut sent = Buffer::<64>::new();
    let mut digits = [0; 32];
    let id = match request.headers().get_one(known::X_REQUEST_ID, &mut sent) {
        Ok(Some(id)) => id,
        _ => {
            let mut bytes = [0; 16];
            random::fill(&mut bytes)?;
            for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
                pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
            HeaderValue::new(&digits)?
        }
    };
    request.headers_mut().insert(known::X_REQUEST_ID, id);
    reply.headers_mut().insert(known::X_REQUEST_ID, id);
    Ok(())
}

const fn digit(number: u8) -> u8 {
    if number < 10 { b'0' + number } else { b'a' + number - 10 }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::borrow::ToOwned as _;
    use std::collections::BTreeSet;

    use http_wasm_sdk::testing::{self, Scenario};

    #[test]
    fn exchanges() {
        testing::replay::<super::request_id>("exchanges.toml");
    }

    #[test]
    fn ids_differ_and_are_the_same_for_next_handler_and_client() {
        let mut session = testing::session::<super::request_id>();
        let ids: BTreeSet<_> = (0..1_000)
            .map(|_| {
                let outcome = session.run(&Scenario::get("/"));
                let id = outcome.upstream_header("x-request-id").map(str::to_owned);
                assert_eq!(outcome.response_header("x-request-id"), id.as_deref());
                id
            })
            .collect();
        assert_eq!(ids.len(), 1_000);
    }
}
