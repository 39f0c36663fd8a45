//! Random numbers of the host.
//!
//! A guest that asks for them imports `random_get` of WASI, and nothing else; one that does not imports
//! nothing. What each host gives:
//!
//! | host | random numbers |
//! | --- | --- |
//! | the reference host | those of the operating system |
//! | Dapr | those of the operating system, unless `strictSandbox` is on |
//! | Traefik, and a Go server with the official host unless it says otherwise | a sequence that is the same in every instance and after every start: neither secret nor unique |
//! | hosts without WASI | the guest does not load |
//!
//! In tests they are made of `Scenario::random_seed` of the testing kit, or else
//! differ.

use crate::{Error, backend};

/// Fills a buffer with random bytes, by `random_get` of WASI. On Traefik they repeat; see
/// [the module](self).
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::{random, testing};
///
/// /// Sends one of ten requests to the new version.
/// #[handler]
/// fn canary(request: &mut Request) -> Result<(), Error> {
///     let mut byte = [0];
///     random::fill(&mut byte)?;
///     if byte[0] < 26 {
///         request.headers_mut().insert(name!("x-version"), value!("new"));
///     }
///     Ok(())
/// }
///
/// let new = (0..40).filter(|&seed| {
///     let scenario = testing::Scenario::get("/").random_seed(seed);
///     testing::run::<canary>(&scenario).upstream_header("x-version").is_some()
/// });
/// assert!((1..20).contains(&new.count()));
/// ```
///
/// # Errors
///
/// When the host has none, which no known host says.
pub fn fill(buffer: &mut [u8]) -> Result<(), Error> {
    if backend::fill_random(buffer) {
        Ok(())
    } else {
        Err(Error::new("the host has no random numbers"))
    }
}
