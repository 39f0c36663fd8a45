//! Allocates one `Vec`, as long as the method of the request, to measure the allocator.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::vec;

use http_wasm_sdk::prelude::*;

#[handler]
fn one_vec(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<16>::new();
    let len = request.method(&mut buffer)?.as_bytes().len();
    let spaces = vec![b'-'; len];
    request.headers_mut().insert(name!("x-method"), HeaderValue::new(&spaces)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::one_vec>("exchanges.toml");
    }
}
