//! Path and query of a request.

mod builder;
mod encoded;
mod parts;
mod request;
mod target;
#[cfg(test)]
mod tests;

pub use builder::{BuildError, QueryBuilder, UriBuilder};
pub use encoded::{Decoded, Encoded};
pub use parts::{Pair, QueryPairs, Segments};
pub use request::RequestUri;
pub use target::Uri;
