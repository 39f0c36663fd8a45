//! Method, protocol version and status code as types.

mod method;
mod status;
mod version;

pub use method::Method;
pub use status::StatusCode;
pub use version::Version;
